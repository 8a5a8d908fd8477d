import { AwsCallError } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import { LedgerUnavailableError } from '../ledger/errors.ts';

/** Throttling, faults of the service or the network, and a secret whose key does not answer. */
const PASSING =
  /^(Throttl|TooManyRequests|ProvisionedThroughput|LimitExceeded|Request(LimitExceeded|Throttled|Timeout)|SlowDown|PriorRequest|TransactionInProgress|Timeout|Internal|KMSInternal|ServiceUnavailable|DependencyTimeout|KeyUnavailable|DecryptionFailure|Networking|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN)/;

/** Reports whether a failure of an AWS call passes by itself: the same call may succeed a moment later. */
export function passesSoon(failure: unknown): boolean {
  if (failure instanceof LedgerUnavailableError) {
    return !(failure.cause instanceof AwsCallError) || passesSoon(failure.cause);
  }
  if (!(failure instanceof AwsCallError)) return false;
  const { errorName, httpStatus = 0 } = failure;
  return httpStatus >= 500 || httpStatus === 429 || PASSING.test(errorName);
}

/** Reports whether an AWS call was denied, or cannot succeed with these settings. */
export const lasts = (failure: unknown): boolean => failure instanceof AwsCallError && !passesSoon(failure);

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2_000;

/** Repeats the work while its AWS service is away. @throws its failure, at once or at `untilMs` (by `clock`) */
export async function whileAway<T>(clock: Clock, untilMs: number, work: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (failure) {
      if (!passesSoon(failure) || clock.nowMs() + pauseMs >= untilMs) throw failure;
      await clock.sleep(pauseMs);
    }
  }
}

/** Adds to a failed AWS call the right, the setting, or the service to look at; returns another failure as it is. */
export function advised(failure: Error): Error {
  if (failure instanceof LedgerUnavailableError && lasts(failure.cause))
    return advised(failure.cause as Error);
  return failure instanceof AwsCallError ? failure.withAdvice(adviceOn(failure)) : failure;
}

/** Returns the failure of an AWS service that is away, to wait for it. @throws any other, with its advice */
export function unlessAway(failure: Error): Error {
  if (passesSoon(failure)) return failure;
  throw advised(failure);
}

/** The resource of a call, and the setting that names it: of `createSession`, and of an agent. */
const RESOURCES: Readonly<Record<string, readonly [resource: string, setting: string]>> = {
  secretsmanager: ['secret', '`secretId` (of an agent, --secret)'],
  dynamodb: ['table', '`ledger.table` (of an agent, LEDGER_TABLE)'],
  kms: ['key', '`ledger.sealingKeyId` (of an agent, SEALING_KEY_ID)'],
};

const REGION = 'the region of the client (AWS_REGION, or your own client)';

const CREDENTIALS =
  /^(UnrecognizedClient|InvalidSignature|InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|MissingAuthentication|ExpiredToken|CredentialsProvider|TokenProvider)/;

function adviceOn(failure: AwsCallError): string {
  const { operation, errorName } = failure;
  const service = operation.split(':')[0] ?? '';
  const [resource, setting] = RESOURCES[service] ?? ['resource', 'the settings of `createSession`'];
  if (passesSoon(failure)) {
    return `It was tried until the patience ended. Look at the health of ${service} and at the network between.`;
  }
  if (/^AccessDenied/.test(errorName)) return adviceOnRight(failure, service);
  if (/NotFoundException$/.test(errorName)) {
    return `There is no such ${resource} in this account and region: check ${setting} and ${REGION}.`;
  }
  if (/^(Disabled|KMSDisabled|KMSInvalidState)/.test(errorName)) {
    return `The KMS key is disabled or being deleted: enable it, or check ${setting}.`;
  }
  if (service === 'secretsmanager' && errorName === 'InvalidRequestException') {
    return `The secret is marked for deletion, or cannot be used in its present state: restore it, or check ${setting}.`;
  }
  if (/^(Validation|Invalid(Parameter|Request|Arn|KeyUsage|KeyId))/.test(errorName)) {
    return `The ${resource} cannot be used like that: check ${setting}.`;
  }
  if (/^(ENOTFOUND|RegionMissing)$/.test(errorName)) return `No host was found: check ${REGION}.`;
  if (CREDENTIALS.test(errorName)) return `Check the AWS credentials of this process, and ${REGION}.`;
  return `It may not pass by itself: look at the network, the AWS credentials, ${REGION}, and ${setting}.`;
}

/** AWS names the right that is missing, except where Secrets Manager may not use the secret's key. */
function adviceOnRight({ message, operation }: AwsCallError, service: string): string {
  const named = /not authorized to perform: (\w+:\w+)/.exec(message)?.[1];
  const isKey = service === 'secretsmanager' && /\bKMS\b/.test(message);
  const right = named ?? (isKey ? 'kms:Decrypt' : operation);
  return `The role of this process needs the right ${right}: docs/apps.md, "Rights".`;
}
