import { describe, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import { advised, passesSoon } from '../../lambda/session/aws-away.ts';
import { IDLE_LIMIT_MS } from '../../lambda/session/session-item.ts';
import { USERNAME } from '../world/world.ts';
import { createFleetWorld, type FleetWorld, MINUTE_MS, MISTYPED } from './fleet-world.ts';

const failed = (name: string, operation = 'dynamodb:GetItem', httpStatusCode?: number, message?: string) =>
  new AwsCallError(operation, { name, message, $metadata: { httpStatusCode } });

test.each([
  ['TimeoutError', undefined],
  ['ECONNREFUSED', undefined],
  ['ECONNRESET', undefined],
  ['EAI_AGAIN', undefined],
  ['ThrottlingException', 400],
  ['ProvisionedThroughputExceededException', 400],
  ['InternalServerError', 500],
  ['ServiceUnavailableException', 503],
  ['KMSInternalException', 500],
  ['UnknownError', 502],
  ['UnknownError', 429],
])('waits for the end of %s (%s)', (name, status) => {
  expect(passesSoon(failed(name, 'kms:Decrypt', status))).toBe(true);
  expect(passesSoon(new LedgerUnavailableError('x', { cause: failed(name, 'x:Y', status) }))).toBe(true);
});

test.each([
  ['AccessDeniedException', 'secretsmanager:GetSecretValue', 'the right secretsmanager:GetSecretValue'],
  ['AccessDeniedException', 'dynamodb:PutItem', 'the right dynamodb:PutItem'],
  [
    'ResourceNotFoundException',
    'dynamodb:GetItem',
    'no such table in this account and region: check `ledger.table`',
  ],
  [
    'ResourceNotFoundException',
    'secretsmanager:DescribeSecret',
    'check `secretId` (of an agent, --secret) and the region',
  ],
  ['InvalidRequestException', 'secretsmanager:GetSecretValue', 'marked for deletion'],
  ['NotFoundException', 'kms:Encrypt', 'no such key in this account and region: check `ledger.sealingKeyId`'],
  ['DisabledException', 'kms:Encrypt', 'The KMS key is disabled'],
  ['KMSInvalidStateException', 'kms:Decrypt', 'disabled or being deleted'],
  ['ValidationException', 'dynamodb:PutItem', 'check `ledger.table`'],
  ['ENOTFOUND', 'dynamodb:GetItem', 'check the region'],
  ['UnrecognizedClientException', 'dynamodb:GetItem', 'Check the AWS credentials'],
  ['ExpiredTokenException', 'kms:Decrypt', 'Check the AWS credentials'],
  ['CERT_HAS_EXPIRED', 'kms:Decrypt', 'It may not pass by itself: look at the network'],
])('does not wait after %s of %s, and says: %s', (name, operation, words) => {
  const failure = failed(name, operation, 400);
  expect(passesSoon(failure)).toBe(false);
  expect(passesSoon(new LedgerUnavailableError('x', { cause: failure }))).toBe(false);
  const said = advised(failure);
  expect(said).toMatchObject({ name: 'AwsCallError', operation, errorName: name, httpStatus: 400 });
  expect(said.message).toContain(`${operation} failed with ${name}`);
  expect(said.message).toContain(words);
});

test('names the right that AWS names, and the key that Secrets Manager may not use', () => {
  const said = (operation: string, message: string) =>
    advised(failed('AccessDeniedException', operation, 400, message)).message;
  const denied = 'User: arn:x is not authorized to perform: kms:Decrypt on resource: arn:y';
  expect(said('dynamodb:GetItem', denied)).toContain('needs the right kms:Decrypt:');
  expect(said('secretsmanager:GetSecretValue', 'Access to KMS is not allowed')).toContain(
    'right kms:Decrypt:',
  );
});

test('names a region that is missing', () => {
  const failure = new AwsCallError('kms:Encrypt', new Error('Region is missing'));
  expect(advised(failure).message).toMatch(/failed with RegionMissing\. No host was found: check the region/);
});

/** The calls of each service, by their names on the wire. */
const SERVICES = {
  'Secrets Manager': /^(DescribeSecret|GetSecretValue)$/,
  KMS: /^(Encrypt|Decrypt)$/,
  DynamoDB: /^(GetItem|PutItem|BatchWriteItem)/,
};
const OUTAGE_MS = 5_000;

/** Each call of the service fails for five seconds, from `fromMs` after now. */
function takeAway(world: FleetWorld, calls: RegExp, fate: 'failed-before' | 'response-lost', fromMs: number) {
  const beginsAtMs = world.clock.nowMs() + fromMs;
  world.plan.decide = ({ name }) => {
    const sinceMs = world.clock.nowMs() - beginsAtMs;
    return calls.test(name) && sinceMs >= 0 && sinceMs < OUTAGE_MS ? fate : 'ok';
  };
}

describe.each(Object.entries(SERVICES))('%s away for five seconds', (_service, calls) => {
  test.each(['failed-before', 'response-lost'] as const)(
    'shows no process an error with default patience, whenever it begins (%s)',
    async (fate) => {
      for (let fromMs = 0; fromMs < 3_000; fromMs += 100) {
        const world = await createFleetWorld();
        world.gate.before = (name) => world.sleep((name === 'LogIn' ? 1_000 : 20) + world.random.below(50));
        takeAway(world, calls, fate, fromMs);
        const clients = world.fleetOf(6);
        const results = await Promise.all(clients.map(({ work }) => work()));
        expect(new Set(results), `from ${fromMs} ms on`).toEqual(new Set([USERNAME]));
        expect(world.truth().failures).toBe(0);
        expect(world.truth().logIns, `from ${fromMs} ms on`).toBe(1);
        expect(world.violations).toEqual([]);
      }
    },
  );

  test('shows a process that shares no session no error either', async () => {
    const world = await createFleetWorld();
    takeAway(world, calls, 'failed-before', 0);
    expect(await world.client({ level: 'ledger' }).work()).toBe(USERNAME);
  });
});

describe('an AWS call that is denied', () => {
  test.each([
    ['DescribeSecret', 'fleet'],
    ['GetSecretValue', 'fleet'],
    ['GetItem (session)', 'fleet'],
    ['PutItem (session)', 'fleet'],
    ['Encrypt', 'fleet'],
    ['GetItem', 'fleet'],
    ['PutItem', 'ledger'],
    ['GetItem', 'ledger'],
    ['GetSecretValue', 'memory'],
  ] as const)('ends the wait at once, before any log-in (%s, %s)', async (call, level) => {
    const world = await createFleetWorld();
    const startedAtMs = world.clock.nowMs();
    world.gate.before = async (name) => {
      if (name === call) throw failed('AccessDeniedException', 'x:Y', 400);
    };
    const failure = await world
      .client({ level })
      .work()
      .catch((error: Error) => error);
    expect(failure).toMatchObject({
      name: 'AwsCallError',
      message: expect.stringContaining('the right x:Y'),
    });
    expect(world.clock.nowMs() - startedAtMs).toBeLessThan(1_000);
    expect(world.truth().logIns).toBe(0);
  });
});

test('says after the whole patience which service is away', async () => {
  const world = await createFleetWorld();
  world.plan.decide = ({ name }) => (name === 'GetSecretValue' ? 'failed-before' : 'ok');
  const startedAtMs = world.clock.nowMs();
  const client = world.client();
  const failure = await client.work().catch((error: Error) => error);
  expect(failure).toMatchObject({
    name: 'AwsCallError',
    message: expect.stringMatching(/^GetSecretValue.*It was tried until the patience ended/),
  });
  const tookMs = world.clock.nowMs() - startedAtMs;
  expect(tookMs).toBeGreaterThan(20_000);
  expect(tookMs).toBeLessThanOrEqual(30_000);
  expect(client.events).toContainEqual({
    kind: 'warning',
    message: expect.stringContaining('An AWS service is away, and is asked again: GetSecretValue'),
  });
});

describe('a new process, while Secrets Manager is away', () => {
  async function liveFleet(options: Parameters<typeof createFleetWorld>[0] = {}) {
    const world = await createFleetWorld(options);
    await world.client().work();
    world.plan.decide = ({ name }) => (SERVICES['Secrets Manager'].test(name) ? 'failed-before' : 'ok');
    return world;
  }
  const named = (world: FleetWorld, settings: { username?: string; secretId?: string } = {}) =>
    world.client({ username: USERNAME, ...settings });

  test('joins the live session of the username in its settings, by two calls', async () => {
    const world = await liveFleet();
    const before = world.calls.length;
    const client = named(world);
    expect(await client.work()).toBe(USERNAME);
    expect(world.calls.slice(before).map(({ name }) => name)).toEqual(['GetItem (session)', 'Decrypt']);
    expect(client.events).toEqual([{ kind: 'joined', generation: 1 }]);
  });

  test.each(['fleet', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet'])(
    'joins it also when the setting names the secret as %s',
    async (secretId) => {
      const world = await liveFleet();
      expect(await named(world, { secretId }).work()).toBe(USERNAME);
    },
  );

  test.each([
    'flee',
    'fleet-AbCdEf-AbCdEf',
    'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-XbCdEf',
  ])('does not join the session of another secret (%s)', async (secretId) => {
    const world = await liveFleet();
    await expect(named(world, { secretId }).work()).rejects.toMatchObject({ name: 'AwsCallError' });
  });

  test('notes its use for the fleet', async () => {
    const world = await liveFleet();
    const client = named(world);
    for (let minute = 0; minute < 40; minute += 4) {
      expect(await client.work()).toBe(USERNAME);
      await world.sleep(4 * MINUTE_MS);
    }
    expect(await named(world).work()).toBe(USERNAME);
    expect(world.truth().logIns).toBe(1);
  });

  test('waits for Secrets Manager when there is no session to join', async () => {
    const world = await liveFleet();
    world.clock.advance(IDLE_LIMIT_MS);
    const waiting = named(world).work();
    await world.sleep(10_000);
    world.plan.decide = () => 'ok';
    expect(await waiting).toBe(USERNAME);
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
  });
});

test('uses the secret, and says so, when the setting names another username', async () => {
  const world = await createFleetWorld();
  const client = world.client({ username: 'Another-Api' });
  expect(await client.work()).toBe(USERNAME);
  expect(client.events.map(({ kind }) => kind)).toEqual(['warning', 'logged-in']);
  world.storeByHand(MISTYPED);
  client.session.drop(await client.session.token());
  await expect(client.work()).rejects.toMatchObject({ name: 'LogInRefusedError' });
  await expect(client.work()).rejects.toMatchObject({ name: 'LogInRefusedError' });
  expect(client.events.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
});
