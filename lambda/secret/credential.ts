import * as v from 'valibot';
import { PresentableError } from '../errors.ts';

/**
 * What a secret holds before a person has put real credentials in. `<` is refused by ThingSpace in every
 * field (`INPUT_INVALID.Request.InvalidCharacter`), so it could not be presented even by mistake.
 */
export const PLACEHOLDER = { username: '<not yet set>', password: '<not yet set>' } as const;

/** Characters that ThingSpace refuses in request fields: such a value can never log in. */
const NEVER_ACCEPTED = /['<\\]/;

export class SecretShapeError extends PresentableError {
  override readonly name = 'SecretShapeError';
}

export class CredentialNotInitializedError extends PresentableError {
  override readonly name = 'CredentialNotInitializedError';
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

/** The same secret value with another password; every other member, numbers to the last digit, as it was. */
export function withPassword(secretArn: string, value: string, password: string): string {
  return JSON.stringify({ ...parseObject(secretArn, value), password });
}

// ECMAScript's "JSON.parse source text access", in Node.js 24; TypeScript's own types do not have it yet.
type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  rawJSON(source: string): unknown;
};

function parseObject(secretArn: string, value: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parse(value, (_key, member, { source }) =>
      typeof member === 'number' && source !== undefined ? rawJSON(source) : member,
    );
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
