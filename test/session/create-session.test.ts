import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { createSession } from '../../client/index.ts';
import { clientAt } from '../../local/aws/client.ts';
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

test('names the setting at once when a secret, a table, or a key does not exist', async () => {
  const world = await startWorld();
  const { env, secretArn, tableName } = world;
  const clients = {
    secretsManager: world.secretsManagerClient,
    dynamodb: new DynamoDBClient(clientAt(env.AWS_ENDPOINT_URL_DYNAMODB)),
    kms: new KMSClient(clientAt(env.AWS_ENDPOINT_URL_KMS)),
  };
  const right = { secretId: secretArn, table: tableName, sealingKeyId: env.SEALING_KEY_ID };
  try {
    for (const [wrong, words] of [
      [{ secretId: 'another' }, /^secretsmanager:DescribeSecret failed .* check `secretId`/],
      [{ table: 'another' }, /^dynamodb:GetItem failed .* check `ledger\.table`/],
      [{ table: 'another', sealingKeyId: undefined }, /^dynamodb:GetItem failed .* check `ledger\.table`/],
      [
        { sealingKeyId: 'arn:aws:kms:us-east-1:111122223333:key/another' },
        /^kms:Encrypt failed .* check `ledger\.sealingKeyId`/,
      ],
    ] as const) {
      const { secretId, ...ledger } = { ...right, ...wrong };
      const session = createSession({
        secretId,
        actor: 'an app',
        baseUrl: env.THINGSPACE_BASE_URL,
        ledger,
        clients,
        patienceMs: 60_000,
      });
      await expect(session.token()).rejects.toMatchObject({
        name: 'AwsCallError',
        message: expect.stringMatching(words),
      });
    }
    expect(world.platform.truth(world.username).logIns).toBe(0);
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
  expect(() => createSession({ ...made, username: 'Fleet-API ' })).toThrow(
    expect.objectContaining({
      name: 'SessionSettingsError',
      message: expect.stringMatching(/`username`.*a blank/),
    }),
  );
  expect(() => createSession({ ...made, transport: 'rest' })).not.toThrow();
  expect(() => createSession({ ...made, ledger: { table: 't', lockoutLimit: 3, lockoutBudget: 3 } })).toThrow(
    expect.objectContaining({ name: 'BudgetsError' }),
  );
});
