import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import { operatorTool } from '../operator-tool.ts';
import type { MaybeApiKey } from '../thingspace/api.ts';
import { VISIBLE } from '../visible.ts';
import { USERNAME, USERNAME_RULE, usernameFault } from './username.ts';

/**
 * The value of a secret before an operator has stored real credentials. ThingSpace refuses `<` in every field
 * (`INPUT_INVALID.Request.InvalidCharacter`), so it could not be presented even by mistake.
 */
export const PLACEHOLDER = { username: '<not yet set>', password: '<not yet set>' } as const;

/** Characters that ThingSpace refuses in request fields: such a value can never log in. */
const NEVER_ACCEPTED = /['<\\]/;

/** The characters of XML 1.0, section 2.2: no document can hold another, not even as a reference. */
const CARRIED_BY_XML = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

const BYTE_ORDER_MARK = '\uFEFF';

/** Secrets Manager's quota for a secret's value. */
const MAX_BYTES = 65_536;
/** Bytes left free for a new password, as it is written in JSON. */
const RESERVED_BYTES = 1_024;
const bytesOf = Buffer.byteLength;

export class SecretShapeError extends PresentableError {
  override readonly name = 'SecretShapeError';
}

export class CredentialNotInitializedError extends PresentableError {
  override readonly name = 'CredentialNotInitializedError';
}

/** The secret has no room for a new password, or may not have enough. */
export class SecretTooLargeError extends PresentableError {
  override readonly name = 'SecretTooLargeError';
}

/** `apiKey` and `apiSecret` belong to the application over REST; as secret as the password. */
export type Credential = { username: string; password: string } & MaybeApiKey;

const filled = v.pipe(v.string(), v.minLength(1));
// Invisible characters alone are not a password: an empty element that is laid out over several lines holds that.
const schema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ username: filled, password: v.pipe(filled, v.regex(VISIBLE)) }),
);

const keySchema = v.object({ apiKey: filled, apiSecret: filled });

/**
 * Reads the secret's value: a JSON object with the members `username` and `password`. Keeps every character of
 * the password. `apiKey` and `apiSecret` are read where they are non-empty strings; only REST needs them.
 * @param value undefined for binary data
 * @throws SecretShapeError, CredentialNotInitializedError; neither quotes the value
 */
export function readCredential(secretArn: string, value: string | undefined): Credential {
  const read = v.safeParse(schema, value);
  if (!read.success) throw shapeError(secretArn, value, read.issues);
  const { username, password } = read.output;
  if (username === PLACEHOLDER.username || password === PLACEHOLDER.password) {
    throw new CredentialNotInitializedError(
      `The secret ${secretArn} still holds the placeholder: store the ThingSpace username and its current ` +
        'password in it, then rotate.',
    );
  }
  if (NEVER_ACCEPTED.test(username) || NEVER_ACCEPTED.test(password)) {
    throw new CredentialNotInitializedError(
      `The username or password in the secret ${secretArn} contains ' or < or \\, which ThingSpace refuses in ` +
        'every request: store the real credentials in it, then rotate.',
    );
  }
  if (!USERNAME.test(username)) {
    throw new SecretShapeError(
      `The username in the secret ${secretArn} is not used: ${usernameFault(username)}, and ${USERNAME_RULE}. No log-in is made with ` +
        'such a username: store the right one, in the spelling that ThingSpace has, as a new version of the secret.',
    );
  }
  const { apiKey, apiSecret } = read.output;
  return {
    username,
    password,
    ...(v.is(filled, apiKey) ? { apiKey } : {}),
    ...(v.is(filled, apiSecret) ? { apiSecret } : {}),
  };
}

/**
 * Returns `apiKey` and `apiSecret` of the first value that holds both, whatever its other members are; none otherwise.
 * Over REST a password that AWSCURRENT does not hold is presented with the key that it would be stored with.
 */
export function apiKeyAmong(...values: (string | undefined)[]): MaybeApiKey {
  const keys = values.map((value) => v.safeParse(keySchema, membersOf(value)));
  const found = keys.find(({ success }) => success);
  return found?.success ? found.output : {};
}

function membersOf(value: string | undefined): unknown {
  try {
    return JSON.parse(value?.replace(BYTE_ORDER_MARK, '') ?? '');
  } catch {
    return undefined;
  }
}

/**
 * Returns the JSON text of a value from which no credential can be read, but whose other members an operator may have
 * edited. The byte order mark, which no parser takes, is removed. Undefined when it is not a JSON object with both
 * members.
 */
export function editableText(value: string | undefined): string | undefined {
  const text = value?.replace(BYTE_ORDER_MARK, '');
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const isObject = typeof parsed === 'object' && parsed !== null;
    return isObject && Object.hasOwn(parsed, 'password') && Object.hasOwn(parsed, 'username')
      ? text
      : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the bytes by which other members are too long for a new password of usual length; 0 when it has room. */
export const bytesTooMany = (value: string): number =>
  Math.max(0, bytesOf(value) + RESERVED_BYTES - MAX_BYTES);

/**
 * Says that a value has no room for a new password. Checked before an exchange: afterwards the new password would exist
 * and could not be stored.
 */
export const noRoomError = (secretArn: string, value: string): SecretTooLargeError =>
  new SecretTooLargeError(
    `The value of the secret ${secretArn} has ${bytesOf(value)} bytes and Secrets Manager stores at most ${MAX_BYTES}, so a new ` +
      `password might not fit. Nothing was asked for. Shorten its other members by ${bytesTooMany(value)} ` +
      'bytes or move them to a secret of their own, then rotate.',
  );

/**
 * Makes sure that Secrets Manager takes a value with another password in it. Shorter members make it fit.
 * @throws SecretTooLargeError
 */
export function checkStorable(secretArn: string, value: string): void {
  const bytes = bytesOf(value);
  if (bytes <= MAX_BYTES) return;
  throw new SecretTooLargeError(
    `The secret ${secretArn} has no room for another password: with it the value would have ${bytes} bytes, and Secrets ` +
      `Manager stores at most ${MAX_BYTES}. The password is kept and not lost. In a new version of the secret, shorten other ` +
      `members by ${bytes - MAX_BYTES} bytes or move them to a secret of their own, and leave "password" as it is; then a ` +
      `retry, or \`${operatorTool()} recover --secret ${secretArn}\`, stores the password.`,
  );
}

/**
 * Returns the reason why a new password from ThingSpace cannot be stored in any secret or presented: a clause without a
 * full stop that never quotes it. Undefined when it can.
 */
export function unusableBecause(password: string): string | undefined {
  if (password === '') return 'it is empty';
  if (!VISIBLE.test(password)) return 'it has no visible character';
  if (NEVER_ACCEPTED.test(password)) {
    return "it contains ' or < or \\, which ThingSpace refuses in every request";
  }
  if (!password.isWellFormed()) return 'it is not well-formed Unicode';
  if (!CARRIED_BY_XML.test(password))
    return 'it contains a control character, or another one, that XML cannot carry';
  if (bytesOf(JSON.stringify(password)) > MAX_BYTES - RESERVED_BYTES) {
    return `it is larger than what fits into the ${MAX_BYTES} bytes that Secrets Manager stores`;
  }
  return undefined;
}

/**
 * Takes only the paths of the issues: their messages quote the text, and the text is the secret.
 * @throws SecretShapeError where the value is not the text of a JSON object
 */
function shapeError(
  secretArn: string,
  value: string | undefined,
  issues: readonly v.BaseIssue<unknown>[],
): SecretShapeError {
  parseObject(secretArn, value);
  const named = [...new Set(issues.map((issue) => v.getDotPath(issue) ?? 'the value'))];
  return new SecretShapeError(
    `The secret ${secretArn} lacks usable ${named.join(' and ')}: store a JSON object whose members ` +
      '"username" and "password" are strings with a visible character.',
  );
}

/** @throws SecretShapeError for a value that is not the text of a JSON object; it does not quote the value */
export function parseObject(secretArn: string, value: string | undefined): Record<string, unknown> {
  if (value === undefined) {
    throw new SecretShapeError(
      `The secret ${secretArn} holds binary data (SecretBinary): store {"username": "…", "password": "…"} as its string value.`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // The cause is left out: the parser's message quotes the text, and the text is the secret.
    throw new SecretShapeError(
      value.startsWith(BYTE_ORDER_MARK)
        ? `The secret ${secretArn} is not JSON: it begins with a byte order mark (U+FEFF), which no editor shows. Store it ` +
            'again without, as {"username": "…", "password": "…"}: saved as "UTF-8", not as "UTF-8 with BOM".'
        : `The secret ${secretArn} is not JSON: store {"username": "…", "password": "…"}.`,
    );
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new SecretShapeError(
    `The secret ${secretArn} is not a JSON object: store {"username": "…", "password": "…"}.`,
  );
}
