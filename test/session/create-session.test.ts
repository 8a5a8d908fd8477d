import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
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
  for (const url of ['proxy:3128', 'http://user:word@proxy:3128', 'socks5://proxy:1080']) {
    expect(() => createSession({ ...made, proxy: { url } }), url).toThrow(/^`proxy.url` must be the address/);
  }
  expect(() => createSession({ ...made, proxy: { url: 'http://proxy:3128', secretId: 's' } })).not.toThrow();
  expect(() => createSession({ ...made, transport: 'rest' })).not.toThrow();
  expect(() => createSession({ ...made, ledger: { table: 't', lockoutLimit: 3, lockoutBudget: 3 } })).toThrow(
    expect.objectContaining({ name: 'BudgetsError' }),
  );
});

describe('the settings that come from the environment', () => {
  const ledger = { table: 't', sealingKeyId: 'k', alarmTopicArn: 'arn' };
  const whole = { secretId: 'arn', actor: 'an app', ledger };
  const unset = undefined as unknown as string;

  test.each([
    ['secretId', 'not set', { ...whole, secretId: unset }],
    ['secretId', 'empty', { ...whole, secretId: '' }],
    ['secretId', 'empty', { ...whole, secretId: ' \n' }],
    ['actor', 'not set', { ...whole, actor: unset }],
    ['actor', 'not a text', { ...whole, actor: 7 as unknown as string }],
    ['ledger.table', 'not set', { ...whole, ledger: { ...ledger, table: unset } }],
    ['ledger.sealingKeyId', 'empty', { ...whole, ledger: { ...ledger, sealingKeyId: '' } }],
    ['ledger.alarmTopicArn', 'empty', { ...whole, ledger: { ...ledger, alarmTopicArn: '' } }],
  ])('are named in a sentence: `%s` is %s', (name, state, settings) => {
    expect(() => createSession(settings)).toThrow(
      expect.objectContaining({
        name: 'SessionSettingsError',
        message: expect.stringContaining(`\`${name}\` is ${state}: give createSession the `),
      }),
    );
  });
});

test('names a client of another service', () => {
  const kms = new KMSClient({ region: 'us-east-1' });
  expect(() => createSession({ secretId: 's', actor: 'a', clients: { secretsManager: kms } })).toThrow(
    '`clients.secretsManager` is a client of KMS: give one of Secrets Manager, or leave it out.',
  );
});

test('makes its AWS clients with the region, address and credentials of `clientConfig`, and closes them alone', async () => {
  const world = await startWorld();
  try {
    const used: string[] = [];
    const secretsManager = world.secretsManagerClient;
    const closed: string[] = [];
    secretsManager.destroy = () => void closed.push('the app’s');
    const closesMade = () => void closed.push('made');
    const sends = secretsManager.config.requestHandler;
    const session = createSession({
      secretId: world.secretArn,
      actor: 'an app',
      baseUrl: world.env.THINGSPACE_BASE_URL,
      ledger: { table: world.env.LEDGER_TABLE ?? '' },
      clients: { secretsManager },
      clientConfig: {
        region: 'us-east-1',
        endpoint: world.env.AWS_ENDPOINT_URL_DYNAMODB,
        credentials: async () => {
          used.push('credentials');
          return { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'none' };
        },
        requestHandler: { handle: sends.handle.bind(sends), metadata: sends.metadata, destroy: closesMade },
      },
    });
    expect(world.platform.use(await session.token()).ok).toBe(true);
    expect(used).not.toEqual([]);
    await session.close();
    expect(closed).toEqual(['made']);
    await expect(session.token()).rejects.toMatchObject({ name: 'SessionClosedError' });
  } finally {
    await world.close();
  }
}, 60_000);
