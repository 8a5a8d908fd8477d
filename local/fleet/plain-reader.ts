import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readXml, type XmlElement } from '../../lambda/thingspace/xml.ts';
import type { App, Place } from './app.ts';
import { listDevices, logInOverRest } from './rest.ts';
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
export function plainReader(place: Place): App {
  const { secretArn, baseUrl, transport } = place;
  const client = new SecretsManagerClient({});
  let cached: (Parameters<typeof logInOverRest>[1] & { readAtMs: number }) | undefined;
  /** Makes a call in the session that is open; reports whether it was done. */
  let session: (() => Promise<boolean>) | undefined;

  async function secret(nowMs: number) {
    if (cached && nowMs - cached.readAtMs < REFRESH_MS) return cached;
    const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    cached = { ...JSON.parse(SecretString), readAtMs: nowMs } as NonNullable<typeof cached>;
    return cached;
  }

  async function logIn(nowMs: number): Promise<() => Promise<boolean>> {
    const { password, ...stored } = await secret(nowMs);
    if (transport === 'rest') {
      const headers = await logInOverRest(place, { password, ...stored });
      return async () => (await listDevices(place, headers)).ok;
    }
    const answer = await soap(
      baseUrl,
      'SessionService',
      'LogIn',
      '',
      `<n:Username xmlns:n="${SESSION}">${escapeXml(stored.username)}</n:Username><n:Password xmlns:n="${SESSION}">${escapeXml(password)}</n:Password>`,
    );
    const found = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(textOf(answer))?.[0];
    if (found === undefined || answer.includes('faultcode')) throw new Error('The log-in was refused');
    return async () => (await getDeviceInformation(baseUrl, found)).includes('GetDeviceInformationResponse');
  }

  return {
    async work(nowMs) {
      session ??= await logIn(nowMs);
      if (await session()) return;
      session = undefined;
      throw new Error('The device was not found');
    },
  };
}
