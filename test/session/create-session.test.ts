import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { createSession } from '../../client/index.ts';
import { startWorld } from '../../local/world.ts';

test('keeps the session when a hook throws', async () => {
  const world = await startWorld();
  try {
    const kinds: string[] = [];
    const session = createSession({
      secretId: world.secretArn,
      actor: 'an app',
      baseUrl: world.env.THINGSPACE_BASE_URL,
      clients: { secretsManager: world.secretsManagerClient },
      onEvent: ({ kind }) => {
        kinds.push(kind);
        throw new Error('the metrics are down');
      },
    });
    expect(world.platform.use(await session.token()).ok).toBe(true);
    expect(kinds).toEqual(['logged-in']);
  } finally {
    await world.close();
  }
}, 60_000);

test('rejects settings that cannot work before any read or request', () => {
  const secretsManager = new SecretsManagerClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1' });
  const made = { secretId: 'arn', actor: 'an app', clients: { secretsManager } };
  expect(() => createSession({ ...made, baseUrl: 'http://thingspace.example' })).toThrow(
    expect.objectContaining({ name: 'BaseUrlError' }),
  );
  expect(() => createSession({ ...made, ledger: { table: 't', lockoutLimit: 3, lockoutBudget: 3 } })).toThrow(
    expect.objectContaining({ name: 'BudgetsError' }),
  );
});
