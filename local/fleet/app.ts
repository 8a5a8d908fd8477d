import { randomUUID } from 'node:crypto';
import { createSession, type Session, throwIfSessionGone } from '../../client/index.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { numbered } from './executed.ts';
import { listDevices } from './rest.ts';
import { getDeviceInformation } from './soap.ts';

/** One app of a fleet: it has work to do, and needs a session for it. */
export type App = { work(worldNowMs: number): Promise<void> };

export type Place = {
  secretArn: string;
  /** Used over SOAP alone. */
  username: string;
  transport: Transport;
  baseUrl: string;
  /** Read over REST alone. */
  tokenUrl: string;
  tableName: string;
  sealingKeyId: string;
  alarmTopicArn: string;
};

/** With the client library. */
export function appWithSession(place: Place, actor: string): App {
  const session: Session = createSession({
    secretId: place.secretArn,
    actor,
    baseUrl: place.baseUrl,
    ...(place.transport === 'rest'
      ? { transport: 'rest', tokenUrl: place.tokenUrl }
      : { username: place.username }),
    ledger: {
      table: place.tableName,
      sealingKeyId: place.sealingKeyId,
      alarmTopicArn: place.alarmTopicArn,
    },
  });
  return {
    work() {
      const number = numbered(randomUUID());
      return session.withSession(async (token, headers) => {
        if (place.transport === 'rest') {
          const listed = await throwIfSessionGone(await listDevices(place, { ...headers, ...number }));
          if (!listed.ok) throw new Error('The devices were not listed');
          return;
        }
        const answer = throwIfSessionGone(await getDeviceInformation(place.baseUrl, token, number));
        if (!answer.includes('GetDeviceInformationResponse')) throw new Error('The device was not found');
      });
    },
  };
}
