import { afterEach, describe, expect, it } from 'vitest';
import * as soap from '../soap/raw-soap.ts';
import {
  bearerOf,
  codeOf,
  logIn,
  logInRequest,
  logOutRequest,
  PASSWORD,
  reset,
  resetRequest,
  send,
  startWorld,
  USERNAME,
  type World,
} from './raw-rest.ts';

let world: World;
afterEach(() => world?.close());

const WRONG = 'refused INPUT_INVALID.Password.Invalid';
const INVALID = 'INPUT_INVALID.SessionToken.Invalid';

describe('an account over both APIs', () => {
  it('has one count of failures and one lock', async () => {
    world = await startWorld();
    for (let failure = 1; failure <= 2; failure++) {
      expect(await logIn(world, 'wrong')).toBe(WRONG);
      expect(await soap.logIn(world, 'wrong')).toBe(WRONG);
    }
    expect(world.platform.truth(USERNAME)).toMatchObject({ consecutiveFailures: 4, locked: false });
    expect(await logIn(world, 'wrong')).toBe(WRONG);
    expect(await soap.logIn(world)).toBe('refused REQUEST_FAILED.Account.Locked');
    expect(await logIn(world)).toBe('refused REQUEST_FAILED.Account.Locked');
  });

  it('counts a wrong current password, and a log-in over either ends the run', async () => {
    world = await startWorld();
    const session = await logIn(world);
    expect(await reset(world, session, 'wrong')).toBe(WRONG);
    expect(world.platform.truth(USERNAME)).toMatchObject({ consecutiveFailures: 1, getNewPasswords: 1 });
    await soap.logIn(world);
    expect(world.platform.truth(USERNAME).consecutiveFailures).toBe(0);
  });

  it('has one password: made over one API, it is that of the other', async () => {
    world = await startWorld();
    const made = await reset(world, await logIn(world));
    expect(await soap.logIn(world)).toBe(WRONG);
    expect(await soap.newPassword(world, await soap.logIn(world, made), made)).toBe(
      world.platform.truth(USERNAME).password,
    );
  });

  it('has sessions of either API that the other rejects, unless they cross', async () => {
    world = await startWorld();
    expect(await reset(world, await soap.logIn(world))).toBe(`refused ${INVALID}`);
    expect(await soap.newPassword(world, await logIn(world))).toBe(`refused ${INVALID}`);
    expect(world.platform.truth(USERNAME).getNewPasswords).toBe(0);
    await world.close();
    world = await startWorld({}, { sessionsCrossTransports: true });
    const made = await reset(world, await soap.logIn(world));
    expect(await soap.newPassword(world, await logIn(world, made), made)).not.toMatch(/^refused/);
  });

  it('has sessions that a new password or a later log-in over either API may end', async () => {
    world = await startWorld({}, { newPasswordEndsSessions: true, logInEndsOlderSessions: true });
    const older = await logIn(world);
    const session = await soap.logIn(world);
    expect(await reset(world, older)).toBe(`refused ${INVALID}`);
    const last = await logIn(world);
    expect(await soap.newPassword(world, session)).toBe(`refused ${INVALID}`);
    await reset(world, last);
    expect(codeOf(await send(world, logOutRequest(await bearerOf(world), last)))).toBe(INVALID);
  });
});

describe('an application key', () => {
  const other = { apiKey: 'other-key', apiSecret: 'other-secret' };

  it('does not know the sessions of another key', async () => {
    world = await startWorld();
    world.rest.bearers.add(other);
    const session = await logIn(world);
    const answer = await send(world, resetRequest(await bearerOf(world, other), session));
    expect(codeOf(answer)).toBe(INVALID);
  });

  it('logs nobody in for another username than its own, which counts', async () => {
    world = await startWorld();
    world.rest.bearers.add({ ...other, username: 'Somebody' });
    const answer = await send(world, logInRequest(await bearerOf(world, other)));
    expect(codeOf(answer)).toBe('REQUEST_FAILED.Account.NotAuthorized');
    expect(world.platform.truth(USERNAME)).toMatchObject({ consecutiveFailures: 1 });
  });

  it('is invented for each username, with a secret that careless code breaks', async () => {
    const users = [USERNAME, 'Yard'].map((username) => ({ username, password: PASSWORD }));
    world = await startWorld({}, { users });
    expect(world.rest.applications.map(({ username }) => username)).toEqual([USERNAME, 'Yard']);
    for (const application of world.rest.applications) {
      expect(application.apiSecret).toMatch(/:.*[+].*[/].*%.*&/);
      expect(await bearerOf(world, application)).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe('a new password', () => {
  it('arrives exactly as it was made, for two hundred awkward ones in any spelling of JSON', async () => {
    world = await startWorld({}, { seed: 7 });
    const bearer = await bearerOf(world);
    let current = PASSWORD;
    const texts: string[] = [];
    for (let round = 0; round < 200; round++) {
      const session = await logIn(world, current);
      const answer = await send(world, resetRequest(bearer, session, current));
      texts.push(answer.text);
      current = JSON.parse(answer.text).newPassword;
      expect(current).toBe(world.platform.truth(USERNAME).password);
    }
    expect(world.platform.truth(USERNAME)).toMatchObject({ getNewPasswords: 200, failures: 0 });
    for (const spelling of [
      /\\u[0-9a-f]{4}/,
      /\\u[0-9A-F]{4}/,
      /\\\//,
      /\\"/,
      /" : "/,
      /\r\n/,
      /😀/u,
      /\\ud83d\\ude00/i,
    ])
      expect(
        texts.some((text) => spelling.test(text)),
        String(spelling),
      ).toBe(true);
  });
});
