import { describe, expect, test } from 'vitest';
import { oddAnswer } from '../../local/thingspace/rest/odd-answers.ts';
import { announced } from '../world/judge.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, type World } from '../world/world.ts';

const QUARTER_MS = 90 * 24 * 60 * MINUTE_MS;
const OTHER_KEY = { apiKey: 'k2', apiSecret: 'other secret' };

const start = (options: Parameters<typeof createWorld>[0] = {}) =>
  createWorld({ transport: 'rest', ...options });

/** An operator replaces the application in the portal; the key that was used so far ends. */
function replaceApplication({ rest }: World): void {
  rest.bearers.add(OTHER_KEY);
  rest.bearers.setActive(rest.applications[0]?.apiKey ?? '', false);
  rest.bearers.revoke(rest.applications[0]?.apiKey ?? '');
}

/** Stores a password beside the new application's key. */
const storeWithOtherKey = (world: World, password: string): string =>
  world.aws.store(JSON.stringify({ ...JSON.parse(world.valueWith(password)), ...OTHER_KEY }));

const errorNames = (failures: readonly object[]): string[] =>
  failures.map((ended) => ('error' in ended ? (ended.error as Error).name : 'none'));

describe('a rotation over REST', () => {
  test('keeps key and secret in the new version, byte for byte', async () => {
    const world = start();
    const { apiKey, apiSecret } = JSON.parse(world.valueWith(''));
    const text = (password: string) =>
      `{ "apiSecret" : ${JSON.stringify(apiSecret).replace(':', '\\u003a')},\n "username":"Fleet-Api","password":${JSON.stringify(password)},"apiKey":"${apiKey}" }`;
    world.aws.store(text(FIRST_PASSWORD));
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.aws.currentValue()).toBe(text(world.truth().password));
  });

  test('ends both sessions', async () => {
    const world = start();
    await world.rotate();
    expect(world.platform.events.filter(({ kind }) => kind === 'logged-out')).toHaveLength(2);
  });

  test('puts a password back with the key that is in AWSCURRENT', async () => {
    const world = start();
    await world.rotate();
    world.advance(QUARTER_MS);
    replaceApplication(world);
    storeWithOtherKey(world, 'Mistyped 1');
    await world.rotate();
    await world.recover();
    expect(announced(world)).toContain('put-back');
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject({
      ...OTHER_KEY,
      password: world.truth().password,
    });
    expect(world.violations).toEqual([]);
  });

  test('settles an unknown exchange with the key that is in AWSCURRENT', async () => {
    const world = start({ budgets: { limit: 9, budget: 8, rotation: 7 } });
    await world.rotateMeeting('GetNewPassword', 'response-lost');
    replaceApplication(world);
    storeWithOtherKey(world, 'Mistyped 1');
    world.advance(25 * MINUTE_MS);
    await world.recover();
    expect(world.state().journal.state).toBe('lost');
    expect(announced(world)).toContain('password-lost');
    expect(world.violations).toEqual([]);
  });

  test('proves a sealed password with the key that is in AWSCURRENT', async () => {
    const world = start();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    replaceApplication(world);
    storeWithOtherKey(world, 'Mistyped 1');
    world.advance(25 * MINUTE_MS);
    await world.recover();
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject({
      ...OTHER_KEY,
      password: world.truth().password,
    });
    expect(world.violations).toEqual([]);
  });

  test('takes the refusal of a repeated reset as unknown, and then as lost', async () => {
    const world = start();
    world.restLink.repeated = 'GetNewPassword';
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorNames(failures)).toEqual(['OutcomeUnknownError']);
    expect(world.state().journal.state).toBe('unknown');
    world.advance(25 * MINUTE_MS);
    const ended = await world.recover();
    expect(errorNames([ended])).toEqual(['CredentialLostError']);
    expect(announced(world)).toEqual(['password-unknown', 'password-lost']);
    expect(world.violations).toEqual([]);
  });

  test.each(['LogIn', 'GetNewPassword'] as const)(
    'names the bearer that the gateway refused at %s, and rotates at the retry',
    async (operation) => {
      const world = start();
      world.restLink.odd = { operation, when: 'before', answer: oddAnswer('B 900901 under 401') };
      const { failures, token } = await world.rotate({ attempts: 1 });
      expect(errorNames(failures)).toEqual(['NoBearerError']);
      expect(world.state()).toMatchObject({ failed: 0, journal: { state: 'idle' } });
      world.endOdd();
      expect((await world.rotate({ token })).rotated).toBe(true);
      expect(world.violations).toEqual([]);
    },
  );

  test('stops without a log-in when the secret has no key, and rotates when it has', async () => {
    const world = start();
    const { password, username } = JSON.parse(world.aws.currentValue() ?? '');
    world.aws.store(JSON.stringify({ username, password }));
    const { failures, token } = await world.rotate({ attempts: 1 });
    expect(errorNames(failures)).toEqual(['NoBearerError']);
    expect(world.truth().logIns).toBe(0);
    world.storeByHand(password);
    expect((await world.rotate({ token })).rotated).toBe(true);
  });
});

describe('where Verizon publishes nothing, the pessimistic reading', () => {
  test.each([
    [
      'a log-in and a reset end older sessions',
      { platform: { logInEndsOlderSessions: true, newPasswordEndsSessions: true } },
    ],
    ['the token service always says an hour', { rest: { expiresIn: 'full' as const } }],
    ['the token service names no end', { rest: { expiresIn: 'missing' as const } }],
    ['the token service gives a dead bearer again for a while', { rest: { deadAgainMs: 60_000 } }],
    ['a minute allows one token request', { rest: { tokenRequestsPerMinute: 1 } }],
    ['a minute allows one log-in', { rest: { logInsPerMinute: 1 } }],
  ])('rotates in each of three hours when %s', async (_reading, options) => {
    const world = start(options);
    for (let hour = 0; hour < 3; hour += 1) {
      const { rotated } = await world.rotate({ attempts: 6, backoffMs: 31 * MINUTE_MS });
      expect(rotated, world.told.at(-1)).toBe(true);
      world.advance(59 * MINUTE_MS + 30_000);
    }
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(world.violations).toEqual([]);
  });

  test('continues at the retry when another program revokes the bearer before the reset', async () => {
    const world = start();
    world.gate.person = (index, when) => {
      if (when !== 'after' || world.calls[index - 1]?.name !== 'LogIn') return;
      world.gate.person = undefined;
      world.rest.bearers.revoke(world.rest.applications[0]?.apiKey ?? '');
    };
    const { rotated, failures } = await world.rotate();
    expect([rotated, ...errorNames(failures)]).toEqual([true, 'NoBearerError']);
    expect(world.truth()).toMatchObject({ getNewPasswords: 1, failures: 0 });
    expect(world.violations).toEqual([]);
  });

  test('keeps a password that only SOAP can present, and uses it after the switch', async () => {
    const made = ['with"quote 1'];
    const world = start({ rest: { fieldCharacters: 'raw' }, nextPassword: () => made.pop() ?? 'Plain 1' });
    const { rotated, token } = await world.rotate({ attempts: 1 });
    expect(rotated).toBe(false);
    expect(world.currentPassword()).toBe(world.truth().password);
    world.switchTo('soap');
    world.advance(60 * MINUTE_MS);
    expect((await world.rotate({ token })).rotated).toBe(true);
    expect(world.violations).toEqual([]);
  });
});

/** Stores three wrong passwords, an hour apart, each of which is presented once. */
async function mistypeThrice(world: World, before = (_wrong: number): void => undefined): Promise<void> {
  for (const wrong of [1, 2, 3]) {
    before(wrong);
    world.storeByHand(`Mistyped ${wrong}`);
    await world.rotate();
    world.advance(60 * MINUTE_MS);
  }
}

describe('a gateway that repeats log-ins', () => {
  test('locks nothing when it repeats one of the three that the budget allows', async () => {
    const world = start();
    await mistypeThrice(world, (wrong) => {
      world.restLink.repeated = wrong === 1 ? 'LogIn' : undefined;
    });
    expect(world.truth()).toMatchObject({ consecutiveFailures: 4, locked: false });
    expect(world.violations).toEqual([]);
  });

  test('locks nothing when it repeats each one, with a budget of two', async () => {
    const world = start({ budgets: { limit: 5, budget: 2, rotation: 1 } });
    world.restLink.repeated = 'LogIn';
    await mistypeThrice(world);
    expect(world.truth()).toMatchObject({ consecutiveFailures: 4, locked: false });
    expect(announced(world)).toContain('guard-closed');
    expect(world.violations).toEqual([]);
  });
});

describe('the portal’s simulator', () => {
  test('is out of reach: the only bearer is the one that the key in the secret brings', async () => {
    const world = start();
    const { testToken } = world.rest.bearers;
    world.aws.store(
      world.valueWith(FIRST_PASSWORD).replace('}', `,"bearer":"${testToken}","token":"${testToken}"}`),
    );
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.rest.sandboxCalls).toBe(0);
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  test('is reached by the key of a sandbox application, and no code can tell', async () => {
    const sandbox = { apiKey: 'sandbox', apiSecret: 'secret', sandbox: true };
    const world = start({ rest: { applications: [sandbox] } });
    expect((await world.rotate()).rotated).toBe(true);
    // This is why docs/thingspace-api.md says that the key must be that of the real account.
    expect(world.rest.sandboxCalls).toBeGreaterThan(0);
    expect(world.truth()).toMatchObject({ password: FIRST_PASSWORD, logIns: 0, getNewPasswords: 0 });
    expect(world.currentPassword()).not.toBe(FIRST_PASSWORD);
    expect(world.violations).toContain('a live password was overwritten with a dead one');
  });
});
