import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { throwIfSessionGone } from '../../client/index.ts';
import { readXml, type XmlElement } from '../../lambda/thingspace/xml.ts';
import type { App, Place } from './app.ts';
import { getDeviceInformation, soap } from './soap.ts';

const SESSION =
  'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.SessionService';
/** The refresh interval of AWS's caching clients for Java, Python, .NET and Go: one hour. */
const REFRESH_MS = 60 * 60_000;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapeXml = (text: string) => text.replace(/[&<>]/g, (char) => escapes[char] ?? char);

/** All text of an answer, references decoded. */
function textOf(answer: string): string {
  const inside = (element: XmlElement): string => element.text + element.children.map(inside).join('');
  return inside(readXml(answer) as XmlElement);
}

/**
 * An app as it is written without the library: a session while it lasts; when it is gone, a log-in with the
 * secret from a cache that reads anew after an hour, as AWS's caching clients do.
 */
export function plainReader({ secretArn, baseUrl }: Place): App {
  const client = new SecretsManagerClient({});
  let cached: { username: string; password: string; readAtMs: number } | undefined;
  let token: string | undefined;

  async function secret(nowMs: number) {
    if (cached && nowMs - cached.readAtMs < REFRESH_MS) return cached;
    const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    cached = { ...JSON.parse(SecretString), readAtMs: nowMs } as NonNullable<typeof cached>;
    return cached;
  }

  async function logIn(nowMs: number): Promise<string> {
    const { password, ...stored } = await secret(nowMs);
    const answer = await soap(
      baseUrl,
      'SessionService',
      'LogIn',
      '',
      `<n:Username xmlns:n="${SESSION}">${escapeXml(stored.username)}</n:Username><n:Password xmlns:n="${SESSION}">${escapeXml(password)}</n:Password>`,
    );
    const found = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(textOf(answer))?.[0];
    if (found === undefined || answer.includes('faultcode')) throw new Error('The log-in was refused');
    return found;
  }

  return {
    async work(nowMs) {
      token ??= await logIn(nowMs);
      try {
        const answer = throwIfSessionGone(await getDeviceInformation(baseUrl, token));
        if (!answer.includes('GetDeviceInformationResponse')) throw new Error('The device was not found');
      } catch (failure) {
        token = undefined;
        throw failure;
      }
    },
  };
}
