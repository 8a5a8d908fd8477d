import { expect, test, vi } from 'vitest';
import type { Services } from '../../lambda/rotation/context.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld } from '../world/world.ts';

/** The handler itself in the world in memory: only what it makes AWS clients with is replaced. */
let services: Services;
vi.mock('../../lambda/rotation/wiring.ts', () => ({ wire: () => services }));
vi.mock('../../lambda/secret/secrets-manager.ts', async (original) => ({
  ...(await original<typeof import('../../lambda/secret/secrets-manager.ts')>()),
  secretsManagerStore: () => services.store,
}));

test('uses a cold start’s description of the secret once, and then describes it again', async () => {
  const world = createWorld();
  // The answer is sealed, and the process dies before anything is stored.
  await world.rotateMeeting('PutSecretValue', 'killed-before');
  services = world.wireUp(startProcess());
  const { handler } = await import('../../lambda/rotation/handler.ts');

  await handler({ Recover: world.aws.identity.arn }, { getRemainingTimeInMillis: () => 900_000 });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth()).toMatchObject({ logIns: 1, failures: 0 });
  expect(world.state().journal.state).toBe('committed');
});
