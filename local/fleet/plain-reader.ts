import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { XMLParser } from 'fast-xml-parser';
import { escapeXml } from '../thingspace/soap/xml.ts';
import type { App, Place } from './app.ts';
import { listDevices, logInOverRest } from './rest.ts';
import { getDeviceInformation, soap } from './soap.ts';

const PARSED = { removeNSPrefix: true, parseTagValue: false, htmlEntities: true };
/** The refresh interval of AWS's caching clients for Java, Python, .NET and Go: one hour. */
const REFRESH_MS = 60 * 60_000;

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
    const input = `<c:Username>${escapeXml(stored.username)}</c:Username><c:Password>${escapeXml(password)}</c:Password>`;
    const answer = await soap(baseUrl, { service: 'SessionService', operation: 'LogIn', input });
    const { LogInResponse } = new XMLParser(PARSED).parse(answer).Envelope.Body;
    if (!LogInResponse) throw new Error('The log-in was refused');
    const token: string = LogInResponse.Output.SessionToken;
    return async () => (await getDeviceInformation(baseUrl, token)).includes('GetDeviceInformationResponse');
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
