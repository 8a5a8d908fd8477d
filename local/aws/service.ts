import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { Canned } from '../faults.ts';
import { awsError } from '../gateway/protocols.ts';
import { type Listening, listen, readBody } from '../http.ts';
import type { WorldClock } from './clock.ts';

/** Where and when a stand-in believes to be. */
export type Place = { clock: WorldClock; region: string; accountId: string };

/** An error of a stand-in, named as the AWS API reference names it. */
export class AwsFailure extends Error {
  readonly status: number;

  /** @param name the exception as the SDK calls it; @param status HTTP status, 400 for a caller's fault. */
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** One operation of an AWS service: the shape of its input, and what it does. */
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

/** A call that a stand-in has carried out. */
export type Done = {
  name: string;
  input: Readonly<Record<string, unknown>>;
  accessKey: string;
  userAgent: string;
};

const accessKeyIn = ({ headers }: IncomingMessage): string =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';

/**
 * Serves the AWS JSON 1.1 protocol: POST, operation in `X-Amz-Target`, exception in `__type`. Signatures
 * are not checked.
 */
export function serveJson(
  service: string,
  operations: Record<string, Operation>,
  onDone: (done: Done) => void = () => undefined,
): Promise<Listening> {
  return serve(service, 'application/x-amz-json-1.1', (body, request) => {
    const name = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!run) throw new AwsFailure('UnknownOperationException', '');
    const input = parse(body);
    const result = run(input) ?? {};
    onDone({
      name,
      input: input as Done['input'],
      accessKey: accessKeyIn(request),
      userAgent: String(request.headers['user-agent'] ?? ''),
    });
    return JSON.stringify(result);
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // No cause: JSON.parse quotes its input.
    throw new AwsFailure('SerializationException', 'The body is not JSON.');
  }
}

/**
 * Serves a protocol on a free loopback port, with a request id as every AWS service sends. The Date is the
 * machine's: from one that is off the SDK concludes that its own clock is, and then repeats calls that were
 * refused for good.
 * @param answerTo the body of a success; an AwsFailure becomes an error answer.
 */
export function serve(
  service: string,
  contentType: string,
  answerTo: (body: string, request: IncomingMessage) => string,
): Promise<Listening> {
  const answer = (body: string, request: IncomingMessage): Canned => {
    try {
      return { status: 200, body: answerTo(body, request) };
    } catch (error) {
      if (!(error instanceof AwsFailure)) throw error;
      return awsError(service, error.name, error.message, error.status);
    }
  };
  return listen(
    createServer(async (request, response) => {
      const { status, body } = answer((await readBody(request)).toString(), request);
      response.writeHead(status, {
        'content-type': contentType,
        'x-amzn-requestid': randomUUID(),
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    }),
  );
}
