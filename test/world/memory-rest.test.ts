import { describe, expect, test } from 'vitest';
import { oddAnswer } from '../../local/thingspace/rest/odd-answers.ts';
import { startProcess } from './fate.ts';
import { createWorld, FIRST_PASSWORD, USERNAME } from './world.ts';

const limits = { timeoutMs: 30_000 };

function start() {
  const world = createWorld({ transport: 'rest' });
  const { apiKey, apiSecret } = JSON.parse(world.aws.currentValue() ?? '{}');
  const { api } = world.wireUp(startProcess());
  const logIn = (password = FIRST_PASSWORD) =>
    api.logIn({ username: USERNAME, password, apiKey, apiSecret }, limits);
  /** Logs in and resets; returns the outcome of the reset as it is read. */
  async function reset() {
    const session = await logIn();
    const token = session.outcome === 'done' ? session.value : '';
    const answer = await api.getNewPassword({ token, apiKey, apiSecret }, FIRST_PASSWORD, limits);
    return answer.outcome === 'answered' ? api.readNewPassword(answer) : answer;
  }
  return { world, api, logIn, reset, names: () => world.calls.map(({ name }) => name) };
}

describe('a world over REST', () => {
  test('lets the product’s client fetch one bearer, log in, and reset', async () => {
    const { world, reset, names } = start();
    expect(await reset()).toEqual({ outcome: 'done', value: world.truth().password });
    expect(names()).toEqual(['GetBearer', 'LogIn', 'GetNewPassword']);
    expect(world.truth()).toMatchObject({ logIns: 1, getNewPasswords: 1, failures: 0 });
    expect(world.answersReceived()).toBe(1);
  });

  test('lets an operator try the stored password, with the key of the same version', async () => {
    const { world } = start();
    expect(await world.trial()).toBe('done');
    expect(world.violations).toEqual([]);
  });

  test('plays a gateway that repeats: the refusal of the second reset arrives', async () => {
    const { world, reset } = start();
    world.restLink.repeated = 'GetNewPassword';
    expect(await reset()).toEqual({ outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' });
    expect(world.truth()).toMatchObject({ getNewPasswords: 2, consecutiveFailures: 1 });
    expect(world.truth().password).not.toBe(FIRST_PASSWORD);
  });

  test('plays a bearer that another program revokes: the client fetches another one', async () => {
    const { world, logIn, names } = start();
    await logIn();
    world.rest.bearers.revoke(world.rest.applications[0]?.apiKey ?? '');
    expect(await logIn()).toMatchObject({ outcome: 'done' });
    expect(names()).toEqual(['GetBearer', 'LogIn', 'LogIn', 'GetBearer', 'LogIn']);
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
  });

  test('plays an odd answer before the effect or after it', async () => {
    const { world, logIn, reset } = start();
    const answer = oddAnswer('no member');
    world.restLink.odd = { operation: 'LogIn', when: 'before', answer };
    expect(await logIn()).toMatchObject({ outcome: 'unknown' });
    expect(world.truth().logIns).toBe(0);
    world.restLink.odd = { operation: 'GetNewPassword', when: 'after', answer };
    expect(await reset()).toMatchObject({ outcome: 'unknown' });
    expect(world.truth().password).not.toBe(FIRST_PASSWORD);
  });

  test('lets the plan decide the fate of each call, the token request among them', async () => {
    const { world, api, names } = start();
    const key = JSON.parse(world.aws.currentValue() ?? '{}');
    world.plan.decide = ({ name }) => (name === 'GetBearer' ? 'response-lost' : 'ok');
    expect(await api.prepare(key, limits)).toMatchObject({ outcome: 'never-sent' });
    expect(new Set(names())).toEqual(new Set(['GetBearer']));
  });
});
