import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { IssuerKey } from '../../lambda/access/user-tokens.ts';

/** An issuer of signed tokens, on this machine. It signs with Node.js alone: the function's library is not asked. */
export interface Issuer {
  /** The public key, as the issuer publishes it. */
  key: IssuerKey;
  privateKey: KeyObject;
  /** @param header replaces members of the token's header; undefined takes one out */
  token(claims: object, header?: object): string;
}

const DIGEST: Record<string, string> = { ES256: 'sha256', RS256: 'sha256' };

export function createIssuer(kid: string, alg: 'ES256' | 'RS256' = 'ES256'): Issuer {
  const { publicKey, privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } as IssuerKey;
  return {
    key,
    privateKey,
    token: (claims, header = {}) =>
      signedBy((text) => sign(DIGEST[alg], text, { key: privateKey, dsaEncoding: 'ieee-p1363' }), claims, {
        ...{ alg, kid, typ: 'JWT' },
        ...header,
      }),
  };
}

/** Returns a token in compact form (RFC 7515). */
export function signedBy(signature: (text: Buffer) => Buffer, claims: object, header: object): string {
  const text = [header, claims].map((part) => encoded(Buffer.from(JSON.stringify(part)))).join('.');
  return `${text}.${encoded(signature(Buffer.from(text)))}`;
}

const encoded = (bytes: Buffer): string => bytes.toString('base64url');
