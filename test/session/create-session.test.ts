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
  for (const [settings, name, words] of [
    [{ transport: 'REST' as 'rest' }, 'SessionSettingsError', /must be "soap" or "rest"/],
    [{ tokenUrl: 'https://thingspace.example/token' }, 'SessionSettingsError', /`tokenUrl` belongs to REST/],
    [
      { transport: 'rest', baseUrl: 'https://uws.apps.nphase.com/api/v2' },
      'SessionSettingsError',
      /address of SOAP, and `transport` is "rest"/,
    ],
    [{ baseUrl: 'https://thingspace.verizon.com/api/m2m/v1/' }, 'SessionSettingsError', /address of REST/],
    [{ transport: 'rest', baseUrl: 'http://thingspace.example/api/m2m/v1' }, 'BaseUrlError', /https/],
    [
      { transport: 'rest', tokenUrl: 'https://thingspace.example/token' },
      'TokenHostError',
      /different hosts/,
    ],
  ] as const) {
    expect(() => createSession({ ...made, ...settings })).toThrow(
      expect.objectContaining({ name, message: expect.stringMatching(words) }),
    );
  }
  expect(() => createSession({ ...made, transport: 'rest' })).not.toThrow();
  expect(() => createSession({ ...made, ledger: { table: 't', lockoutLimit: 3, lockoutBudget: 3 } })).toThrow(
    expect.objectContaining({ name: 'BudgetsError' }),
  );
});
