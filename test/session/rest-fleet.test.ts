import { describe, expect, test } from 'vitest';
import { FIRST_PASSWORD, USERNAME } from '../world/world.ts';
import { type Client, createFleetWorld, KEY, MINUTE_MS, MISTYPED, work } from './fleet-world.ts';
import { APPLICATION, OTHER_APPLICATION, WRONG_SECRETS } from './rest-client.ts';

const HOUR_MS = 60 * MINUTE_MS;
const secretWith = (more: object, password = FIRST_PASSWORD) =>
  JSON.stringify({ username: USERNAME, password, ...more });
const KEY_PAIR = { apiKey: APPLICATION.apiKey, apiSecret: APPLICATION.apiSecret };

async function createRestWorld(
  options: Parameters<typeof createFleetWorld>[0] = {},
  members: object = KEY_PAIR,
) {
  const world = await createFleetWorld(options);
  world.world.aws.store(secretWith(members));
  return world;
}
const REST = { transport: 'rest' } as const;
const failuresOf = async (clients: Client[]) =>
  (await Promise.allSettled(clients.map((client) => client.work()))).map((result): Error | undefined =>
    result.status === 'rejected' ? result.reason : undefined,
  );
const kindsOf = (clients: Client[]) => clients.flatMap(({ events }) => events).map(({ kind }) => kind);

describe('one session over REST for the fleet', () => {
  test('logs in once for twenty processes, each of which fetches the bearer itself', async () => {
    const world = await createRestWorld();
    const clients = world.fleetOf(20, REST);
    expect(new Set(await work(clients))).toEqual(new Set([USERNAME]));
    await work(clients);
    expect(world.truth().logIns).toBe(1);
    expect(world.tokenRequests()).toBe(20);
  });

  test('logs in once when a session is gone', async () => {
    const world = await createRestWorld({ platform: { logInEndsOlderSessions: true } });
    const clients = world.fleetOf(10, REST);
    await work(clients);
    world.platform.through({ transport: 'rest' }).logIn(USERNAME, FIRST_PASSWORD);
    await work(clients);
    expect(world.truth().logIns).toBe(3);
  });

  test('bars no password when the gateway answers a log-in, and works when it has recovered', async () => {
    const world = await createRestWorld();
    const client = world.client(REST);
    world.rest.suspendBackend();
    const [failure] = await failuresOf([client]);
    expect(failure?.message).toMatch(
      /The gateway before ThingSpace .*Gateway\.303001.*nothing about the password/,
    );
    expect(world.truth().logIns).toBe(0);
    world.world.advance(31 * MINUTE_MS);
    expect(await client.work()).toBe(USERNAME);
  });

  test.each(['memory', 'ledger', 'fleet'] as const)(
    'makes no log-in when another program has revoked the bearer (%s)',
    async (level) => {
      const world = await createRestWorld();
      const client = world.client({ level, transport: 'rest' });
      await client.work();
      world.rest.bearers.revoke(APPLICATION.apiKey);
      expect(await client.work()).toBe(USERNAME);
      expect(world.truth().logIns).toBe(1);
      expect(kindsOf([client])).not.toContain('gone');
      expect(world.tokenRequests()).toBe(2);
    },
  );

  test('asks for a bearer once a minute at most when the gateway refuses each one', async () => {
    const world = await createRestWorld();
    const client = world.client(REST);
    const { token, bearer } = await parts(client);
    let runs = 0;
    const refuse = () => {
      runs += 1;
      throw { response: { status: 401, data: { fault: { code: 900901 } } } };
    };
    for (let call = 0; call < 100; call += 1) {
      await expect(client.session.withSession(refuse)).rejects.toMatchObject({ response: { status: 401 } });
      world.advance(1_000);
    }
    expect(runs).toBe(100);
    expect(await parts(client)).toEqual({ token, bearer });
    expect(world.tokenRequests()).toBeLessThanOrEqual(4);
    expect(world.truth().logIns).toBe(1);
  });
});

async function parts({ session }: Client) {
  const { Authorization: bearer, 'VZ-M2M-Token': token } = await session.headers();
  return { token, bearer };
}

describe('a fleet of both transports', () => {
  test('logs in once for each transport, however the processes start and pause', async () => {
    const world = await createRestWorld();
    const living = [...world.fleetOf(5), ...world.fleetOf(5, REST)];
    for (let round = 0; round < 30; round += 1) {
      // Half of the fleet are short-lived processes, as functions are.
      await work([...living, ...world.fleetOf(2, REST), ...world.fleetOf(2), ...world.fleetOf(1, REST)]);
      world.advance(10 * MINUTE_MS);
    }
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
    expect(kindsOf(living)).not.toContain('gone');
  });

  test('ends a session over REST after 20 idle minutes, however busy the username is over SOAP', async () => {
    const world = await createRestWorld();
    const [rest, soap] = [world.client(REST), world.client()];
    await work([rest, soap]);
    for (let minute = 0; minute < 25; minute += 1) {
      world.advance(MINUTE_MS);
      await soap.work();
    }
    expect(await rest.work()).toBe(USERNAME);
    expect(world.truth()).toMatchObject({ logIns: 3, failures: 0 });
  });

  test('leaves the item of a deployed client as it is', async () => {
    const world = await createRestWorld();
    await work(world.fleetOf(1));
    const before = world.table.get(KEY);
    await work(world.fleetOf(5, REST));
    expect(world.table.get(KEY)).toBe(before);
    expect(Object.keys(JSON.parse(before ?? '{}')).sort()).toEqual(
      'generation goneUpTo lastUsedAt openedAt openedBeforeAt openedBy revision schema sealed secretArn versionId'.split(
        ' ',
      ),
    );
  });

  test('costs one failed log-in for each transport at most when the password is wrong', async () => {
    const world = await createRestWorld();
    world.world.aws.store(secretWith(KEY_PAIR, MISTYPED));
    const clients = [...world.fleetOf(5), ...world.fleetOf(5, REST)];
    for (let round = 0; round < 6; round += 1) {
      for (const failure of await failuresOf(clients)) expect(failure?.name).toBe('LogInRefusedError');
      world.advance(20 * MINUTE_MS);
    }
    expect(world.truth().failures).toBeLessThanOrEqual(2);
    expect(world.violations).toEqual([]);
  });
});

describe('the application’s key', () => {
  test('stops the fleet without a request and without a reservation when the secret has none', async () => {
    const world = await createRestWorld({}, {});
    const [failure] = await failuresOf(world.fleetOf(5, REST));
    expect(failure).toMatchObject({ name: 'SessionSetupError' });
    expect(failure?.message).toMatch(/"apiKey" and "apiSecret".*store --api-key --secret 'arn:[^']+'/);
    expect(world.tokenRequests()).toBe(0);
    expect(world.state()).toMatchObject({ inFlight: {}, failed: 0 });
    expect(world.calls.map(({ name }) => name)).not.toContain('PutItem');
  });

  test('costs one token request in half an hour for the whole fleet when it is wrong', async () => {
    const world = await createRestWorld({}, { ...KEY_PAIR, apiSecret: WRONG_SECRETS[0] });
    const clients = world.fleetOf(10, REST);
    for (let minute = 0; minute < 29; minute += 1) {
      for (const failure of await failuresOf(clients)) expect(failure?.name).toBe('SessionSetupError');
      world.advance(MINUTE_MS);
    }
    expect(world.tokenRequests()).toBe(1);
    // The ledger knows the key, too: here the fleet asks it once.
    expect(world.calls.filter(({ name }) => name === 'Encrypt')).toHaveLength(1);
    world.world.aws.store(secretWith(KEY_PAIR));
    await work(clients);
    expect(world.truth()).toMatchObject({ logIns: 1, failures: 0 });
  });

  test('is read from the secret again when it no longer works, with one log-in for the fleet', async () => {
    const world = await createRestWorld();
    const clients = world.fleetOf(10, REST);
    await work(clients);
    const { apiKey, apiSecret } = OTHER_APPLICATION;
    world.world.aws.store(secretWith({ apiKey, apiSecret }));
    await work(clients);
    expect(world.truth().logIns).toBe(1);
    world.rest.bearers.setActive(APPLICATION.apiKey, false);
    world.rest.bearers.revoke(APPLICATION.apiKey);
    expect(new Set(await work(clients))).toEqual(new Set([USERNAME]));
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
  });

  test('opens no session under the place of another key', async () => {
    const world = await createRestWorld();
    const client = world.client(REST);
    await client.work();
    const { apiKey, apiSecret } = OTHER_APPLICATION;
    world.world.aws.store(secretWith({ apiKey, apiSecret }));
    client.session.drop(await client.session.token());
    await client.work();
    const places = [...world.table.values()].map((text) => JSON.parse(text).generation);
    expect(places).toEqual([1, 2]);
    expect(await work(world.fleetOf(3, REST))).toHaveLength(3);
    expect(world.truth().logIns).toBe(2);
  });

  test('appears nowhere, nor do its secret and the bearer', async () => {
    const world = await createRestWorld({}, { ...KEY_PAIR, apiSecret: WRONG_SECRETS[1] });
    const clients = world.fleetOf(2, REST);
    const errors = await failuresOf(clients);
    world.world.aws.store(secretWith(KEY_PAIR));
    await work(clients);
    world.rest.bearers.revoke(APPLICATION.apiKey);
    await work(clients);
    const said = JSON.stringify([
      errors.map((error) => [error, error?.message, error?.stack]),
      clients.map(({ events }) => events),
      [...world.table],
      [...world.world.aws.table],
      world.told,
    ]);
    const secrets = [APPLICATION.apiKey, APPLICATION.apiSecret, WRONG_SECRETS[1], ...world.rest.bearers.made];
    expect(secrets).toHaveLength(5);
    for (const secret of [...secrets, `${APPLICATION.apiKey}:${APPLICATION.apiSecret}`]) {
      const bytes = Buffer.from(secret);
      for (const form of [secret, bytes.toString('base64').replaceAll('=', ''), bytes.toString('hex')]) {
        expect(said).not.toContain(form);
      }
    }
  });
});

describe('a bearer near its end', () => {
  test('is waited out within the caller’s patience, with the secret read again', async () => {
    const world = await createRestWorld();
    world.rest.bearers.leave(APPLICATION.apiKey, 80_000);
    const startedAtMs = world.clock.nowMs();
    const client = world.client(REST);
    await expect(client.session.token({ patienceMs: 30_000 })).rejects.toMatchObject({
      name: 'LogInWaitsError',
      message: expect.stringContaining('ends too soon'),
    });
    expect(world.tokenRequests()).toBe(1);
    await client.session.token({ patienceMs: 5 * MINUTE_MS });
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(80_000);
    expect(world.truth()).toMatchObject({ logIns: 1, failures: 0 });
    expect(world.tokenRequests()).toBe(2);
  });

  test('is not sent with a call, which waits for the next one', async () => {
    const world = await createRestWorld();
    await world.client(REST).work();
    world.rest.bearers.leave(APPLICATION.apiKey, 3_000);
    const late = world.client(REST);
    const startedAtMs = world.clock.nowMs();
    expect(await late.work()).toBe(USERNAME);
    expect(world.clock.nowMs() - startedAtMs).toBe(4_000);
  });
});

describe('a 401 of the gateway', () => {
  test.each([
    ['a page', { status: 401, data: '<html>401</html>' }],
    ['no body', { status: 401, data: '' }],
    ['the code of a session', { status: 401, data: { errorCode: 'REQUEST_FAILED.SessionToken.Expired' } }],
    ['a key that is not subscribed', { status: 401, data: { fault: { code: '900905' } } }],
  ])('costs no log-in and repeats no call (%s)', async (_what, response) => {
    const world = await createRestWorld();
    const client = world.client(REST);
    let runs = 0;
    const refuse = () => {
      runs += 1;
      throw { response };
    };
    await expect(client.session.withSession(refuse)).rejects.toEqual({ response });
    expect(runs).toBe(1);
    await client.work();
    expect(world.truth().logIns).toBe(1);
    expect(kindsOf([client])).not.toContain('gone');
  });
});

test('lets no session idle longer than its limit while a bearer lives on', async () => {
  const world = await createRestWorld();
  const client = world.client(REST);
  await client.work();
  world.advance(HOUR_MS);
  expect(await client.work()).toBe(USERNAME);
  expect(world.truth().logIns).toBe(2);
});
