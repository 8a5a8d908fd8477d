import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { isProxyUrl, PROXY_URL_RULE } from '../lambda/proxy-settings.ts';
import { allow } from './allow.ts';
import { flawOfCertificates } from './config-egress.ts';

/** The way of the functions to ThingSpace. */
export interface EgressOptions {
  /**
   * An HTTP proxy before ThingSpace, `http://host:port` or `https://host:port`. The calls to AWS do not go through it.
   * @default - straight to ThingSpace
   */
  readonly proxyUrl?: string;
  /** The secret with the proxy's credentials, `{"username": …, "password": …}`. @default - the proxy asks for none */
  readonly proxySecret?: ISecret;
  /**
   * Certificates of CAs, as PEM, that the functions trust beside the public ones, for every TLS connection.
   * @default - the public ones alone
   */
  readonly caCertificates?: string;
}

/** The way to ThingSpace cannot be as configured. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
}

/** The needs of a function on its way. */
export type Egress = {
  /** Variables of its environment. */
  environment: Readonly<Record<string, string>>;
  /** Files beside its bundle, by name. */
  files: Readonly<Record<string, string>>;
  grantTo(role: Role): void;
};

const CA_FILE = 'company-ca.pem';

/** @throws EgressError */
export function egressOf({ proxyUrl, proxySecret, caCertificates }: EgressOptions): Egress {
  if (proxyUrl !== undefined && !isProxyUrl(proxyUrl))
    throw new EgressError(`proxyUrl: write ${PROXY_URL_RULE}.`);
  if (proxySecret !== undefined && proxyUrl === undefined) {
    throw new EgressError('proxySecret: leave it out, it belongs to proxyUrl.');
  }
  const flaw = caCertificates === undefined ? undefined : flawOfCertificates(caCertificates);
  if (flaw !== undefined) throw new EgressError(`caCertificates: ${flaw}.`);
  return {
    environment: {
      ...(proxyUrl !== undefined && { THINGSPACE_PROXY_URL: proxyUrl }),
      ...(proxySecret && { THINGSPACE_PROXY_SECRET: proxySecret.secretArn }),
      // Node.js reads it at its start, and Lambda unpacks the archive there.
      ...(caCertificates !== undefined && { NODE_EXTRA_CA_CERTS: `/var/task/${CA_FILE}` }),
    },
    files: caCertificates === undefined ? {} : { [CA_FILE]: caCertificates },
    grantTo(role) {
      if (proxySecret) for (const statement of reads(proxySecret)) role.addToPolicy(statement);
    },
  };
}

/** CDK's own grant leaves out an imported key, which the policy of the role must name. */
function reads(secret: ISecret): PolicyStatement[] {
  const { secretArn, encryptionKey } = secret;
  const reading = allow(['secretsmanager:GetSecretValue'], [secretArn]);
  if (!encryptionKey) return [reading];
  const decrypting = allow(['kms:Decrypt'], [encryptionKey.keyArn], {
    StringEquals: {
      'kms:ViaService': `secretsmanager.${Stack.of(secret).region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secretArn,
    },
  });
  return [reading, decrypting];
}
