import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { type IssuerKey, TOKEN_ALGORITHMS } from '../lambda/access/user-tokens.ts';
import { object, text } from './config-shapes.ts';

const MEMBERS = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const;
/** Members that only a private or a shared key has (RFC 7518, section 6). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const CURVES = ['P-256', 'P-384', 'P-521', 'Ed25519'];
const MIN_RSA_BITS = 2048;
const MAX_KEYS = 20;

const WHAT =
  'write a JSON Web Key Set with the public keys of the issuer, {"keys": […]}, or the path of a file that holds one, as seen from this file';

/** Keys for encryption, which many issuers publish beside the others, are left out. */
const keys = v.pipe(
  v.looseObject({ keys: v.array(v.record(v.string(), v.unknown(), WHAT), WHAT) }, WHAT),
  v.transform(({ keys: given }) => given.filter(({ use }) => use === undefined || use === 'sig')),
  v.check(
    (given) => given.length > 0 && given.length <= MAX_KEYS,
    `write from 1 to ${MAX_KEYS} keys for signatures`,
  ),
  v.check(
    (given) => flawOfKeys(given) === undefined,
    ({ input }) => flawOfKeys(input) ?? '',
  ),
  v.transform((given) => ({ keys: given.map(publicMembers) })),
);

const CLAIM = /^[\x21-\x7e]{1,256}$/;
const CLAIM_WORDS = 'write the name of a claim at the top of the token, such as email';

/** @param principal the shape of a principal's ARN */
export const userTokensSchema = <const T extends v.GenericSchema<string>>(principal: T) =>
  object({
    speakers: v.pipe(
      v.array(principal, 'write a list in square brackets'),
      v.minLength(1, 'write at least one speaker: no token would be read'),
    ),
    issuer: text(/^[\x21-\x7e]{1,512}$/, 'write the issuer as its tokens name it (the claim iss)'),
    audience: text(
      /^[\x21-\x7e]{1,512}$/,
      'write the audience of the tokens (the claim aud), which stands for your app',
    ),
    keys,
    userClaim: v.optional(text(CLAIM, CLAIM_WORDS), 'sub'),
    groupsClaim: v.optional(text(CLAIM, CLAIM_WORDS)),
  });

function flawOfKeys(given: readonly Record<string, unknown>[]): string | undefined {
  const seen = new Set<unknown>();
  for (const [index, key] of given.entries()) {
    const flaw = seen.has(key.kid) ? 'has the kid of another key' : flawOf(key);
    if (flaw !== undefined) return `write other keys: key ${index + 1} for signatures ${flaw}`;
    seen.add(key.kid);
  }
  return undefined;
}

function flawOf(key: Record<string, unknown>): string | undefined {
  if (SECRET_MEMBERS.some((member) => Object.hasOwn(key, member))) {
    return 'is private or shared, and would be in the function’s code; write its public part, and replace it at the issuer';
  }
  if (typeof key.kid !== 'string' || key.kid === '') return 'has no kid, by which tokens name it';
  const { alg } = key;
  if (alg !== undefined && !TOKEN_ALGORITHMS.includes(alg as string)) {
    return `is for another algorithm than ${TOKEN_ALGORITHMS.join(', ')}`;
  }
  if (key.kty !== 'RSA' && !CURVES.includes(key.crv as string)) {
    return `is neither of RSA nor on one of the curves ${CURVES.join(', ')}`;
  }
  const read = readKey(key);
  if (read === undefined) return 'cannot be read as a public key';
  const bits = read.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  return bits < MIN_RSA_BITS ? `has ${bits} bits, and ${MIN_RSA_BITS} are needed` : undefined;
}

function readKey(key: Record<string, unknown>): KeyObject | undefined {
  try {
    return createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}

const publicMembers = (key: Record<string, unknown>): IssuerKey =>
  Object.fromEntries(
    MEMBERS.filter((member) => typeof key[member] === 'string').map((member) => [member, key[member]]),
  ) as IssuerKey;

/**
 * Returns a configuration with the file of the issuer's keys in place of its path.
 * @param file the configuration's path
 */
export function withKeyFile(configuration: unknown, file: string): unknown {
  const { access } = (configuration ?? {}) as { access?: { userTokens?: { keys?: unknown } } };
  const keyFile = access?.userTokens?.keys;
  if (typeof keyFile !== 'string') return configuration;
  const read = parsed(path.resolve(path.dirname(file), keyFile));
  const userTokens = { ...access?.userTokens, keys: read };
  return { ...(configuration as object), access: { ...access, userTokens } };
}

/** A file that cannot be read is refused as keys that are none, in the sentence of the setting. */
function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
