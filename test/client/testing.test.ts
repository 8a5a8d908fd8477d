import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type LogInRefusedError,
  LogInWaitsError,
  SessionClosedError,
  type SessionEvent,
  throwIfSessionGone,
} from '../../client/index.ts';
import { type FakeSession, type FakeTrouble, fakeSession } from '../../client/testing.ts';

/** An app that calls ThingSpace over SOAP; a stub server in its test uses the fake session to answer. */
async function soapApp(session: FakeSession) {
  const stub = (token: string) => session.refusalOf(token)?.body ?? `answer in ${token}`;
  return session.withSession((token) => throwIfSessionGone(stub(token)));
}

async function restApp(session: FakeSession) {
  return session.withSession(async (_token, headers) => {
    const refusal = session.refusalOf(headers);
    const response = new Response(refusal?.body ?? '{"devices":[]}', refusal ?? { status: 200 });
    return (await throwIfSessionGone(response)).json();
  });
}

test('runs an app’s calls in one session', async () => {
  const session = fakeSession();
  expect(await soapApp(session)).toBe('answer in fake-token-1');
  expect(await soapApp(session)).toBe('answer in fake-token-1');
  expect(session.logIns).toBe(1);
});

test('ends a session, which the next call replaces, and says so in events', async () => {
  const events: SessionEvent[] = [];
  const session = fakeSession({ onEvent: (event) => events.push(event) });
  await session.warmUp();
  session.end();
  expect(await soapApp(session)).toBe('answer in fake-token-2');
  expect(session.logIns).toBe(2);
  expect(events.map(({ kind }) => kind)).toEqual(['logged-in', 'gone', 'logged-in']);
});

test('refuses a request before the first log-in, and one with an older token', async () => {
  const session = fakeSession();
  expect(session.refusalOf('fake-token-0')?.status).toBe(500);
  const token = await session.token();
  expect(session.refusalOf(token)).toBeUndefined();
  session.drop(token);
  await session.token();
  expect(session.refusalOf(token)?.status).toBe(500);
});

describe('over REST', () => {
  test('hands headers to the app, and renews a bearer without a log-in', async () => {
    const session = fakeSession({ transport: 'rest' });
    expect(await session.headers()).toEqual({
      Authorization: 'Bearer fake-bearer-1',
      'VZ-M2M-Token': 'fake-token-1',
    });
    session.revokeBearer();
    expect(await restApp(session)).toEqual({ devices: [] });
    expect(session.logIns).toBe(1);
  });

  test('renews a session that ThingSpace has ended', async () => {
    const session = fakeSession({ transport: 'rest' });
    await session.warmUp();
    session.end();
    expect(await restApp(session)).toEqual({ devices: [] });
    expect(session.logIns).toBe(2);
  });

  test.each([
    ['Node.js', { authorization: 'Bearer fake-bearer-1', 'vz-m2m-token': ['fake-token-1'] }],
    ['fetch', new Headers({ Authorization: 'Bearer fake-bearer-1', 'VZ-M2M-Token': 'fake-token-1' })],
  ])('reads the headers of %s', async (_what, headers) => {
    const session = fakeSession({ transport: 'rest' });
    await session.warmUp();
    expect(session.refusalOf(headers)).toBeUndefined();
    expect(session.refusalOf({})?.status).toBe(401);
  });
});

describe('troubles', () => {
  test.each<[FakeTrouble, string]>([
    ['refused', 'LogInRefusedError'],
    ['stopped', 'LogInStoppedError'],
    ['waits', 'LogInWaitsError'],
    ['unavailable', 'ThingSpaceUnavailableError'],
    ['setup', 'SessionSetupError'],
    ['aws', 'AwsCallError'],
    ['ledger', 'LedgerUnavailableError'],
  ])('fails as the real session does: %s is a %s', async (trouble, name) => {
    const session = fakeSession();
    session.fail(trouble);
    await expect(session.token()).rejects.toMatchObject({ name });
    session.work();
    expect(await session.token()).toBe('fake-token-1');
  });

  test('says when a wait ends, and which version was refused', async () => {
    const session = fakeSession();
    session.fail('waits');
    const waits = await session.token().catch((error: LogInWaitsError) => error);
    expect(waits).toBeInstanceOf(LogInWaitsError);
    expect((waits as LogInWaitsError).retryAt).toBeGreaterThan(Date.now());
    session.fail('refused');
    const refused = await session.token().catch((error: LogInRefusedError) => error);
    expect(refused).toMatchObject({ versionId: 'fake-version' });
  });

  test('takes an error of the app’s choice, and keeps an open session in use', async () => {
    const session = fakeSession();
    await session.warmUp();
    session.fail(new Error('mine'));
    expect(await session.token()).toBe('fake-token-1');
    session.end();
    await expect(soapApp(session)).rejects.toThrow('mine');
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('ends a caller’s patience by the test framework’s timers', async () => {
    const session = fakeSession();
    session.hold();
    const impatient = expect(session.token({ patienceMs: 5_000 })).rejects.toThrow(LogInWaitsError);
    await vi.advanceTimersByTimeAsync(5_000);
    await impatient;
    const patient = session.token();
    session.work();
    expect(await patient).toBe('fake-token-1');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closes as the real session does', async () => {
    const session = fakeSession();
    session.hold();
    const waiting = expect(session.token()).rejects.toThrow(SessionClosedError);
    await session.close();
    await waiting;
    await expect(session.token()).rejects.toThrow(SessionClosedError);
    expect(vi.getTimerCount()).toBe(0);
  });
});
