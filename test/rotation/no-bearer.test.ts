import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { perform } from '../../lambda/rotation/steps.ts';
import type { LogInCredential, MaybeApiKey, ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import {
  NotSentError,
  TooLateToSendError,
  UnsendableValueError,
} from '../../lambda/thingspace/call-errors.ts';
import { BearerError } from '../../lambda/thingspace/rest/bearer-error.ts';
import { oddAnswer } from '../../local/thingspace/rest/odd-answers.ts';
import { startProcess } from '../world/fate.ts';
import { announced } from '../world/judge.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, SECRET_ARN, USERNAME } from '../world/world.ts';

/** `createSecret` in memory, whose calls to ThingSpace are changed by `change`. */
function createSecretWith(change: (api: ThingSpaceApi) => Partial<ThingSpaceApi>) {
  const world = createWorld();
  const services = world.wireUp(startProcess());
  const api = { ...services.api, ...change(services.api) };
  const token = randomUUID();
  world.aws.stage(token);
  const run = () => perform({ ...services, api }, world.eventOf('createSecret', token), 15 * MINUTE_MS);
  return { world, run };
}

test('reserves no log-in of a rotation when there is no bearer, and says so', async () => {
  const { world, run } = createSecretWith(() => ({
    prepare: async () => ({ outcome: 'never-sent', cause: new BearerError('no-key') }),
  }));
  const failure = await run().catch((error: Error) => error);
  expect(failure).toMatchObject({
    name: 'NoBearerError',
    message: expect.stringMatching(/^There is no bearer for a log-in of .* "apiKey" and "apiSecret"/),
  });
  expect(String(failure)).not.toContain('cannot be reached');
  expect(world.truth()).toMatchObject({ logIns: 0, getNewPasswords: 0 });
  expect(world.state()).toMatchObject({ inFlight: {}, failed: 0, journal: { state: 'idle' } });
});

test('takes key and secret from the version whose password it presents', async () => {
  const seen: (MaybeApiKey | LogInCredential)[] = [];
  const { world, run } = createSecretWith(({ logIn }) => ({
    prepare: async (key) => {
      seen.push(key);
      return { outcome: 'done' };
    },
    logIn: (credential, limits) => {
      seen.push(credential);
      return logIn(credential, limits);
    },
  }));
  const stored = { username: USERNAME, password: FIRST_PASSWORD, apiKey: 'k', apiSecret: 's' };
  world.aws.store(JSON.stringify(stored));
  await run();
  const versionId = expect.any(String);
  const storedAt = expect.any(Number);
  expect(seen).toEqual([
    { ...stored, secretArn: SECRET_ARN, versionId, storedAt },
    { ...stored, secretArn: SECRET_ARN, versionId, storedAt },
  ]);
});

test('tries a stored password with the key that an operator has stored since', async () => {
  const world = createWorld({ transport: 'rest' });
  let isAnswered = false;
  world.plan.decide = ({ name }) => {
    isAnswered ||= name === 'PutSecretValue';
    return isAnswered && name !== 'PutSecretValue' ? 'killed-before' : 'ok';
  };
  await world.rotate({ attempts: 1 });
  expect(world.state().journal.state).toBe('exchanging');
  const stored = JSON.parse(world.aws.currentValue() ?? '{}');
  const replaced = { apiKey: 'made-in-the-portal', apiSecret: 'made-with-it' };
  world.rest.bearers.setActive(stored.apiKey, false);
  world.rest.bearers.add({ ...replaced, username: USERNAME });
  world.aws.store(JSON.stringify({ ...stored, ...replaced }));
  world.advance(25 * MINUTE_MS);
  // The log cannot be searched, so the version of the rotation is the only copy that is looked at.
  world.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(JSON.parse(world.aws.currentValue() ?? '{}')).toMatchObject(replaced);
  expect(world.violations).toEqual([]);
});

test.each(['B 900908 under 403', 'B 900800 under 429', 'B 303001 under 503'])(
  'counts a log-in that the gateway answers with %s, and goes on when it ends',
  async (name) => {
    const world = createWorld({ transport: 'rest' });
    world.restLink.odd = { operation: 'LogIn', when: 'before', answer: oddAnswer(name) };
    const { failures } = await world.rotate({ attempts: 1 });
    expect(failures[0]).toMatchObject({
      error: { name: 'LogInUnknownError', message: expect.stringContaining(`Gateway.${name.split(' ')[1]}`) },
    });
    world.advance(31 * MINUTE_MS);
    expect(await world.trial()).toBe('refused');
    expect(Object.keys(world.state().refused)).toEqual([]);
    world.restLink.odd = undefined;
    world.advance(60 * MINUTE_MS);
    // No password is barred for what the gateway said.
    expect(await world.trial()).toBe('done');
    expect((await world.rotate()).rotated).toBe(true);
    expect(announced(world)).not.toContain('password-lost');
    expect(world.violations).toEqual([]);
  },
);

test('advises doctor, not the contract of SOAP, when ThingSpace cannot read a log-in over REST', async () => {
  const world = createWorld({ transport: 'rest' });
  world.restLink.odd = {
    operation: 'LogIn',
    when: 'before',
    answer: oddAnswer('A DeserializationFailed under 400'),
  };
  const { failures } = await world.rotate({ attempts: 1 });
  expect(failures[0]).toMatchObject({
    error: {
      name: 'RequestNotReadError',
      message: expect.stringMatching(/^(?!.*cli -- contract).*cli -- doctor/),
    },
  });
});

test.each([
  [new TooLateToSendError(), /^A log-in of .* was not sent, .* held up before its first byte/],
  [new UnsendableValueError('UTF-8'), /^A log-in of .* was not sent, .* correct the value in the secret/],
  [new NotSentError('Failed while connecting to a.example'), /^ThingSpace cannot be reached: /],
])('says that ThingSpace cannot be reached only where that is so (%s)', async (cause, words) => {
  const { run } = createSecretWith(() => ({ logIn: async () => ({ outcome: 'never-sent', cause }) }));
  await expect(run()).rejects.toMatchObject({
    name: 'ThingSpaceUnreachableError',
    message: expect.stringMatching(words),
  });
});
