import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { isProxyUrl, PROXY_URL_RULE } from '../lambda/proxy-settings.ts';
import type { Config } from './config.ts';
import { object } from './config-shapes.ts';

const MAX_CERTIFICATES = 200;
const WHAT = 'write the path of a PEM file with the certificates of CAs, as seen from this file';

const certificates = v.pipe(
  v.string(WHAT),
  v.check(
    (pem) => flawOfCertificates(pem) === undefined,
    ({ input }) => flawOfCertificates(input) ?? '',
  ),
);

/** @param arns the shapes of ARNs */
export const egressSchema = <
  const S extends v.GenericSchema<string>,
  const K extends v.GenericSchema<string>,
>(arns: {
  secret: S;
  key: K;
}) =>
  object({
    proxyUrl: v.optional(
      v.pipe(
        v.string(`write ${PROXY_URL_RULE}`),
        v.check(isProxyUrl, `write ${PROXY_URL_RULE}; its credentials belong into a secret (proxySecretArn)`),
      ),
    ),
    proxySecretArn: v.optional(arns.secret),
    proxySecretKeyArn: v.optional(arns.key),
    caFile: v.optional(certificates),
  });

/** Yields the mistakes that no single setting shows. */
export function* egressFits({ egress = {}, credentials }: Config): Generator<string> {
  const { proxyUrl, proxySecretArn, proxySecretKeyArn } = egress;
  if (proxySecretArn !== undefined && proxyUrl === undefined) {
    yield 'egress.proxySecretArn: leave it out, it belongs to proxyUrl';
  }
  if (proxySecretKeyArn !== undefined && proxySecretArn === undefined) {
    yield 'egress.proxySecretKeyArn: leave it out, it belongs to proxySecretArn';
  }
  const at = credentials.findIndex(
    ({ secretArn }) => secretArn !== undefined && secretArn === proxySecretArn,
  );
  if (at >= 0) {
    yield `egress.proxySecretArn: write a secret of the proxy's own: that of credentials[${at}] holds a ThingSpace password, which would go to the proxy`;
  }
}

/** Returns what makes a text unfit as the company's CAs, as a sentence that says what to write. */
export function flawOfCertificates(pem: string, nowMs: number = Date.now()): string | undefined {
  if (pem.includes('PRIVATE KEY')) {
    return 'write a file without a private key: it would be in the function’s code; make a new key, for this one is exposed where the file was';
  }
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return WHAT;
  if (blocks.length > MAX_CERTIFICATES) return `write at most ${MAX_CERTIFICATES} certificates`;
  for (const [index, block] of blocks.entries()) {
    const flaw = flawOf(block, nowMs);
    if (flaw !== undefined) return `write other certificates: number ${index + 1} ${flaw}`;
  }
  return undefined;
}

function flawOf(block: string, nowMs: number): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(block);
  } catch {
    return 'cannot be read';
  }
  if (!certificate.ca) return 'is not that of a CA, and vouches for no other';
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() <= nowMs) return `ended on ${validToDate.toISOString().slice(0, 10)}`;
  if (validFromDate.getTime() > nowMs) return `begins on ${validFromDate.toISOString().slice(0, 10)}`;
  return undefined;
}

/**
 * Returns a configuration with the content of the file of CA certificates in place of its path.
 * @param file the configuration's path
 */
export function withCaFile(configuration: unknown, file: string): unknown {
  const { egress } = (configuration ?? {}) as { egress?: { caFile?: unknown } };
  const caFile = egress?.caFile;
  if (typeof caFile !== 'string') return configuration;
  const pem = contentOf(path.resolve(path.dirname(file), caFile));
  return { ...(configuration as object), egress: { ...egress, caFile: pem } };
}

/** A file that cannot be read is refused as one without certificates, in the sentence of the setting. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
