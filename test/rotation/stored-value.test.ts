import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import type { Spoil } from '../world/memory-thingspace.ts';
import { createWorld, type Ended, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** One rule reads the secret's value. An unusable value stops only a rotation whose username an operator changed. */

const DAY_MS = 24 * 60 * MINUTE_MS;
const secretOf = (username: string, password: string, region = 'emea') =>
  JSON.stringify({ username, password, region, retries: 3 });
const messageOf = (ended: Ended | undefined): string =>
  ended && 'error' in ended ? ended.error.message : '';

async function rotated(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(options);
  expect((await world.rotate()).rotated).toBe(true);
  world.advance(DAY_MS);
  return world;
}

describe('a platform that trims usernames', () => {
  const spellings = ['Fleet-Api ', 'Fleet-Api\n', '\u00a0Fleet-Api', 'Fleet-Api\t'];

  test.each(spellings)(
    'does not lock the username for %j with three wrong passwords and two without',
    async (name) => {
      const world = createWorld({ platform: { trimUsernames: true } });
      for (const password of ['Mistyped 1', 'Mistyped 2', 'Mistyped 3']) {
        world.aws.store(secretOf(name, password));
        const { failures } = await world.rotate({ attempts: 2 });
        expect(messageOf(failures.at(-1))).toMatch(/character \d+ of 10 is a/);
        world.advance(DAY_MS);
        await world.recover();
      }
      expect(world.truth().logIns).toBe(0);
      for (const password of ['Mistyped 4', 'Mistyped 5']) {
        world.storeByHand(password);
        await world.rotate({ attempts: 2 });
        world.advance(DAY_MS);
      }
      expect(world.violations).toEqual([]);
      expect(world.truth()).toMatchObject({ locked: false, failures: 2 });
    },
  );

  test('puts the live password back, with the edit, when a blank comes behind a rotated username', async () => {
    const world = await rotated({ platform: { trimUsernames: true } });
    world.aws.store(secretOf('Fleet-Api ', 'Mistyped 1', 'edited by a person'));
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject({
      username: USERNAME,
      region: 'edited by a person',
    });
    expect(announced(world)).toContain('put-back');
    expect(world.truth().failures).toBe(0);
    expect((await world.rotate()).rotated).toBe(true);
  });
});

test('puts the version before back whole when an unusable username is not this one', async () => {
  const world = await rotated();
  const before = world.aws.currentValue();
  world.aws.store(secretOf('Somebody-Else ', 'Theirs 1', 'theirs'));
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.currentValue()).toBe(before);
  expect(announced(world)).toContain('put-back');
});

describe('a username that becomes unusable while an exchange is open', () => {
  /** The process dies after it received the answer, and an operator edits the secret. */
  async function received(): Promise<World> {
    const world = await rotated();
    await world.rotateMeeting('PutSecretValue', 'killed-before');
    world.aws.store(secretOf('Fleet-Api ', 'Mistyped 1', 'edited by a person'));
    return world;
  }

  test('is known from the ledger, and the sealed password becomes current with the edit', async () => {
    const world = await received();
    world.advance(25 * MINUTE_MS);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({
      username: USERNAME,
      password: world.truth().password,
      region: 'edited by a person',
      retries: 3,
    });
    expect(world.truth().failures).toBe(0);
    expect(world.violations).toEqual([]);
  });

  test('is known from the ledger, and the unknown outcome is settled', async () => {
    const world = await rotated();
    await world.rotateMeeting('GetNewPassword', 'request-lost');
    world.aws.store(secretOf('Fleet-Api\n', 'Mistyped 1'));
    world.advance(25 * MINUTE_MS);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.currentPassword()).toBe(world.truth().password);
    expect((await world.rotate()).rotated).toBe(true);
  });

  test('is named beside a loss, so that the operator sees why the stored password does not help', async () => {
    const world = await rotated();
    await world.rotateMeeting('GetNewPassword', 'response-lost');
    world.advance(25 * MINUTE_MS);
    await world.recover();
    expect(world.state().journal.state).toBe('lost');
    world.platform.support.reset(USERNAME, 'Reset By Support 1');
    world.aws.store(secretOf('Fleet-Api ', 'Reset By Support 1'));
    expect(messageOf(await world.recover())).toMatch(/lost.*character 10 of 10 is a blank/s);
    world.storeByHand('Reset By Support 1');
    expect((await world.rotate()).rotated).toBe(true);
  });
});

describe('a value that holds no credential', () => {
  test.each([
    ['binary', (world: World) => world.aws.storeBinary()],
    ['not JSON', (world: World) => world.aws.store('password: Mistyped')],
    ['a password of white space', (world: World) => world.aws.store(secretOf(USERNAME, '\n      '))],
  ])('is repaired by the next check, without an operator: %s', async (_, act) => {
    const world = await rotated();
    act(world);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(announced(world)).toContain('put-back');
    expect(world.truth().failures).toBe(0);
  });

  test('is repaired, with its edit, when it begins with a byte order mark', async () => {
    const world = await rotated();
    world.aws.store(`\uFEFF${secretOf(USERNAME, world.truth().password, 'edited by a person')}`);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.aws.currentValue()).toBe(secretOf(USERNAME, world.truth().password, 'edited by a person'));
  });

  test.each([
    ['binary', (world: World) => world.aws.storeBinary(), /binary data \(SecretBinary\)/],
    [
      'a byte order mark',
      (world: World) => world.aws.store(`\uFEFF${secretOf(USERNAME, 'Reset By Support 1')}`),
      /byte order mark/,
    ],
    [
      'a blank at the end of the username',
      (world: World) => world.aws.store(secretOf('Fleet-Api ', 'Reset By Support 1')),
      /character 10 of 10 is a blank/,
    ],
  ])(
    'is announced at once, and ended by a right version, when no password can be put back: %s',
    async (_, act, words) => {
      const world = await rotated();
      world.platform.support.reset(USERNAME, 'Reset By Support 1');
      act(world);
      expect(messageOf(await world.recover())).toMatch(words);
      expect(messageOf(await world.recover())).not.toContain('does not work');
      expect(world.aws.published).toContainEqual(
        expect.objectContaining({ event: 'standing-trouble', trouble: 'stored-password-refused' }),
      );
      expect(world.truth().failures).toBe(1);
      world.storeByHand('Reset By Support 1');
      expect(await world.recover()).toEqual({ outcome: 'done' });
      expect(announced(world).at(-1)).toBe('trouble-over');
    },
  );

  test('is swapped for the sealed password when it was stored during an exchange', async () => {
    const world = await rotated();
    await world.rotateMeeting('PutSecretValue', 'killed-before');
    world.aws.storeBinary();
    world.advance(25 * MINUTE_MS);
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(world.violations).toEqual([]);
  });
});

describe('an answer whose NewPassword holds white space only', () => {
  const blank: Spoil = (body) => ({
    outcome: 'answered',
    httpStatus: 200,
    complete: true,
    body: Buffer.from(body.toString().replace(/(NewPassword>)[^<]+(<\/)/, '$1\n      $2')),
  });

  test('leaves AWSCURRENT, is sealed and announced, and the old password is tried', async () => {
    const world = await rotated();
    const [before, live] = [world.aws.currentValue(), world.truth().password];
    // ThingSpace answers so and has changed nothing.
    world.link.refuse = 'REQUEST_FAILED.UnexpectedError';
    world.link.spoil = () => blank(Buffer.from(answerWith('x'))) as ReturnType<Spoil>;
    const { failures } = await world.rotate({ attempts: 1 });
    expect(messageOf(failures[0])).toMatch(/could not be read. It is sealed/);
    expect(failures[0]).toMatchObject({ error: { cause: { reason: 'white-space' } } });
    expect(world.aws.currentValue()).toBe(before);
    expect(world.state().journal).toMatchObject({ state: 'unknown', envelope: expect.any(String) });
    world.link.refuse = undefined;
    world.link.spoil = undefined;
    world.advance(25 * MINUTE_MS);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.truth().password).toBe(live);
    expect(world.currentPassword()).toBe(live);
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.violations).toEqual([]);
  });
});

function answerWith(password: string): string {
  return (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetNewPasswordResponse><Output>' +
    `<NewPassword>${password}</NewPassword></Output></GetNewPasswordResponse></s:Body></s:Envelope>`
  );
}

describe('a secret that has grown to 64 KB during an exchange', () => {
  /** As large as Secrets Manager takes it, with the old password. */
  const grown = (world: World, bytes: number) => {
    const value = (notes: string) => JSON.stringify({ ...JSON.parse(world.aws.currentValue() ?? ''), notes });
    return value('x'.repeat(bytes - Buffer.byteLength(value(''))));
  };

  async function tooLarge(when: 'before' | 'after'): Promise<World> {
    // Longer than the old ones, so that it does not fit where they did.
    const made = ['First Rotated 1', 'Second Rotated, and a good deal longer'];
    const world = await rotated({
      nextPassword: () => made.shift() ?? `Later ${made.length} ${randomUUID()}`,
    });
    let at: number | undefined;
    world.gate.person = (index, phase) => {
      if (world.calls[index - 1]?.name !== 'GetNewPassword' || phase !== when) return;
      at = index;
      world.gate.person = undefined;
      world.aws.store(grown(world, 65_536));
    };
    const { failures } = await world.rotate({ attempts: 2 });
    expect(at).toBeDefined();
    expect(failures[0]).toMatchObject({ error: { name: 'SecretTooLargeError' } });
    expect(messageOf(failures[0])).toMatch(/shorten other members by \d+ bytes.*recover/s);
    expect(messageOf(failures[0])).not.toMatch(/support/i);
    return world;
  }

  test.each(['before', 'after'] as const)(
    'continues when a member is shortened as the error says (%s the call)',
    async (when) => {
      const world = await tooLarge(when);
      expect(world.state().journal.state).toBe('received');
      const said = world.aws.published.filter(({ event }) => event === 'standing-trouble');
      expect(said.at(-1)).toMatchObject({ trouble: 'not-stored' });
      const logIns = world.truth().logIns;
      world.advance(DAY_MS);
      const ended = await world.recover();
      expect(ended).toMatchObject({ error: { name: 'SecretTooLargeError' } });
      // No request is sent until there is room.
      expect(world.truth().logIns).toBe(logIns);
      const bytes = Number(/shorten other members by (\d+) bytes/.exec(messageOf(ended))?.[1]);
      world.aws.store(grown(world, 65_536 - bytes));
      expect(await world.recover()).toEqual({ outcome: 'done' });
      expect(world.currentPassword()).toBe(world.truth().password);
      expect(Buffer.byteLength(world.aws.currentValue() ?? '')).toBe(65_536);
      expect(announced(world)).toContain('rolled-forward');
      expect(world.truth().failures).toBeLessThanOrEqual(1);
      expect(world.violations).toEqual([]);
    },
  );
});

test('names the members to shorten when a put-back password has no room, and then continues', async () => {
  const world = await rotated();
  const filledTo = (bytes: number) => {
    const value = (notes: string) => JSON.stringify({ username: 'Fleet-Api ', password: 'x', notes });
    return value('n'.repeat(bytes - Buffer.byteLength(value(''))));
  };
  world.aws.store(filledTo(65_536));
  const ended = await world.recover();
  expect(ended).toMatchObject({ error: { name: 'SecretTooLargeError' } });
  const bytes = Number(/shorten other members by (\d+) bytes/.exec(messageOf(ended))?.[1]);
  world.aws.store(filledTo(65_536 - bytes));
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(Buffer.byteLength(world.aws.currentValue() ?? '')).toBe(65_536);
});

test('asks for no new password while the secret has no room for one', async () => {
  const world = await rotated();
  const { logIns } = world.truth();
  const value = JSON.parse(world.aws.currentValue() ?? '');
  world.aws.store(JSON.stringify({ ...value, notes: 'x'.repeat(64_500) }));
  const { failures } = await world.rotate({ attempts: 1 });
  expect(failures[0]).toMatchObject({ error: { name: 'SecretTooLargeError' } });
  expect(messageOf(failures[0])).toMatch(/Nothing was asked for. Shorten its other members by \d+ bytes/);
  expect(world.truth().logIns).toBe(logIns);
});

test('names a line break at the end of a stored password when it is refused', async () => {
  const world = createWorld();
  world.storeByHand('Mistyped 1\n');
  const { failures } = await world.rotate({ attempts: 1 });
  expect(messageOf(failures[0])).toMatch(/refused a log-in.*The stored password ends in a line break/s);
  expect(messageOf(failures[0])).not.toContain('Mistyped');
});

test.each([null, ''])('takes RotationToken %j as absent', async (RotationToken) => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  expect(await world.invoke({ ...world.eventOf('createSecret', token), RotationToken })).toEqual({
    outcome: 'done',
  });
  expect(world.aws.rotationTokens).toEqual([undefined]);
});
