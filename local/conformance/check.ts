import type { KMSClient } from '@aws-sdk/client-kms';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';

/** One side of the comparison: our stand-ins, or moto. */
export type Side = {
  secretsManager: SecretsManagerClient;
  kms: KMSClient;
  sns: SNSClient;
  topicArn: string;
  /** A function that RotateSecret may name, and one that Secrets Manager cannot invoke. */
  functionArn: string;
  deniedFunctionArn: string;
  /** Of Secrets Manager. */
  endpoint: string;
  /** Makes a customer-managed key of its own where the side can; else the one there is, enabled again. */
  freshKey(): Promise<string>;
  disableKey(keyId: string): Promise<void>;
};

export type Check = {
  /** A sentence, unique. */
  title: string;
  /** Returns a side's behavior as plain data without ids, times or accounts, so that two sides can be compared. */
  observe(side: Side): Promise<unknown>;
  /** The answer that AWS documents, or that was recorded. Our stand-ins must give it (`test/local/aws/conformance.test.ts`). */
  expected: unknown;
  /** moto is known to stray. It must, so that a difference which has gone does not stay in the list. @default false */
  motoStrays?: true;
};

/** Sends JSON to Secrets Manager as no SDK does; resolves to the exception. */
export async function sendRaw(
  { endpoint }: Side,
  operation: string,
  input: object,
): Promise<{ __type?: string; message?: string }> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `secretsmanager.${operation}`,
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0',
  };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
  return (await answer.json()) as { __type?: string; message?: string };
}

/** A result of the call, or the name of its exception. */
export const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error) => serviceException(error).name);

/** A result of the call, or the name and the message of its exception. */
export const toldBy = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error) => `${serviceException(error).name}: ${error.message}`);

/** The HTTP status of a call, whatever became of it. */
export async function statusOf(call: Promise<Answered>): Promise<number | undefined> {
  return (await call.catch(serviceException)).$metadata.httpStatusCode;
}

type Answered = { $metadata: { httpStatusCode?: number | undefined } };

/** Not every error is an answer: one that could not be read must end the comparison. */
function serviceException(error: unknown): Error & Answered {
  if (error instanceof Error && '$fault' in error && '$metadata' in error) return error as Error & Answered;
  throw error;
}
