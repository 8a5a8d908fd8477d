import { createSession, type Session, throwIfSessionGone } from '../../client/index.ts';
import { getDeviceInformation } from './soap.ts';

/** One app of a fleet: it has work to do, and needs a session for it. */
export type App = { work(worldNowMs: number): Promise<void> };

export type Place = {
  secretArn: string;
  baseUrl: string;
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
    ledger: {
      table: place.tableName,
      sealingKeyId: place.sealingKeyId,
      alarmTopicArn: place.alarmTopicArn,
    },
  });
  return {
    work: () =>
      session.withSession(async (token) => {
        const answer = throwIfSessionGone(await getDeviceInformation(place.baseUrl, token));
        if (!answer.includes('GetDeviceInformationResponse')) throw new Error('The device was not found');
      }),
  };
}
