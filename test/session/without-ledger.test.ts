import { expect, test } from 'vitest';
import { createFleetWorld, MINUTE_MS, MISTYPED } from './fleet-world.ts';

/** One process without the ledger. The world's observer compares with the ledger, so its violations are of no account. */
test.each(['memory', 'ledger', 'fleet'] as const)(
  'makes no log-in attempt for a username with a blank at its end, and names the place (%s)',
  async (level) => {
    const world = await createFleetWorld({ platform: { trimUsernames: true } });
    world.world.aws.store(JSON.stringify({ username: 'Fleet-Api ', password: MISTYPED }));
    const failure = await world
      .client({ level })
      .work()
      .catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'SecretShapeError' });
    expect(String(failure)).toMatch(/character 10 of 10 is a blank/);
    expect(String(failure)).not.toContain(MISTYPED);
    expect(world.truth().logIns).toBe(0);
  },
);

test('names a line break at the end of a password that is refused', async () => {
  const world = await createFleetWorld();
  world.storeByHand(`${MISTYPED}\n`);
  await expect(world.client({ level: 'memory' }).work()).rejects.toThrow(
    /The stored password ends in a line break/,
  );
});

test('never tries a refused version again in one process', async () => {
  const world = await createFleetWorld();
  world.storeByHand(MISTYPED);
  const { work } = world.client({ level: 'memory' });
  for (let day = 0; day < 10; day += 1) {
    await expect(work()).rejects.toMatchObject({ name: 'LogInRefusedError' });
    world.advance(24 * 60 * MINUTE_MS);
  }
  expect(world.truth().failures).toBe(1);
});

test('tries a version stored after a refusal at once, but waits after two failures', async () => {
  const world = await createFleetWorld();
  const { session, work } = world.client({ level: 'memory' });
  world.storeByHand(MISTYPED);
  await expect(work()).rejects.toMatchObject({ name: 'LogInRefusedError' });
  world.storeByHand(MISTYPED);
  await expect(work()).rejects.toMatchObject({ name: 'LogInRefusedError' });
  expect(world.truth().failures).toBe(2);

  world.storeByHand(world.truth().password);
  await expect(work()).rejects.toMatchObject({ name: 'LogInWaitsError' });
  expect(world.truth().logIns).toBe(2);
  expect(await session.withSession(world.use, { patienceMs: 31 * MINUTE_MS })).toBe('Fleet-Api');
});

test('waits a minute after a missing answer, then for growing pauses', async () => {
  const world = await createFleetWorld();
  const { work } = world.client({ level: 'memory' });
  world.plan.decide = ({ name }) => (name === 'LogIn' ? 'request-lost' : 'ok');
  const sent = () => world.calls.filter(({ name }) => name === 'LogIn').length;
  const presentedAt: number[] = [];
  const startedAtMs = world.clock.nowMs();
  for (let minute = 0; minute < 200; minute += 1) {
    const before = sent();
    await work().catch(() => undefined);
    if (sent() > before) presentedAt.push(Math.round((world.clock.nowMs() - startedAtMs) / MINUTE_MS));
    await world.sleep(MINUTE_MS);
  }
  const pauses = presentedAt.slice(1).map((at, index) => at - (presentedAt[index] as number));
  expect(pauses.length).toBeGreaterThanOrEqual(3);
  pauses.slice(1).forEach((pauseMinutes, index) => {
    expect(pauseMinutes).toBeGreaterThan(pauses[index] as number);
  });
});

test('gives each process its own session when none is shared, with one count for all', async () => {
  const world = await createFleetWorld();
  world.storeByHand(MISTYPED);
  const clients = world.fleetOf(20, { level: 'ledger' });
  await Promise.allSettled(clients.map((client) => client.work()));
  expect(world.truth().failures).toBe(1);
  world.storeByHand(world.truth().password);
  await Promise.all(clients.map((client) => client.session.withSession(world.use)));
  expect(world.truth()).toMatchObject({ failures: 1, logIns: 21 });
});
