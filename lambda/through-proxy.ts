import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsCall } from './aws-call.ts';
import { PresentableError } from './errors.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { Send } from './thingspace/http-call.ts';
import { type ProxyCredentials, sendThrough } from './thingspace/tunnel.ts';

/** Returns the sender through a proxy, whose credentials are in a secret if it asks for any. */
export function sendThroughProxy(
  { url, secretId }: ProxySettings,
  secretsManager: Pick<SecretsManagerClient, 'send'>,
): Send {
  if (secretId === undefined) return sendThrough({ url });
  return sendThrough({
    url,
    async readCredentials() {
      const command = new GetSecretValueCommand({ SecretId: secretId });
      const { SecretString } = await awsCall('secretsmanager:GetSecretValue', () =>
        secretsManager.send(command),
      );
      return credentialsIn(SecretString);
    },
  });
}

/** RFC 7617, 2: a colon ends the username. @throws PresentableError, which quotes nothing of the value */
function credentialsIn(value = ''): ProxyCredentials {
  try {
    const { username, password } = JSON.parse(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: HTTP Basic excludes them
    const sendable = /^[^\0-\x1f\x7f:]+\n[^\0-\x1f\x7f]+$/;
    if (sendable.test([username, password].join('\n'))) return { username, password };
  } catch {
    // It is not JSON.
  }
  throw new PresentableError('it holds another value');
}
