import { expect, test } from 'vitest';
import { guardedLogIn } from '../../lambda/ledger/guarded-log-in.ts';
import type { Ledger } from '../../lambda/ledger/ledger.ts';
import type { ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { SECRET_ARN } from './presentation.ts';

const credential = { secretArn: SECRET_ARN, versionId: 'v1', username: 'Fleet', password: 'p1' };
const who = { actor: 'rotation', purpose: 'probe', share: 'rotation' } as const;

/** Everything that was asked for, at a clock that stands. */
function services() {
  const asked: unknown[] = [];
  const ledger = {
    reserve: async (wanted: object) => ({ ...wanted, attempt: 'x', grantedAtMs: 0 }),
    mayStillLeave: () => true,
    settle: async () => undefined,
  } as unknown as Ledger;
  const api = {
    logIn: async (_credential: object, { timeoutMs }: { timeoutMs: number }) => {
      asked.push(timeoutMs);
      return { outcome: 'done', value: 'session' };
    },
  } as unknown as ThingSpaceApi;
  return { asked, services: { ledger, api, clock: { nowMs: () => 0, sleep: async () => undefined } } };
}

test('does not begin a log-in that the deadline would cut short', async () => {
  const { asked, services: parts } = services();
  await expect(guardedLogIn(parts, credential, who, 5_999)).rejects.toMatchObject({
    name: 'TooLateToLogInError',
  });
  expect(asked).toEqual([]);
});

test('shares the time that is left with the counting and announcing that follow', async () => {
  const { asked, services: parts } = services();
  await guardedLogIn(parts, credential, who, 6_000);
  await guardedLogIn(parts, credential, who, 600_000);
  expect(asked).toEqual([3_000, 30_000]);
});
