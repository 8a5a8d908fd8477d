import { expect, test } from 'vitest';
import { guardedLogIn, guardedLogInToExchange } from '../../lambda/ledger/guarded-log-in.ts';
import type { Ledger } from '../../lambda/ledger/ledger.ts';
import type { ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { BearerError } from '../../lambda/thingspace/rest/bearer-error.ts';
import { SECRET_ARN } from './attempt-request.ts';

const credential = { secretArn: SECRET_ARN, versionId: 'v1', username: 'Fleet', password: 'p1' };
const who = { actor: 'rotation', purpose: 'probe', share: 'rotation' } as const;

/** Everything that was asked for, at a clock that moves only while the log-in is prepared. */
function services(prepared: object = { outcome: 'done' }, prepareTookMs = 0) {
  const asked: unknown[] = [];
  const calls: string[] = [];
  const keys: unknown[] = [];
  let nowMs = 0;
  const ledger = {
    lately: async () => ({ state: {}, now: 0 }),
    reserve: async (wanted: object) => {
      calls.push('reserve');
      return { ...wanted, attempt: 'x', mayLeave: () => true };
    },
    settle: async () => void calls.push('settle'),
  } as unknown as Ledger;
  const api = {
    prepare: async (key: object, { timeoutMs }: { timeoutMs: number }) => {
      calls.push(`prepare ${timeoutMs}`);
      keys.push(key);
      nowMs += prepareTookMs;
      return prepared;
    },
    logIn: async (presented: object, { timeoutMs }: { timeoutMs: number }) => {
      calls.push('log-in');
      keys.push(presented);
      asked.push(timeoutMs);
      return { outcome: 'done', value: 'session' };
    },
  } as unknown as ThingSpaceApi;
  return {
    asked,
    calls,
    keys,
    services: { ledger, api, clock: { nowMs: () => nowMs, sleep: async () => undefined } },
  };
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

const toExchange = (parts: ReturnType<typeof services>['services'], deadlineMs: number) =>
  guardedLogInToExchange(parts, credential, { actor: 'rotation', share: 'rotation' }, 'token', deadlineMs);
const alone = (parts: ReturnType<typeof services>['services'], deadlineMs: number) =>
  guardedLogIn(parts, credential, who, deadlineMs);

test.each([
  ['alone', alone],
  ['to exchange', toExchange],
])('fetches the bearer before it reserves a log-in (%s)', async (_name, logIn) => {
  const { calls, services: parts } = services();
  await logIn(parts, 60_000);
  expect(calls.slice(0, 3)).toEqual(['prepare 54000', 'reserve', 'log-in']);
});

test.each([
  ['alone', alone],
  ['to exchange', toExchange],
])('reserves and settles nothing when there is no bearer (%s)', async (_name, logIn) => {
  const none = { outcome: 'never-sent', cause: new BearerError('no-key') };
  const { calls, services: parts } = services(none);
  expect(await logIn(parts, 600_000)).toBe(none);
  expect(calls).toEqual(['prepare 105000']);
});

test('reserves nothing when the bearer took the time of the log-in', async () => {
  const { calls, services: parts } = services({ outcome: 'done' }, 55_000);
  await expect(alone(parts, 60_000)).rejects.toMatchObject({ name: 'TooLateToLogInError' });
  expect(calls).toEqual(['prepare 54000']);
});

test('presents the password with the key and secret that were read beside it', async () => {
  const { keys, services: parts } = services();
  const stored = { ...credential, apiKey: 'k', apiSecret: 's' };
  await guardedLogIn(parts, stored, who, 60_000);
  expect(keys).toEqual([stored, stored]);
});
