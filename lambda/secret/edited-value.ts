import {
  type Credential,
  CredentialNotInitializedError,
  editableText,
  parseObject,
  SecretShapeError,
} from './credential.ts';
import type { StoredVersion } from './stored-version.ts';
import { mayMean } from './username.ts';

/**
 * Edits the text of a secret's value in place: parsing it and writing it again would lose duplicate members, white
 * space, escapes and digits of numbers.
 */

/**
 * Returns the value of a version with another password and every other member as an operator has edited it. If only its
 * username or password cannot be used, both are replaced. Undefined when no members can be kept: not JSON, binary, the
 * placeholder, or a value that was meant for another username.
 */
export function withEditsOf(version: StoredVersion, credential: Credential): string | undefined {
  if (version.credential)
    return replaceTopLevel(version.value, 'password', JSON.stringify(credential.password));
  if (version.problem instanceof CredentialNotInitializedError) return undefined;
  const text = editableText(version.value);
  if (text === undefined || !mayMean(JSON.parse(text).username, credential.username)) return undefined;
  return withCredential(text, credential);
}

/**
 * Returns the same secret value with another password. Only the value of each top-level member "password" is replaced
 * (a reader of JSON may take the first or the last of duplicates). Every other byte is as it was.
 * @throws SecretShapeError when it is not a JSON object with that member
 */
export function withPassword(secretArn: string, value: string, password: string): string {
  if (!Object.hasOwn(parseObject(secretArn, value), 'password')) {
    throw new SecretShapeError(
      `The secret ${secretArn} has no member "password" to replace: store {"username": "…", "password": "…"}.`,
    );
  }
  return replaceTopLevel(value, 'password', JSON.stringify(password));
}

/** Returns `editableText` with another username and password, every other byte as it was. */
export function withCredential(text: string, { username, password }: Credential): string {
  const named = replaceTopLevel(text, 'username', JSON.stringify(username));
  return replaceTopLevel(named, 'password', JSON.stringify(password));
}

/** A string, one character of punctuation, or a number, `true`, `false` or `null`. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Returns the same text with `json` in place of the value of each top-level member `name`. The text must be an object
 * that `JSON.parse` has accepted; it is not checked for errors.
 */
export function replaceTopLevel(text: string, name: string, json: string): string {
  let replaced = '';
  let from = 0;
  let depth = 0;
  let member = '';
  /** Offset of the value that is being read, from the colon on. */
  let value: number | undefined;
  let afterColon = false;

  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const opens = token === '{' || token === '[';
    const closes = token === '}' || token === ']';
    if (depth === 1) {
      if (afterColon) value = index;
      else if (token.startsWith('"')) member = token;
      afterColon = token === ':';
    }
    depth += Number(opens) - Number(closes);
    if (depth !== 1 || value === undefined) continue;
    // A name may be spelled with escapes: it is read as JSON.parse reads it.
    if (JSON.parse(member) === name) {
      replaced += text.slice(from, value) + json;
      from = index + token.length;
    }
    value = undefined;
  }
  return replaced + text.slice(from);
}
