import { afterEach, describe, expect, it } from 'vitest';
import { createPlatform } from '../../../local/thingspace/platform.ts';
import {
  logIn,
  logOutEnvelope,
  newPassword,
  PASSWORD,
  send,
  startWorld,
  USERNAME,
  type World,
} from './soap/raw-soap.ts';

let world: World;
afterEach(() => world?.close());

const WRONG = 'refused INPUT_INVALID.Password.Invalid';
const LOCKED = 'refused REQUEST_FAILED.Account.Locked';
const EXPIRED = 'refused REQUEST_FAILED.SessionToken.Expired';

describe('the lock', () => {
  it('comes with the fifth consecutive failure, and then refuses the right password too', async () => {
    world = await startWorld();
    const session = await logIn(world);
    for (let failure = 1; failure <= 5; failure++) expect(await logIn(world, 'wrong')).toBe(WRONG);
    expect(world.platform.truth(USERNAME)).toMatchObject({
      locked: true,
      consecutiveFailures: 5,
      failures: 5,
    });
    expect(await logIn(world)).toBe(LOCKED);
    expect(await newPassword(world, session)).toBe(LOCKED);
    expect(world.platform.truth(USERNAME).password).toBe(PASSWORD);
  });

  it('does not come with four failures, and a log-in resets the count', async () => {
    world = await startWorld();
    for (let failure = 1; failure <= 4; failure++) await logIn(world, 'wrong');
    expect(await logIn(world)).toMatch(/^[0-9a-f-]{36}$/);
    expect(world.platform.truth(USERNAME)).toMatchObject({
      consecutiveFailures: 0,
      worstConsecutiveFailures: 4,
    });
  });

  it('counts a wrong current password in GetNewPassword, whose success does not reset the count', async () => {
    world = await startWorld();
    const session = await logIn(world);
    expect(await newPassword(world, session, 'wrong')).toBe(WRONG);
    await newPassword(world, session);
    expect(world.platform.truth(USERNAME)).toMatchObject({ consecutiveFailures: 1, getNewPasswords: 2 });
  });

  it('is removed by support alone, by an unlock or a new password', async () => {
    world = await startWorld();
    const lock = async () => {
      for (let failure = 1; failure <= 5; failure++) await logIn(world, 'wrong');
    };
    await lock();
    world.advance(365 * 24 * 3_600_000);
    expect(await logIn(world)).toBe(LOCKED);
    world.platform.support.unlock(USERNAME);
    expect(await logIn(world)).toMatch(/^[0-9a-f-]{36}$/);
    await lock();
    world.platform.support.reset(USERNAME, 'read-out');
    expect(await logIn(world)).toBe(WRONG);
    expect(await logIn(world, 'read-out')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is shared by all spellings of a username', async () => {
    world = await startWorld();
    expect(await logIn(world, PASSWORD, 'FLEET')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await logIn(world, 'wrong', 'FLEET')).toBe(WRONG);
    expect(world.platform.truth(USERNAME).consecutiveFailures).toBe(1);
  });

  it('distinguishes a username with blanks around it, unless the platform trims', async () => {
    world = await startWorld();
    expect(await logIn(world, PASSWORD, ` ${USERNAME}\n`)).toBe(WRONG);
    expect(world.platform.truth(USERNAME).consecutiveFailures).toBe(0);
    await world.close();
    world = await startWorld({ trimUsernames: true });
    expect(await logIn(world, PASSWORD, ` ${USERNAME}\n`)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await logIn(world, 'Mistyped 1', `${USERNAME} `)).toBe(WRONG);
    expect(world.platform.truth(USERNAME).consecutiveFailures).toBe(1);
  });
});

describe('a new password', () => {
  it('works at once, and the old one is dead', async () => {
    world = await startWorld();
    const next = await newPassword(world, await logIn(world));
    expect(next).toBe(world.platform.truth(USERNAME).password);
    expect(await logIn(world)).toBe(WRONG);
    expect(await logIn(world, next)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('leaves open sessions alone by default, or ends them', async () => {
    world = await startWorld();
    const session = await logIn(world);
    const second = await newPassword(world, session, await newPassword(world, session));
    expect(second).toBe(world.platform.truth(USERNAME).password);
    await world.close();
    world = await startWorld({ newPasswordEndsSessions: true });
    const ended = await logIn(world);
    const next = await newPassword(world, ended);
    expect(await newPassword(world, ended, next)).toBe('refused INPUT_INVALID.SessionToken.Invalid');
  });

  it('can be planted', async () => {
    world = await startWorld({ nextPassword: () => 'MARKER-1' });
    expect(await newPassword(world, await logIn(world))).toBe('MARKER-1');
  });

  it('arrives exactly as it was made, for two hundred awkward ones in any spelling of XML', async () => {
    world = await startWorld({ seed: 7 });
    let current = PASSWORD;
    const seen = new Set([current]);
    for (let round = 0; round < 200; round++) {
      const session = await logIn(world, current);
      current = await newPassword(world, session, current);
      expect(current).toBe(world.platform.truth(USERNAME).password);
      expect(current).not.toMatch(/['<\\]/);
      seen.add(current);
    }
    const all = [...seen];
    expect(all).toHaveLength(201);
    const shapes = [
      /^\d+$/,
      /^0/,
      /^\de\d+$/,
      /^ .* $/s,
      /&/,
      />/,
      /"/,
      /\]\]>/,
      /😀/u,
      /e\u0301/,
      /^true|^null|^NaN/,
    ];
    for (const shape of shapes)
      expect(
        all.some((password) => shape.test(password)),
        String(shape),
      ).toBe(true);
  });
});

describe('a session', () => {
  it('dies when it was idle for 20 minutes, and lives while it is used', async () => {
    world = await startWorld();
    const session = await logIn(world);
    world.advance(20 * 60_000 - 1);
    const next = await newPassword(world, session);
    world.advance(20 * 60_000 - 1);
    const third = await newPassword(world, session, next);
    expect(third).toBe(world.platform.truth(USERNAME).password);
    // Exactly 20 minutes: `>` instead of `>=` would let this one live.
    world.advance(20 * 60_000);
    expect(await newPassword(world, session, third)).toBe(EXPIRED);
  });

  it('is over after LogOut', async () => {
    world = await startWorld();
    const session = await logIn(world);
    expect((await send(world, 'LogOut', logOutEnvelope(session))).status).toBe(200);
    expect(await newPassword(world, session)).toBe('refused INPUT_INVALID.SessionToken.Invalid');
  });

  it('has a token in the form of a GUID, and rejects any other form', async () => {
    world = await startWorld();
    expect(await newPassword(world, 'abc')).toBe('refused REQUEST_FAILED.SessionToken.Format');
  });

  it('survives a later log-in by default, or is ended by it', async () => {
    for (const logInEndsOlderSessions of [false, true]) {
      const platform = createPlatform({
        clock: { nowMs: () => 0 },
        users: [{ username: USERNAME, password: PASSWORD }],
        seed: 1,
        logInEndsOlderSessions,
      });
      const first = platform.logIn(USERNAME, PASSWORD);
      platform.logIn(USERNAME, PASSWORD);
      expect(first.ok && platform.logOut(first.value).ok).toBe(!logInEndsOlderSessions);
    }
  });
});

describe('the truth for observers', () => {
  it('is the same for the same seed', () => {
    const play = (seed: number) => {
      const platform = createPlatform({
        clock: { nowMs: () => 0 },
        users: [{ username: USERNAME, password: PASSWORD }],
        seed,
      });
      const session = platform.logIn(USERNAME, PASSWORD);
      return session.ok ? platform.getNewPassword(session.value, PASSWORD) : session;
    };
    expect(play(5)).toEqual(play(5));
    expect(play(5)).not.toEqual(play(6));
  });

  it('lists the events in order, and holds no password', async () => {
    world = await startWorld();
    const session = await logIn(world);
    await logIn(world, 'wrong');
    await newPassword(world, session);
    world.platform.support.unlock(USERNAME);
    expect(world.platform.events.map(({ kind }) => kind)).toEqual([
      'logged-in',
      'refused',
      'password-made',
      'unlocked',
    ]);
    const { password } = world.platform.truth(USERNAME);
    expect(JSON.stringify(world.platform.events)).not.toContain(JSON.stringify(password).slice(1, -1));
  });
});
