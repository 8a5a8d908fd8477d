import { describe, expect, it } from 'vitest';
import type { Desk } from '../../cli/desk.ts';
import { doctor } from '../../cli/doctor.ts';
import { CommandError, NotWellError } from '../../cli/errors.ts';
import type { Surroundings } from '../../cli/surroundings.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import { ProxyError } from '../../lambda/thingspace/proxy-error.ts';
import { BearerError } from '../../lambda/thingspace/rest/bearer-error.ts';
import { operationsOf } from '../../local/thingspace/soap/contract.ts';
import { wsdlOf, xsdOf } from '../../local/thingspace/soap/wsdl.ts';
import { SECRET_ARN, secretValue, type World } from '../world/world.ts';
import { KEY_POLICY, REST_SETTINGS, SETTINGS, startDesk } from './desk.ts';

const operations = operationsOf('OldPassword').filter(({ service }) => service === 'AccountService');
const fetch = async (url: string) => {
  const { searchParams } = new URL(url);
  const text = searchParams.has('wsdl')
    ? wsdlOf('AccountService', 'https://x/AccountService.svc', operations)
    : xsdOf(searchParams.get('xsd') ?? '', 'https://x/AccountService.svc', operations);
  return text ?? '';
};
const unreachable = async () =>
  Promise.reject(new CommandError('ContractError', 'The contract cannot be read (ENOTFOUND).'));

type Results = { check: string; ok: boolean; says: string }[];

async function results(
  desk: Desk,
  said: string[],
  ask = fetch as typeof fetch,
): Promise<{ failed: Results; code: number }> {
  const ended = await doctor(desk, ask, { secret: SECRET_ARN, json: true }).catch((error: Error) => error);
  const all: Results = JSON.parse(said.at(-1) ?? '');
  return { failed: all.filter(({ ok }) => !ok), code: ended instanceof NotWellError ? ended.exitCode : 0 };
}

/** The clock of the world is in the past; everything else is as it should be. */
async function healthy() {
  const started = startDesk();
  await started.world.rotate();
  started.world.advance(Date.now() - started.world.clock.nowMs());
  return started;
}

const denied = async () =>
  Promise.reject(new AwsCallError('kms:DescribeKey', { name: 'AccessDeniedException', message: 'no' }));
const around = (changes: Partial<Surroundings>) => (desk: Desk) => ({
  ...desk,
  surroundings: { ...desk.surroundings, ...changes },
});
const soap = (changes: object) => (desk: Desk) =>
  ({
    ...desk,
    settings: { ...desk.settings, thingSpace: { ...desk.settings.thingSpace, ...changes } },
  }) as Desk;
const facts = (changes: object) => (desk: Desk) => ({
  ...desk,
  account: {
    ...desk.account,
    secret: async (id: string) => ({ ...(await desk.account.secret(id)), ...changes }),
  },
});
const ofFunction = (changes: object) => (desk: Desk) =>
  ({ ...desk, function: { ...desk.function, ...changes } }) as Desk;

const first = (act: (world: World) => unknown) => (desk: Desk, world: World) => {
  act(world);
  return desk;
};

const stored = (value: string) => first((world) => world.aws.store(value));

const trail = (changes: object) =>
  around({ trails: async () => [{ name: 'account', logging: true, managementWrites: true, ...changes }] });

const sealingKey = (changes: object) =>
  around({
    key: async () => ({ state: 'Enabled', manager: 'CUSTOMER', usage: 'ENCRYPT_DECRYPT', ...changes }),
  });
const subscribed = (...found: { protocol: string; confirmed: boolean }[]) =>
  around({ subscriptions: async () => found });
const table = (status: string, ...keys: string[]) => around({ table: async () => ({ status, keys }) });
/** The policy of one of the two keys with another text in it. */
const keyPolicy = (isAlarms: boolean, text: string, other: string) =>
  around({
    keyPolicy: async (id) =>
      id.endsWith('operations') === isAlarms ? KEY_POLICY.replace(text, other) : KEY_POLICY,
  });

type Planted = [what: string, plant: (desk: Desk, world: World) => Desk, says: RegExp];

/** By the check that finds the fault. */
const PLANTED: Record<string, Planted[]> = {
  function: [
    [
      'the function cannot be asked',
      (desk) => ({ ...desk, function: undefined }),
      /GetFunctionConfiguration/,
    ],
    ['the function is not active', ofFunction({ state: 'Failed' }), /Failed/],
    ['the function’s timeout is short', ofFunction({ timeoutSeconds: 30 }), /30 s/],
  ],
  version: [
    [
      'the function is of another version',
      ofFunction({ environment: { THINGSPACE_RELEASE: '0.0.9' } }),
      /the function is 0\.0\.9, this tool is \d/,
    ],
    ['the function names no version', ofFunction({ environment: {} }), /names none/],
  ],
  secret: [
    ['the secret is to be deleted', facts({ deletedAt: 1 }), /scheduled for deletion/],
    ['the secret holds the placeholder', stored(JSON.stringify(PLACEHOLDER)), /placeholder/],
    ['the secret is not JSON', stored('nonsense'), /not JSON/],
    ['the secret is binary', first((world) => world.aws.storeBinary()), /binary data/],
    ['the secret has no room', stored(secretValue('x'.repeat(65_000))), /shorten other members by \d+ bytes/],
  ],
  rotation: [
    ['rotation is off', facts({ rotationEnabled: false }), /is off/],
    ['another function rotates it', facts({ functionArn: 'arn:aws:lambda:a:1:function:x' }), /not by this/],
    [
      'AWSPENDING is stuck',
      first(({ aws }) => aws.stage('stuck-0000000000000000000000000000', '{}')),
      /stuck/,
    ],
  ],
  replicas: [
    [
      'a replica is not in sync',
      facts({ replicas: [{ region: 'us-west-2', status: 'Failed', message: 'KMS denied' }] }),
      /us-west-2 is Failed \(KMS denied\)/,
    ],
  ],
  'sealing key': [
    ['the key is disabled', sealingKey({ state: 'Disabled' }), /enable it/],
    ['the key is about to be deleted', sealingKey({ state: 'PendingDeletion' }), /cancel/],
    ['the key is AWS-managed', sealingKey({ manager: 'AWS' }), /cannot seal/],
    ['the key signs', sealingKey({ usage: 'SIGN_VERIFY' }), /SIGN_VERIFY/],
    ['the right to the key is missing', around({ key: denied }), /credentials may not kms:DescribeKey/],
  ],
  'ledger table': [
    ['the table has other keys', table('ACTIVE', 'id'), /keys id/],
    ['the table is being deleted', table('DELETING'), /DELETING/],
  ],
  clock: [['this clock is off', first((world) => world.advance(10 * 60_000)), /min behind AWS/]],
  'log group': [['the log group is gone', around({ logGroupExists: async () => false }), /does not exist/]],
  'alarms’ key': [
    [
      'CloudWatch may not use the key of the alarms',
      keyPolicy(true, 'kms:GenerateDataKey*', 'kms:Encrypt'),
      /no statement in the policy of arn:aws:kms\S+ lets cloudwatch/,
    ],
  ],
  'sealed passwords': [
    [
      'the policy of the sealing key lets others open sealed passwords',
      keyPolicy(false, ':token', ':secretArn'),
      /OnlyTheNamedOpenSealedPasswords/,
    ],
  ],
  topic: [
    ['the topic has no subscription', subscribed(), /no subscription/],
    ['a subscription is not confirmed', subscribed({ protocol: 'email', confirmed: false }), /1 of 1/],
  ],
  SMS: [['SMS go to verified numbers only', subscribed({ protocol: 'sms', confirmed: true }), /sandbox/]],
  CloudTrail: [
    ['no trail sees the region', around({ trails: async () => [] }), /no trail/],
    ['the trail is stopped', trail({ logging: false }), /not logging/],
    ['the trail leaves management events out', trail({ managementWrites: false }), /no management events/],
  ],
  ThingSpace: [
    ['the address is not https', soap({ baseUrl: 'http://uws.example/api/v2' }), /not https/],
    ['its name begins as this machine’s', soap({ baseUrl: 'http://localhost.example/api/v2' }), /not https/],
    ['the address begins as loopback’s', soap({ baseUrl: 'http://127.0.0.1.example/api/v2' }), /not https/],
    [
      'the element is another one',
      soap({ passwordElement: 'CurrentPassword' }),
      /the service wants OldPassword/,
    ],
  ],
};
const planted = Object.entries(PLANTED).flatMap(([check, all]) =>
  all.map(([what, plant, says]) => [what, plant, check, says] as const),
);

describe('The command doctor', () => {
  it('finds no fault in a healthy setup, without a log-in attempt', async () => {
    const { world, desk, terminal } = await healthy();
    const before = world.truth().logIns;
    expect(await results(desk, terminal.said)).toEqual({ failed: [], code: 0 });
    expect(world.truth().logIns).toBe(before);
  });

  it.each(planted)('finds that %s', async (_what, plant, check, says) => {
    const { world, desk, terminal } = await healthy();
    const { failed, code } = await results(plant(desk, world), terminal.said);
    expect(failed.find((result) => result.check === check)?.says).toMatch(says);
    expect(code).toBe(1);
  });

  it('does not compare the clock of a simulation on this machine', async () => {
    const { world, desk, terminal } = await healthy();
    world.advance(10 * 60_000);
    expect((await results({ ...desk, isSimulated: true }, terminal.said)).failed).toEqual([]);
    expect(terminal.said.at(-1)).toContain('not compared: AWS is a simulation');
  });

  it('stops at the first check when AWS takes no call of this person', async () => {
    const { desk, terminal } = await healthy();
    const expired = async () =>
      Promise.reject(new AwsCallError('secretsmanager:DescribeSecret', { name: 'ExpiredTokenException' }));
    const asking = { ...desk, store: { ...desk.store, describe: expired } };
    await expect(doctor(asking, unasked, { secret: SECRET_ARN })).rejects.toThrow(NotWellError);
    expect(terminal.said.filter((line) => line.startsWith('NOT'))).toEqual([
      'NOT  secret: AWS does not take your credentials (ExpiredTokenException): log in again, or use another --profile.',
    ]);
    expect(terminal.said.at(-1)).toMatch(/^The other checks would end in the same way/);
  });

  it('says why the function could not be asked, and blames no right', async () => {
    const { desk, terminal } = await healthy();
    const settings = { ...desk.settings, functionUnseen: 'AWS throttles it.' };
    const { failed } = await results({ ...desk, settings, function: undefined }, terminal.said);
    expect(failed[0]).toMatchObject({
      check: 'function',
      says: expect.stringContaining('AWS throttles it.'),
    });
  });

  it('finds that ThingSpace cannot be reached, and continues with the rest', async () => {
    const { desk, terminal } = await healthy();
    const { failed } = await results(desk, terminal.said, unreachable);
    expect(failed).toMatchObject([{ check: 'ThingSpace', says: expect.stringContaining('ENOTFOUND') }]);
  });
});

const KEY = { apiKey: 'Example-Key-1', apiSecret: 'Example-Secret-1' };

/** A healthy setup whose function calls REST. */
async function healthyRest(members: object = KEY) {
  const started = await healthy();
  started.world.aws.store(
    JSON.stringify({ ...JSON.parse(started.world.aws.currentValue() ?? ''), ...members }),
  );
  return { ...started, desk: { ...started.desk, settings: REST_SETTINGS } };
}
const answering = (desk: Desk, cause?: Error): Desk => ({
  ...desk,
  rest: () => ({ prepare: async () => (cause ? { outcome: 'never-sent', cause } : { outcome: 'done' }) }),
});
const unasked = async () => expect.unreachable();

describe('The command doctor, where the function calls REST', () => {
  it('proves the key and the token address, asks for no contract, and makes no log-in', async () => {
    const { world, desk, terminal } = await healthyRest();
    const before = world.truth().logIns;
    expect(await results(answering(desk), terminal.said, unasked)).toEqual({ failed: [], code: 0 });
    const all: Results = JSON.parse(terminal.said.at(-1) ?? '');
    expect(all.map(({ check }) => check)).not.toContain('ThingSpace');
    expect(all.find(({ check }) => check === 'REST')?.says).toMatch(
      /^https:\/\/rest\.example\/token gave a bearer.*No password was presented.*https:\/\/rest\.example\/m2m\/v1 is proven by `trial` only/,
    );
    expect(world.truth().logIns).toBe(before);
  });

  it.each([
    [{}, /holds no apiKey and no apiSecret/],
    [{ apiKey: KEY.apiKey }, /holds no apiSecret/],
    [{ ...KEY, apiKey: '' }, /holds no apiKey,/],
  ])('finds the members of the secret that cannot be used: %j', async (members, says) => {
    const { desk, terminal } = await healthyRest(members);
    const { failed, code } = await results(answering(desk), terminal.said, unasked);
    expect(failed).toMatchObject([{ check: 'REST', says: expect.stringMatching(says) }]);
    expect(code).toBe(1);
  });

  it.each([
    ['wrong-key', 401, /does not accept .*HTTP status 401.*no password was presented.*`store --api-key`/],
    ['unsendable-key', undefined, /HTTP Basic cannot carry.*`store --api-key`/],
    ['wrong-address', 404, /^https:\/\/rest\.example\/token: There is no token service.*HTTP status 404/],
    ['unavailable', 'ECONNREFUSED', /gave no usable answer.*ECONNREFUSED/],
    ['no-bearer', undefined, /without a bearer/],
  ] as const)('tells a fault of the token request: %s', async (reason, seen, says) => {
    const { desk, terminal } = await healthyRest();
    const at = answering(desk, new BearerError(reason, seen));
    const { failed, code } = await results(at, terminal.said, unasked);
    expect(failed).toMatchObject([{ check: 'REST', says: expect.stringMatching(says) }]);
    expect(code).toBe(1);
  });

  it('takes a bearer that ends soon as the proof that it is', async () => {
    const { desk, terminal } = await healthyRest();
    const at = answering(desk, new BearerError('near-its-end'));
    expect(await results(at, terminal.said, unasked)).toEqual({ failed: [], code: 0 });
  });

  it('sends no key to an address without TLS', async () => {
    const { desk, terminal } = await healthyRest();
    const thingSpace = { ...REST_SETTINGS.thingSpace, tokenUrl: 'http://rest.example/token' };
    const at = { ...desk, settings: { ...REST_SETTINGS, thingSpace } as Desk['settings'], rest: unasked };
    const { failed } = await results(at as never, terminal.said, unasked);
    expect(failed).toMatchObject([{ check: 'REST', says: expect.stringMatching(/is not https/) }]);
  });

  it('checks REST beside SOAP before a switch, at the given address', async () => {
    const { desk, terminal } = await healthyRest();
    const asked: unknown[] = [];
    const rest = (tokenUrl?: string) => {
      asked.push(tokenUrl);
      return answering(desk).rest();
    };
    const soapDesk = { ...desk, settings: SETTINGS, rest };
    const tokenUrl = 'https://mock.example/token';
    await doctor(soapDesk, fetch, { secret: SECRET_ARN, json: true, rest: true, tokenUrl });
    const all: Results = JSON.parse(terminal.said.at(-1) ?? '');
    expect(all.filter(({ check }) => check === 'ThingSpace' || check === 'REST')).toHaveLength(2);
    expect(asked).toEqual([tokenUrl]);
  });
});

describe('the proxy', () => {
  const proxied = (desk: Desk, failure?: Error): Desk => {
    const found = desk.function as NonNullable<Desk['function']>;
    const environment = { ...found.environment, THINGSPACE_PROXY_URL: 'http://proxy.example:3128' };
    return { ...desk, function: { ...found, environment }, tunnelFailure: async () => failure };
  };
  const way = { proxy: new URL('http://proxy.example:3128'), target: new URL('https://thingspace.example') };

  it('is looked at only where the function has one', async () => {
    const {
      desk,
      terminal: { said },
    } = await healthy();
    await results(desk, said);
    expect(said.at(-1)).not.toContain('"proxy"');
    const { failed, code } = await results(proxied(desk), said);
    expect([failed, code]).toEqual([[], 0]);
    expect(said.at(-1)).toMatch(/http:\/\/proxy\.example:3128 opens a tunnel to .*from this machine/);
  });

  it('is named with the hop that fails', async () => {
    const {
      desk,
      terminal: { said },
    } = await healthy();
    const { failed } = await results(proxied(desk, new ProxyError('no-tls', way, 'CERT_HAS_EXPIRED')), said);
    expect(failed).toMatchObject([
      {
        check: 'proxy',
        says: expect.stringMatching(/^tried from this machine: .*TLS failed within it.*CERT_HAS_EXPIRED/),
      },
    ]);
  });
});
