import { describe, expect, test } from 'vitest';
import { IDLE_LIMIT_MS } from '../../lambda/session/session-item.ts';
import { USERNAME } from '../world/world.ts';
import { type Client, createFleetWorld, type FleetWorld, MINUTE_MS } from './fleet-world.ts';

const SIZE = 500;

/** A fleet whose calls take 5 to 25 ms, and a log-in a second. */
async function fleetInTime() {
  const world = await createFleetWorld();
  world.gate.before = (name) => world.sleep(name === 'LogIn' ? 1_000 : 5 + world.random.below(20));
  return { world, clients: world.fleetOf(SIZE) };
}

async function work(world: FleetWorld, clients: Client[]) {
  const from = world.calls.length;
  expect(new Set(await Promise.all(clients.map((client) => client.work())))).toEqual(new Set([USERNAME]));
  // Notes of the last use run beside the work.
  await world.sleep(5_000);
  const calls = world.calls.slice(from).map(({ name }) => name);
  const writes = calls.filter((name) => name.startsWith('PutItem')).length;
  return { perClient: calls.length / SIZE, writes };
}

describe(`${SIZE} processes at once`, () => {
  test('start with one log-in, few calls each, and writes of a few only', async () => {
    const { world, clients } = await fleetInTime();
    const { perClient, writes } = await work(world, clients);
    expect(world.truth().logIns).toBe(1);
    expect(perClient).toBeLessThan(10);
    expect(writes).toBeLessThan(SIZE / 10);
  });

  test('see one session end with one log-in, and writes of a few only', async () => {
    const { world, clients } = await fleetInTime();
    await work(world, clients);
    for (const { session } of clients) session.drop(await session.token());
    const { perClient, writes } = await work(world, clients);
    expect(world.truth().logIns).toBe(2);
    expect(perClient).toBeLessThan(10);
    expect(writes).toBeLessThan(SIZE / 10);
  });

  test('note their use every five minutes by writes of a few only', async () => {
    const { world, clients } = await fleetInTime();
    await work(world, clients);
    world.clock.advance(6 * MINUTE_MS);
    const { writes } = await work(world, clients);
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThan(SIZE / 10);
    world.clock.advance(IDLE_LIMIT_MS - 6 * MINUTE_MS);
    expect((await work(world, clients.slice(0, 1))).writes).toBeLessThan(3);
    expect(world.truth().logIns).toBe(1);
  });
});

describe('a log-in that the ledger allows in a minute only', () => {
  async function afterMissingAnswer() {
    const world = await createFleetWorld();
    world.plan.decide = ({ name }) => (name === 'LogIn' ? 'request-lost' : 'ok');
    await expect(world.client().work()).rejects.toMatchObject({ name: 'ThingSpaceUnavailableError' });
    world.plan.decide = () => 'ok';
    return world;
  }

  test.each(['fleet', 'ledger'] as const)(
    'is reported at once to every caller with less patience, with its time (%s)',
    async (level) => {
      const world = await afterMissingAnswer();
      const startedAtMs = world.clock.nowMs();
      const clients = world.fleetOf(5, { level });
      const failures = await Promise.all(clients.map(({ work }) => work().catch((error: Error) => error)));
      for (const failure of failures) {
        expect(failure).toMatchObject({ name: 'LogInWaitsError' });
        const { message, retryAt } = failure as Error & { retryAt: number };
        expect(message).toMatch(/the next log-in waits until 2026-01-05T00:01:0\d/);
        expect(message).not.toContain('at most');
        expect(retryAt - startedAtMs).toBeGreaterThan(50_000);
      }
      expect(world.clock.nowMs() - startedAtMs).toBeLessThan(2_000);
    },
  );

  test('is waited for by a caller with more patience', async () => {
    const world = await afterMissingAnswer();
    const { session } = world.client();
    expect(await session.withSession(world.use, { patienceMs: 2 * MINUTE_MS })).toBe(USERNAME);
  });

  test('is reported at once to a caller with less patience beside one with more', async () => {
    const world = await afterMissingAnswer();
    const { session } = world.client();
    const patient = session.token({ patienceMs: 2 * MINUTE_MS });
    await world.sleep(5_000);
    const startedAtMs = world.clock.nowMs();
    await expect(session.token()).rejects.toThrow(/the next log-in waits until/);
    expect(world.clock.nowMs()).toBe(startedAtMs);
    expect(await patient).toBeDefined();
  });

  test('is waited for while another log-in is under way, which may end the wait', async () => {
    const world = await afterMissingAnswer();
    const state = world.state();
    const [attempt] = Object.values(state.inFlight);
    const underWay = { ...attempt, unknownAt: undefined };
    const written = {
      ...state,
      revision: state.revision + 1,
      inFlight: { ...state.inFlight, other: underWay },
    };
    world.world.aws.table.set(state.credential, JSON.stringify(written));
    const startedAtMs = world.clock.nowMs();
    await expect(world.client().work()).rejects.toMatchObject({ name: 'LogInWaitsError' });
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThan(20_000);
  });
});

describe('a platform that ends older sessions at each log-in', () => {
  test('shows a fleet at work during a rotation no error', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const world = await createFleetWorld({
        seed,
        rotations: 1,
        platform: { logInEndsOlderSessions: true },
      });
      world.gate.before = (name) => world.sleep((name === 'LogIn' ? 400 : 20) + world.random.below(100));
      const clients = world.fleetOf(4);
      await Promise.all(clients.map(({ work }) => work()));
      const requests = clients.map(async ({ session }) => {
        for (let request = 0; request < 6; request += 1) {
          // The request is on its way for a while: the session may end meanwhile.
          await session.withSession(async (token) => {
            await world.sleep(world.random.below(300));
            return world.use(token);
          });
          await world.sleep(world.random.below(600));
        }
      });
      const [rotation] = await Promise.all([world.rotate(), ...requests]);
      expect(rotation.rotated).toBe(true);
      expect(world.truth().failures).toBe(0);
      expect(world.violations).toEqual([]);
    }
  });
});
