import * as v from 'valibot';
import { principalOf } from './principal.ts';
import { notSent, Refusal } from './refusal.ts';

/** A caller that AWS has identified. */
export type Caller = {
  requestId: string;
  /** The ARN that AWS reports, with the session's name for an assumed role. */
  callerArn: string;
  /** The ARN as policies name it. */
  principal: string;
};

export const USER_HEADER = 'x-on-behalf-of';
const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_USER_CHARS = 128;

// AWS Lambda Developer Guide, "Invoking Lambda function URLs": payload format 2.0, header names in lower case.
const functionUrlEvent = v.object({
  rawPath: v.string(),
  rawQueryString: v.optional(v.string(), ''),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  requestContext: v.object({
    requestId: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
    authorizer: v.object({
      iam: v.object({
        userArn: v.pipe(v.string(), v.regex(/^arn:[\w-]+:(?:iam|sts)::\d{12}:[\x21-\x7e]{1,512}$/)),
      }),
    }),
    http: v.object({ method: v.string() }),
  }),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
});

export type FunctionUrlEvent = v.InferOutput<typeof functionUrlEvent>;

/**
 * Reads the caller from AWS's part of the event, and nothing that the caller sent.
 * @throws Refusal `CallerUnknown`
 */
export function readCaller(event: unknown): { caller: Caller; event: FunctionUrlEvent } {
  const read = v.safeParse(functionUrlEvent, event);
  if (!read.success) {
    throw new Refusal(
      'CallerUnknown',
      'AWS has not named the caller. Call the function’s URL, signed with SigV4 for the service lambda; a direct Invoke is refused.',
    );
  }
  const { requestId, authorizer } = read.output.requestContext;
  const callerArn = authorizer.iam.userArn;
  return { caller: { requestId, callerArn, principal: principalOf(callerArn) }, event: read.output };
}

/** Returns the application user that the header names. @throws Refusal `RequestRefused` */
export function userIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const user = header.trim();
  const flaw = flawInUser(user);
  if (flaw === undefined) return user;
  throw new Refusal('RequestRefused', `Nothing was sent: ${USER_HEADER} ${flaw}.`);
}

/** Returns the reason why a name cannot stand for an application user; undefined when it can. */
export function flawInUser(user: string): string | undefined {
  if (!new RegExp(`^[\\x20-\\x7e]{1,${MAX_USER_CHARS}}$`).test(user)) {
    return `is not a name of 1 to ${MAX_USER_CHARS} printable ASCII characters`;
  }
  // Two headers of one name arrive joined by a comma.
  if (user.includes(',')) return 'holds a comma, or came twice';
  // Records are found by users and by ARNs: one must not pass for the other.
  if (/^arn:/i.test(user)) return 'is an ARN, which AWS alone says';
  return undefined;
}

/** Returns the body as bytes. */
export const bytesOf = ({ body, isBase64Encoded }: FunctionUrlEvent): Buffer =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

/** Returns the body as text; a byte order mark stays. @throws Refusal `RequestRefused` */
export function textOf(body: Buffer): string {
  if (body.length > MAX_REQUEST_BYTES) throw notSent(`it is larger than ${MAX_REQUEST_BYTES / 1024} KiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw notSent('it is not UTF-8');
  }
}
