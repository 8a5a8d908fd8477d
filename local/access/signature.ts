import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SeenRequest } from '../gateway/protocols.ts';

/** An access key of this world, and whom it belongs to. */
export type Principal = {
  accessKeyId: string;
  secretAccessKey: string;
  /** Temporary credentials have one: it must be in the request, and signed. */
  sessionToken?: string;
  userArn: string;
};

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/(\d{8})\/([\w-]+)\/lambda\/aws4_request,\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;
/** AWS takes signatures for so long (its guide of Signature Version 4). */
const VALID_MS = 5 * 60_000;

/**
 * Returns the principal that has signed a request; undefined without a signature that holds. The SDK's own signer
 * signs the request again, and the signatures are compared.
 */
export async function signerOf(
  { method, path, headers, body }: SeenRequest,
  principals: readonly Principal[],
  region: string,
  nowMs: number,
): Promise<Principal | undefined> {
  const header = (name: string) => [headers[name]].flat().join(',');
  const [, accessKeyId, , signedRegion, names = '', signature = ''] =
    AUTHORIZATION.exec(header('authorization')) ?? [];
  const principal = principals.find((one) => one.accessKeyId === accessKeyId);
  const signed = names.split(';');
  const at = dateIn(header('x-amz-date'));
  const sessionToken = principal?.sessionToken ?? '';
  if (header('x-amz-security-token') !== sessionToken) return undefined;
  const wanted = ['host', 'x-amz-date', ...(sessionToken === '' ? [] : ['x-amz-security-token'])];
  const everythingSigned = wanted.every((name) => signed.includes(name));
  if (!principal || signedRegion !== region || !everythingSigned || !(Math.abs(nowMs - at) <= VALID_MS)) {
    return undefined;
  }
  const declaredHash = header('x-amz-content-sha256');
  if (declaredHash !== '' && declaredHash !== createHash('sha256').update(body).digest('hex'))
    return undefined;
  const url = new URL(path, 'http://localhost');
  const again = await new SignatureV4({
    service: 'lambda',
    region,
    // The token is among the signed headers already.
    credentials: { accessKeyId: principal.accessKeyId, secretAccessKey: principal.secretAccessKey },
    applyChecksum: false,
    sha256: Sha256,
  }).sign(
    {
      method,
      protocol: 'http:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(signed.map((name) => [name, header(name)])),
      body,
    },
    { signingDate: new Date(at), signableHeaders: new Set(signed) },
  );
  const expected = AUTHORIZATION.exec(again.headers.authorization ?? '')?.[5] ?? '';
  const same =
    expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  return same ? principal : undefined;
}

function dateIn(text: string): number {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(text) ?? [];
  if (!day || !time) return Number.NaN;
  return Date.parse(
    `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
  );
}

/** The hash as the SDK's signer wants it. */
export class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as Uint8Array);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('The signer makes a hash for each use.');
  }
}
