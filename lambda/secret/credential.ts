import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import { replaceTopLevel } from './json-text.ts';

/**
 * What a secret holds before a person has put real credentials in. `<` is refused by ThingSpace in every
 * field (`INPUT_INVALID.Request.InvalidCharacter`), so it could not be presented even by mistake.
 */
export const PLACEHOLDER = { username: '<not yet set>', password: '<not yet set>' } as const;

/** Characters that ThingSpace refuses in request fields: such a value can never log in. */
const NEVER_ACCEPTED = /['<\\]/;

/** The characters of XML 1.0, section 2.2: no document can hold another, not even as a reference. */
const CARRIED_BY_XML = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/** Secrets Manager's quota for a secret's value. */
const MAX_BYTES = 65_536;
/** Left free for a new password, as it is written in JSON. */
const RESERVED_BYTES = 1_024;

export class SecretShapeError extends PresentableError {
  override readonly name = 'SecretShapeError';
}

export class CredentialNotInitializedError extends PresentableError {
  override readonly name = 'CredentialNotInitializedError';
}

/** Secrets Manager could refuse to store the secret with a new password. */
export class SecretTooLargeError extends PresentableError {
  override readonly name = 'SecretTooLargeError';
}

export type Credential = { username: string; password: string };

const filled = v.pipe(v.string(), v.minLength(1));
const schema = v.looseObject({ username: filled, password: filled });

/**
 * Reads the secret's value: a JSON object with the members `username` and `password`.
 * @throws SecretShapeError, CredentialNotInitializedError; neither quotes the value
 */
export function readCredential(secretArn: string, value: string): Credential {
  const read = v.safeParse(schema, parseObject(secretArn, value));
  if (!read.success) {
    const members = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the value'))];
    throw new SecretShapeError(
      `The secret ${secretArn} lacks usable ${members.join(' and ')}: store a JSON object whose members ` +
        '"username" and "password" are non-empty strings.',
    );
  }
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
  return { username, password };
}

/**
 * The same secret value with another password: only the value of each top-level member "password" is
 * replaced (a reader of JSON may take the first or the last of duplicates), every other byte is as it was.
 * @throws SecretShapeError when it is no JSON object with that member
 */
export function withPassword(secretArn: string, value: string, password: string): string {
  if (!Object.hasOwn(parseObject(secretArn, value), 'password')) {
    throw new SecretShapeError(
      `The secret ${secretArn} has no member "password" to replace: store {"username": "…", "password": "…"}.`,
    );
  }
  return replaceTopLevel(value, 'password', JSON.stringify(password));
}

/**
 * Makes sure that the secret can take a new password of usual length. Called before an exchange: afterwards
 * the new password would exist and could not be stored.
 * @throws SecretTooLargeError
 */
export function checkFits(secretArn: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes + RESERVED_BYTES <= MAX_BYTES) return;
  throw new SecretTooLargeError(
    `The value of the secret ${secretArn} has ${bytes} bytes and Secrets Manager stores at most ${MAX_BYTES}, so a new ` +
      `password might not fit. Nothing was asked for. Shorten its other members by ${bytes + RESERVED_BYTES - MAX_BYTES} ` +
      'bytes or move them to a secret of their own, then rotate.',
  );
}

/**
 * Why a new password that ThingSpace has made cannot be stored in this secret value or presented: a clause
 * without a full stop that never quotes it. Undefined when it can.
 */
export function unusableBecause(value: string, password: string): string | undefined {
  if (password === '') return 'it is empty';
  if (NEVER_ACCEPTED.test(password)) {
    return "it contains ' or < or \\, which ThingSpace refuses in every request";
  }
  if (!password.isWellFormed()) return 'it is not well-formed Unicode';
  if (!CARRIED_BY_XML.test(password))
    return 'it contains a control character, or another one, that XML cannot carry';
  if (Buffer.byteLength(replaceTopLevel(value, 'password', JSON.stringify(password))) > MAX_BYTES) {
    return `the secret would be larger than the ${MAX_BYTES} bytes that Secrets Manager stores`;
  }
  return undefined;
}

function parseObject(secretArn: string, value: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // No cause: the parser's message quotes the text, and the text is the secret.
    throw new SecretShapeError(
      `The secret ${secretArn} is not JSON: store {"username": "…", "password": "…"}.`,
    );
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new SecretShapeError(
    `The secret ${secretArn} is not a JSON object: store {"username": "…", "password": "…"}.`,
  );
}
