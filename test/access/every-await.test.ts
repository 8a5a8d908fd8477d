import { describe, expect, test } from 'vitest';
import { callersOfDay, deviceSubject, recordsOfCaller } from '../../lambda/access/audit.ts';
import { LOG_IN_PAIR_MS } from '../../lambda/session/create-session.ts';
import { LEASE_MS } from '../../lambda/session/session-item.ts';
import type { Fate } from '../world/fate.ts';
import {
  type AccessWorld,
  changeOf,
  createAccessWorld,
  DEVICE,
  read,
  requestOf,
  SHOP,
  seen,
  sessionRequest,
} from './access-world.ts';

const FATES: Fate[] = ['killed-before', 'killed-after', 'failed-before', 'request-lost', 'response-lost'];
const MINUTES_LATER_MS = LEASE_MS + 21 * 60_000;

/** Where a request finds the session. */
const BEGINNINGS: Record<string, (world: AccessWorld) => Promise<void>> = {
  'no session yet': async () => undefined,
  'a session of the fleet': async (world) => {
    await world.start().call(requestOf());
  },
  'a session that ThingSpace has ended': async (world) => {
    await world.start().call(requestOf());
    world.platform.logIn(world.truth().username, world.truth().password);
  },
};

async function startedWith(beginning: string) {
  const world = await createAccessWorld({ platform: { logInEndsOlderSessions: true } });
  await BEGINNINGS[beginning]?.(world);
  const before = {
    records: world.records().length,
    executed: world.executed.length,
    calls: world.calls.length,
  };
  return { world, before };
}

/** Every remote call of one change, from the beginning that is given. */
async function callsOf(beginning: string): Promise<string[]> {
  const { world, before } = await startedWith(beginning);
  await world.start().call(requestOf(changeOf(DEVICE)));
  return world.calls.slice(before.calls).map(({ name }) => name);
}

describe.each(Object.keys(BEGINNINGS))('a change, with %s', (beginning) => {
  test('is never executed without its record or twice, and reads as done only when it was', async () => {
    const calls = await callsOf(beginning);
    expect(calls).toContain('PutItem (record)');
    expect(calls.indexOf('PutItem (record)')).toBeLessThan(calls.indexOf('Send ChangeDeviceCustomFields'));
    for (const [index, name] of calls.entries()) {
      for (const fate of FATES) {
        const { world, before } = await startedWith(beginning);
        world.plan.decide = (call) => (call.index === before.calls + index + 1 ? fate : 'ok');
        const answer = await world.start().call(requestOf(changeOf(DEVICE)));
        const what = `${name} ${fate}`;
        world.plan.decide = () => 'ok';

        const executed = world.executed.length - before.executed;
        const [record, ...more] = world.records().slice(before.records);
        expect(more, what).toEqual([]);
        expect(executed, what).toBeLessThanOrEqual(1);
        if (executed === 1) {
          expect(record, what).toBeDefined();
          expect(['done', 'unknown', undefined], what).toContain(record?.outcome);
        }
        if (record?.outcome === 'done') expect(executed, what).toBe(1);
        if (record) {
          const leads = world.pointers(deviceSubject(DEVICE)).map(({ recordItem }) => recordItem);
          expect(leads, what).toContain(record.item);
          const callers = world.pointers(callersOfDay(Number(record.at))).map(({ item }) => String(item));
          expect(callers.map((caller) => recordsOfCaller(Number(record.at), caller))).toContain(
            record.subject,
          );
        }
        const { status, code } = seen(answer);
        if (status === 200) expect(executed, what).toBe(1);
        if (code === 'NotSent' || code === 'NotRecorded') expect(executed, what).toBe(0);
        if (answer !== 'killed' && record === undefined) expect(code, what).toBe('NotRecorded');
        expect(world.violations, what).toEqual([]);

        // A later caller is served: no state blocks it for longer than a lease and a settling time.
        world.advance(MINUTES_LATER_MS);
        expect(seen(await world.start().call(requestOf())).status, `${what}, later`).toBe(200);
      }
    }
  });
});

describe.each(Object.keys(BEGINNINGS))('a request for the session, with %s', (beginning) => {
  test('is never answered with a session that is not in the audit', async () => {
    const start = await startedWith(beginning);
    await start.world.start().call(sessionRequest());
    const calls = start.world.calls.slice(start.before.calls).map(({ name }) => name);
    expect(calls).toContain('PutItem (record)');
    for (const [index, name] of calls.entries()) {
      for (const fate of FATES) {
        const { world, before } = await startedWith(beginning);
        world.plan.decide = (call) => (call.index === before.calls + index + 1 ? fate : 'ok');
        const { status, body, error } = read(await world.start().call(sessionRequest()));
        const what = `${name} ${fate}`;
        world.plan.decide = () => 'ok';

        const [record, ...more] = world.records().slice(before.records);
        expect(more, what).toEqual([]);
        if (status === 200) {
          expect(record, what).toMatchObject({ outcome: 'handed-out', generation: body?.generation });
          expect(record?.item, what).toMatch(new RegExp(`^${SHOP.toLowerCase()}#`));
          expect(world.pointers(callersOfDay(Number(record?.at))), what).not.toEqual([]);
        } else {
          expect(body?.token, what).toBeUndefined();
          // The caller of a process that was killed gets no answer of the function.
          if (status !== 0)
            expect({ status, code: error?.code }, what).toEqual({ status: 503, code: expect.any(String) });
        }
        expect(world.violations, what).toEqual([]);

        world.advance(MINUTES_LATER_MS);
        expect(read(await world.start().call(sessionRequest())).status, `${what}, later`).toBe(200);
      }
    }
  });
});

test('drops a session for every instance, whatever call meets a fault, when the caller says it again', async () => {
  const worldWithDeadSession = async () => {
    const start = await startedWith('a session that ThingSpace has ended');
    // Another instance has it in memory.
    const other = start.world.start();
    await other.call(sessionRequest());
    start.world.advance(LOG_IN_PAIR_MS);
    return { ...start, other, before: start.world.calls.length, records: start.world.records().length };
  };
  const gone = () => sessionRequest({ gone: { generation: 1 } });
  const healthy = await worldWithDeadSession();
  await healthy.world.start().call(gone());
  const calls = healthy.world.calls.slice(healthy.before).map(({ name }) => name);
  expect(calls.indexOf('PutItem (record)')).toBeLessThan(calls.indexOf('LogIn'));
  for (const [index, name] of calls.entries()) {
    for (const fate of FATES) {
      const { world, other, before, records } = await worldWithDeadSession();
      world.plan.decide = (call) => (call.index === before + index + 1 ? fate : 'ok');
      const { status, error } = read(await world.start().call(gone()));
      const what = `${name} ${fate}`;
      world.plan.decide = () => 'ok';
      const [record] = world.records().slice(records);
      if (status === 204) expect(['dropped', undefined], what).toContain(record?.outcome);
      else if (status !== 0)
        expect({ status, code: error?.code }, what).toEqual({ status: 503, code: expect.any(String) });
      if (record?.outcome === 'dropped') expect(record, what).toMatchObject({ generation: 1 });
      expect(world.violations, what).toEqual([]);

      world.advance(MINUTES_LATER_MS);
      expect(read(await world.start().call(gone())).status, `${what}, again`).toBe(204);
      const { body } = read(await other.call(sessionRequest()));
      expect(world.use(body?.token ?? ''), what).toBe(world.truth().username);
    }
  }
});

test('leaves a record that reads as unknown when the process dies before the outcome', async () => {
  const world = await createAccessWorld();
  world.plan.decide = ({ name }) => (name.startsWith('Send') ? 'killed-after' : 'ok');
  expect(await world.start().call(requestOf(changeOf(DEVICE)))).toBe('killed');
  expect(world.executed).toHaveLength(1);
  expect(world.records()).toHaveLength(1);
  expect(world.records()[0]).not.toHaveProperty('outcome');
});

test('answers the caller although the outcome cannot be recorded', async () => {
  const world = await createAccessWorld();
  world.plan.decide = ({ name }) => (name === 'UpdateItem (outcome)' ? 'failed-before' : 'ok');
  expect(seen(await world.start().call(requestOf(changeOf(DEVICE)))).status).toBe(200);
  expect(world.records()[0]).not.toHaveProperty('outcome');
  expect(world.counted).toEqual(['AccessFailed']);
});

test('denies a caller although the denial cannot be recorded', async () => {
  const world = await createAccessWorld();
  world.plan.decide = ({ name }) => (name === 'PutItem (record)' ? 'failed-before' : 'ok');
  const answer = await world.start().call(requestOf({ operation: 'GetNewPassword' }));
  expect(seen(answer).code).toBe('AccessDenied');
});

test.each([
  ['ends no session', false],
  ['ends every session: those are renewed', true],
])(
  'fails and repeats none of a hundred changes during a rotation that %s',
  async (_, newPasswordEndsSessions) => {
    const world = await createAccessWorld({ rotations: 1, platform: { newPasswordEndsSessions } });
    const functions = Array.from({ length: 5 }, () => world.start());
    const requests = Array.from({ length: 100 }, async (_, n) => {
      await world.clock.sleep(n * 200);
      return functions[n % functions.length]?.call(requestOf(changeOf(`${DEVICE}${n}`)));
    });
    await world.clock.sleep(5_000);
    const rotation = world.rotate();
    const answers = await Promise.all(requests);
    expect((await rotation).rotated).toBe(true);
    expect(answers.map((answer) => answer && seen(answer).status)).toEqual(Array(100).fill(200));
    const devices = world.executed.map(({ source }) => /<c:Identifier>(\d+)</.exec(source)?.[1]);
    expect([...devices].sort()).toEqual(Array.from({ length: 100 }, (_, n) => `${DEVICE}${n}`).sort());
    expect(world.records().filter(({ outcome }) => outcome === 'done')).toHaveLength(100);
    expect(world.truth().failures).toBe(0);
  },
);

test('leaves a reading request’s record that reads as sent, whatever ends the process', async () => {
  for (const fate of FATES) {
    const world = await createAccessWorld();
    world.plan.decide = ({ name }) => (name.startsWith('Send') ? fate : 'ok');
    await world.start().call(requestOf());
    const [record, ...others] = world.records();
    expect(others, fate).toEqual([]);
    expect(['sent', 'unknown', 'not-sent'], fate).toContain(record?.outcome);
    // No outcome says that a request was not sent when it may have been.
    if (record?.outcome === 'not-sent') expect(world.executed, fate).toEqual([]);
  }
});

test('writes a change three times and a reading request once, in a process that knows its caller', async () => {
  const world = await createAccessWorld();
  const { call } = world.start();
  await call(requestOf());
  const writesOf = async (request: object) => {
    world.advance(60_000);
    const before = world.calls.length;
    await call(request);
    const calls = world.calls.slice(before).map(({ name }) => name);
    return calls.filter((name) => /PutItem \((record|device|caller)|\((outcome|count)\)/.test(name));
  };
  expect(await writesOf(requestOf())).toEqual(['PutItem (record)']);
  expect(await writesOf(requestOf(changeOf(DEVICE)))).toEqual([
    'PutItem (device)',
    'PutItem (record)',
    'UpdateItem (outcome)',
  ]);
});
