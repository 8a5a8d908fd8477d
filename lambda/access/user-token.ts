import type { JSONWebKeySet, JWTPayload } from 'jose';
import {
  JOSEAlgNotAllowed,
  JOSEError,
  JWKSNoMatchingKey,
  JWSSignatureVerificationFailed,
  JWTClaimValidationFailed,
  JWTExpired,
} from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { type JWTVerifyGetKey, jwtVerify } from 'jose/jwt/verify';
import { flawInUser } from './event.ts';
import { TOKEN_ALGORITHMS, TOKEN_EXPIRED, TOKEN_REJECTED, type UserTokens } from './user-tokens.ts';

/** The user of a token, or the flaw by which it proves none. No text of the token is in `why`. */
export type Proof =
  | { user: string; groups: readonly string[] }
  | { rule: typeof TOKEN_EXPIRED | typeof TOKEN_REJECTED; why: string };

/** The clocks of issuer and function may differ by so much. */
const SKEW_SECONDS = 30;
const MAX_TOKEN_CHARS = 8 * 1024;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Other types, such as a logout token, prove no user to an app. */
const TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
const MAX_GROUPS = 1_000;

class KeyUnnamedError extends JOSEError {}

/** Keys are imported once a process. */
const keySets = new WeakMap<UserTokens, JWTVerifyGetKey>();

function keysOf(settings: UserTokens): JWTVerifyGetKey {
  const known = keySets.get(settings);
  if (known) return known;
  const ofSet = createLocalJWKSet(settings.keys as JSONWebKeySet);
  const named: JWTVerifyGetKey = (header, jws) => {
    // Without this a token that names no key would be checked with the only key of its type.
    if (typeof header.kid !== 'string') throw new KeyUnnamedError();
    return ofSet(header, jws);
  };
  keySets.set(settings, named);
  return named;
}

/**
 * Verifies a token and reads its user. The keys come from the settings: no request leaves the function.
 * @param nowMs milliseconds since 1970
 */
export async function proveUser(settings: UserTokens, token: string, nowMs: number): Promise<Proof> {
  if (token.length > MAX_TOKEN_CHARS || !COMPACT.test(token)) {
    return rejected(`it is not one signed JWT of at most ${MAX_TOKEN_CHARS} characters`);
  }
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keysOf(settings), {
      algorithms: [...TOKEN_ALGORITHMS],
      issuer: settings.issuer,
      audience: settings.audience,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    if (protectedHeader.typ !== undefined && !TYPE.test(protectedHeader.typ)) {
      return rejected('its typ is not JWT or at+jwt');
    }
    return userIn(settings, payload);
  } catch (failure) {
    if (failure instanceof JWTExpired) return { rule: TOKEN_EXPIRED, why: 'it has expired' };
    if (failure instanceof JOSEError) return rejected(flawIn(failure));
    throw failure;
  }
}

function userIn({ userClaim, groupsClaim }: UserTokens, payload: JWTPayload): Proof {
  const user = claimIn(payload, userClaim);
  if (typeof user !== 'string') return rejected(`it has no claim ${userClaim}`);
  const flaw = flawInUser(user);
  if (flaw !== undefined) return rejected(`its claim ${userClaim} ${flaw}`);
  // Many issuers let a user claim any address until it is verified.
  if (userClaim === 'email' && ![undefined, true, 'true'].includes(payload.email_verified as true)) {
    return rejected('its claim email is not verified');
  }
  const groups = groupsClaim === undefined ? undefined : claimIn(payload, groupsClaim);
  if (groups === undefined) return { user, groups: [] };
  if (!Array.isArray(groups) || groups.length > MAX_GROUPS || groups.some((one) => typeof one !== 'string')) {
    return rejected(`its claim ${groupsClaim} is not a list of at most ${MAX_GROUPS} names`);
  }
  return { user, groups };
}

const claimIn = (payload: JWTPayload, name: string): unknown =>
  Object.hasOwn(payload, name) ? payload[name] : undefined;

/** The claims in these errors are those of the options above, and no others. */
function flawIn(failure: JOSEError): string {
  if (failure instanceof JWTClaimValidationFailed) return `its claim ${failure.claim} is not as it should be`;
  if (failure instanceof JWSSignatureVerificationFailed)
    return 'its signature is not by the key that it names';
  if (failure instanceof JWKSNoMatchingKey) return 'the key that it names is not in the configuration';
  if (failure instanceof KeyUnnamedError) return 'it names no key (kid)';
  if (failure instanceof JOSEAlgNotAllowed) return 'its algorithm is not allowed';
  return 'it is not a signed JWT that can be read';
}

const rejected = (why: string): Proof => ({ rule: TOKEN_REJECTED, why });
