/** A public key of the issuer (RFC 7517), with the members that its type needs. */
export type IssuerKey = { kty: string; kid: string } & Partial<
  Record<'alg' | 'use' | 'n' | 'e' | 'crv' | 'x' | 'y', string>
>;

/** The signed tokens by which speakers prove their users. */
export type UserTokens = {
  /** ARNs of the principals that name a user by a token alone. */
  speakers: readonly string[];
  issuer: string;
  audience: string;
  keys: { keys: readonly IssuerKey[] };
  /** The claim that holds the user's name. */
  userClaim: string;
  /** The claim that holds the user's groups. */
  groupsClaim?: string | undefined;
};

/**
 * Algorithms with a public key. A key that checks a token cannot sign one: the policy holds no secret, and a caller that reads
 * it can forge nothing.
 */
export const TOKEN_ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Rules of the function's own, by the names under which faults and records show them. */
export const TOKEN_EXPIRED = 'token-expired';
export const TOKEN_REJECTED = 'token-rejected';
