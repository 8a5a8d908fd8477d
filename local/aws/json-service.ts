import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { awsError } from '../gateway/aws-error.ts';
import type { Canned } from '../gateway/call.ts';
import { readBody } from '../gateway/forward.ts';
import { AwsFailure } from './aws-failure.ts';
import { type Listening, listenWith } from './listen.ts';

/** One operation of an AWS JSON service: the shape of its input, and what it does. */
export type Operation = (input: unknown) => unknown;

/** Binds a request shape to what is done with it; @param invalid the exception for a wrong shape. */
export function operation<Shape extends v.GenericSchema>(
  shape: Shape,
  invalid: string,
  run: (input: v.InferOutput<Shape>) => unknown,
): Operation {
  return (input) => {
    const parsed = v.safeParse(shape, input);
    if (parsed.success) return run(parsed.output);
    // The path only: the validator's own message quotes the value, which may be a secret.
    const where = v.getDotPath(parsed.issues[0]) ?? 'the request';
    throw new AwsFailure(invalid, `Invalid value for ${where}.`);
  };
}

/**
 * Serves the AWS JSON 1.1 protocol: POST, operation in `X-Amz-Target`, exception in `__type`. Signatures
 * are not checked.
 */
export function serveJson(service: string, operations: Record<string, Operation>): Promise<Listening> {
  const answerTo = (request: IncomingMessage, body: Buffer): Canned => {
    const name = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
    try {
      if (!run) throw new AwsFailure('UnknownOperationException', '');
      return { status: 200, body: JSON.stringify(run(parse(body)) ?? {}) };
    } catch (error) {
      if (!(error instanceof AwsFailure)) throw error;
      return awsError(service, error.name, error.message, error.status);
    }
  };
  return listenWith(async (request, response) => {
    const body = await readBody(request);
    send(response, answerTo(request, body));
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    // No cause: JSON.parse quotes its input.
    throw new AwsFailure('SerializationException', 'The body is not JSON.');
  }
}

/**
 * Sends an answer with a request id, as every AWS service does. Its Date is the machine's: from one that
 * is off the SDK concludes that its own clock is, and then repeats calls that were refused for good.
 */
export function send(response: ServerResponse, answer: Canned): void {
  response.writeHead(answer.status, {
    'content-type': 'application/x-amz-json-1.1',
    ...answer.headers,
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}
