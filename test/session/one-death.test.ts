import { describe, expect, test } from 'vitest';
import { IDLE_LIMIT_MS, LEASE_MS, RENEWED_FOR_MS } from '../../lambda/session/session-item.ts';
import type { Process } from '../world/fate.ts';
import { USERNAME } from '../world/world.ts';
import { type Client, createFleetWorld, type FleetWorld, MINUTE_MS } from './fleet-world.ts';

/** A world whose calls take 20 to 120 ms, and a log-in a second. */
async function inTime(options: Parameters<typeof createFleetWorld>[0] = {}) {
  const world = await createFleetWorld(options);
  world.gate.before = (name) => world.sleep((name === 'LogIn' ? 1_000 : 20) + world.random.below(100));
  return world;
}

/** One request of each client that lives; one that dies has no result. */
const work = (clients: Client[]) =>
  Promise.all(clients.map((client) => Promise.race([client.work(), client.process.died])));

describe('the death of one process of a fleet', () => {
  test.each(['killed-before', 'killed-after'] as const)(
    'shows no other process an error with default patience, at any call (%s)',
    async (fate) => {
      const struck = new Set<string>();
      for (let index = 1; ; index += 1) {
        const world = await inTime();
        const clients = world.fleetOf(4);
        let name = '';
        world.plan.decide = (call) => {
          if (call.index !== index) return 'ok';
          name = call.name;
          return fate;
        };
        const results = await work(clients);
        if (name === '') break;
        struck.add(name);
        const history = `${fate} ${name} (call ${index})`;
        expect(results.filter((result) => result === USERNAME).length, history).toBe(3);
        expect(world.truth().failures, history).toBe(0);
        expect(world.truth().logIns, history).toBeLessThanOrEqual(2);
        expect(world.violations, history).toEqual([]);
      }
      for (const call of ['Encrypt', 'GetSecretValue', 'PutItem', 'LogIn', 'PutItem (session)']) {
        expect(struck).toContain(call);
      }
    },
  );

  test('shows no other process an error when the session had just gone', async () => {
    for (let call = 1; call <= 12; call += 1) {
      const world = await inTime();
      const clients = world.fleetOf(4);
      await work(clients);
      world.clock.advance(IDLE_LIMIT_MS);
      const from = world.calls.length;
      world.plan.decide = ({ index }) => (index === from + call ? 'killed-after' : 'ok');
      const results = await work(clients);
      expect(results.filter((result) => result === USERNAME).length, `call ${call}`).toBe(3);
      expect(world.violations).toEqual([]);
    }
  });
});

test('logs in once while ThingSpace takes 25 s, because the owner renews its lease', async () => {
  const world = await createFleetWorld();
  world.gate.before = (name) => world.sleep(name === 'LogIn' ? 25_000 : 20);
  const clients = world.fleetOf(10);
  expect(new Set(await work(clients))).toEqual(new Set([USERNAME]));
  expect(world.truth().logIns).toBe(1);
});

test('lets another process log in when the owner hangs in a call for ever', async () => {
  const world = await createFleetWorld();
  const hanging = world.client();
  world.gate.before = async (name, process) => {
    if (process === hanging.process && name === 'Encrypt') await new Promise(() => undefined);
  };
  hanging.work().catch(() => undefined);
  await world.sleep(1_000);
  const patient = { patienceMs: RENEWED_FOR_MS + LEASE_MS + 10_000 };
  expect(await world.client().session.withSession(world.use, patient)).toBe(USERNAME);
});

test('says of a log-in elsewhere when another process takes over, and names no end', async () => {
  const world = await createFleetWorld();
  world.gate.before = (name) => world.sleep(name === 'LogIn' ? 28_000 : 20);
  const [first, other] = [world.client(), world.client()];
  const working = first.work();
  await world.sleep(2_000);
  const failure = await other.session.token({ patienceMs: 20_000 }).catch((error: Error) => error);
  expect(failure).toMatchObject({ name: 'LogInWaitsError' });
  expect((failure as Error).message).toMatch(
    /another process of the fleet is logging in\. If that process has died, another one logs in from 2026-01-05T00:00:[23]\d/,
  );
  expect(await working).toBe(USERNAME);
});

/** Suspends a process, as Lambda does between two invocations: its calls are held, and its clock runs on. */
function suspendable(world: FleetWorld, process: Process) {
  let held: PromiseWithResolvers<void> | undefined;
  const reached = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    /** At the `nth` call of that name. */
    suspendAt(name: string, nth = 1): void {
      let seen = 0;
      world.gate.before = async (called, caller) => {
        if (caller !== process) return;
        if (called === name && ++seen === nth) {
          held = Promise.withResolvers();
          reached.resolve();
        }
        await held?.promise;
      };
    },
    resume(): void {
      held?.resolve();
      held = undefined;
    },
  };
}

describe('an owner that is suspended until its lease is over', () => {
  const patient = { patienceMs: 60 * MINUTE_MS };

  async function suspendedAt(name: string, nth?: number) {
    const world = await createFleetWorld();
    const slow = world.client();
    const suspension = suspendable(world, slow.process);
    suspension.suspendAt(name, nth);
    const working = slow.session.withSession(world.use, patient);
    await suspension.reached;
    await world.sleep(LEASE_MS + 1_000);
    return { world, working, resume: suspension.resume };
  }

  test('publishes no session over the one of another process', async () => {
    const { world, working, resume } = await suspendedAt('Encrypt', 2);
    await world.client().work();
    const before = world.item();
    resume();
    expect(await working).toBe(USERNAME);
    expect(world.item()).toMatchObject({ generation: before.generation, sealed: before.sealed });
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
  });

  test('publishes its session when no other process has one', async () => {
    const { world, working, resume } = await suspendedAt('Encrypt', 2);
    resume();
    expect(await working).toBe(USERNAME);
    await world.client().work();
    expect(world.item()).toMatchObject({ generation: 1 });
    expect(world.truth().logIns).toBe(1);
  });

  test('makes no log-in when it is suspended before that', async () => {
    const { world, working, resume } = await suspendedAt('GetSecretValue', 2);
    await world.client().work();
    resume();
    expect(await working).toBe(USERNAME);
    expect(world.truth().logIns).toBe(1);
  });

  test('uses no session that was idle for the limit meanwhile', async () => {
    const { world, working, resume } = await suspendedAt('Encrypt', 2);
    await world.sleep(IDLE_LIMIT_MS);
    resume();
    expect(await working).toBe(USERNAME);
    expect(world.truth().logIns).toBe(2);
  });
});
