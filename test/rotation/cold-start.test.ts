import { randomUUID } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { Services } from '../../lambda/rotation/context.ts';
import { handler } from '../../lambda/rotation/handler.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld } from '../world/world.ts';

/** The handler itself in the world in memory: only what it makes AWS clients with is replaced. */
let services: Services;
/** The function wires itself from its environment. */
let isWired = false;
vi.mock('../../lambda/rotation/wiring.ts', async (original) => {
  const { wire } = await original<typeof import('../../lambda/rotation/wiring.ts')>();
  return { wire: (...given: Parameters<typeof wire>) => (isWired ? wire(...given) : services) };
});
vi.mock('../../lambda/secret/secrets-manager.ts', async (original) => ({
  ...(await original<typeof import('../../lambda/secret/secrets-manager.ts')>()),
  secretsManagerStore: () => services.store,
}));
afterEach(() => {
  isWired = false;
  vi.unstubAllEnvs();
});

const invoke = (event: object) => handler(event, { getRemainingTimeInMillis: () => 900_000 });

const FUNCTION = {
  LEDGER_TABLE: 'ledger',
  ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alarms',
  SEALING_KEY_ID: 'arn:aws:kms:us-east-1:111122223333:key/1',
  THINGSPACE_BASE_URL: 'https://thingspace.example',
};

test.each(['', '{', '[]', '{"zone":"Europe/Nowhere","frozen":["2026-12-24"]}', '{"zone":"UTC","frozen":[]}'])(
  'fails each invocation, before it changes or sends anything, with the broken calendar %j',
  async (CALENDAR) => {
    const world = createWorld();
    const { token } = world.aws.rotate(randomUUID());
    isWired = true;
    for (const [name, value] of Object.entries({ ...FUNCTION, CALENDAR })) vi.stubEnv(name, value);
    services = world.wireUp(startProcess());
    const before = world.calls.length;
    const step = { Step: 'createSecret', SecretId: world.aws.identity.arn, ClientRequestToken: token };
    for (const event of [step, step, { Recover: world.aws.identity.arn }]) {
      await expect(invoke(event)).rejects.toMatchObject({
        name: 'SettingsError',
        message: expect.stringMatching(
          /^The function’s environment cannot be used: CALENDAR must be the cal/,
        ),
      });
    }
    const calls = world.calls.slice(before).map(({ name }) => name);
    expect(new Set(calls)).toEqual(new Set(['DescribeSecret']));
    expect(world.truth()).toMatchObject({ logIns: 0, getNewPasswords: 0 });
  },
);

// The last test: its invocation ends the cold start.
test('uses a cold start’s description of the secret once, and then describes it again', async () => {
  const world = createWorld();
  // The answer is sealed, and the process dies before anything is stored.
  await world.rotateMeeting('PutSecretValue', 'killed-before');
  services = world.wireUp(startProcess());

  await invoke({ Recover: world.aws.identity.arn });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth()).toMatchObject({ logIns: 1, failures: 0 });
  expect(world.state().journal.state).toBe('committed');
});
