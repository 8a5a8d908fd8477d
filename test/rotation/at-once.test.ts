import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashPassword } from '../../lambda/ledger/fingerprint.ts';
import type { Invocation } from '../../lambda/rotation/context.ts';
import { logOut } from '../../lambda/rotation/log-in.ts';
import { perform } from '../../lambda/rotation/steps.ts';
import type { DataKey } from '../../lambda/sealing/data-key.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, MINUTE_MS, secretValue, USERNAME, type World } from '../world/world.ts';

/** Work that a rotation does at once, and the behavior that this must not change. */
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  await new Promise(setImmediate);
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** A world in which one rotation has succeeded, and the next is staged. */
async function staged(): Promise<{ world: World; token: string; first: number }> {
  const world = createWorld();
  await world.rotate();
  const token = randomUUID();
  world.aws.stage(token);
  return { world, token, first: world.calls.length };
}

/** Calls as they began and ended. */
function watch(world: World): string[] {
  const phases: string[] = [];
  world.gate.around = (name, phase) => void phases.push(`${name} ${phase}`);
  return phases;
}

/** Holds back each call of a name until it is let go. */
function hold(world: World, name: string) {
  const reached = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  world.gate.before = async (called) => {
    if (called !== name) return;
    reached.resolve();
    await letGo.promise;
  };
  return { reached: reached.promise, letGo: () => letGo.resolve() };
}

/** Reports whether an invocation has ended when only the calls that are held back are still open. */
async function hasEnded(invocation: Promise<unknown>): Promise<boolean> {
  let ended = false;
  void invocation.then(() => {
    ended = true;
  });
  // The log-out's answer is all that is missing; a hash of scrypt takes some turns of its own.
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  return ended;
}

describe('the log-out of the exchange', () => {
  test('begins after the move of AWSCURRENT, beside the last write of the journal', async () => {
    const { world, token } = await staged();
    const phases = watch(world);
    await world.step('createSecret', token);
    const swapped = phases.indexOf('UpdateSecretVersionStage end');
    const after = phases.slice(swapped + 1);
    expect(phases.slice(0, swapped)).not.toContain('LogOut begin');
    expect(after.indexOf('LogOut begin')).toBeLessThan(after.indexOf('PutItem end'));
  });

  test('ends before the invocation does, because Lambda would freeze it', async () => {
    const { world, token } = await staged();
    const held = hold(world, 'LogOut');
    const step = world.step('createSecret', token);
    await held.reached;
    expect(await hasEnded(step)).toBe(false);
    expect(world.state().journal.state).toBe('committed');
    held.letGo();
    expect(await step).toEqual({ outcome: 'done' });
  });

  test.each(['failed-before', 'request-lost', 'response-lost'] as const)(
    'changes nothing when it fails (%s)',
    async (fate) => {
      const { world, token } = await staged();
      world.plan.decide = ({ name }) => (name === 'LogOut' ? fate : 'ok');
      expect(await world.rotate({ token, attempts: 1 })).toMatchObject({ rotated: true });
      expect(world.state()).toMatchObject({ inFlight: {}, failed: 0, journal: { state: 'idle' } });
      expect(world.currentPassword()).toBe(world.truth().password);
    },
  );

  test('is only logged when it throws', async () => {
    const world = createWorld();
    const api = { ...world.wireUp(startProcess()).api, logOut: () => Promise.reject(new Error('no socket')) };
    const log = (message: string) => void world.told.push(message);
    const invocation = { api, clock: world.clock, log, deadlineMs: MINUTE_MS } as unknown as Invocation;
    await expect(logOut(invocation, { token: 'session' })).resolves.toBeUndefined();
    expect(world.told).toEqual(['A session could not be logged out; it ends by itself']);
  });

  test('ends before the invocation does when the journal cannot be written', async () => {
    const { world, token, first } = await staged();
    world.plan.decide = ({ index, name }) => {
      const names = world.calls.slice(first).map((call) => call.name);
      const swapped = names.includes('UpdateSecretVersionStage') && index > first;
      return swapped && /^(PutItem|GetItem)$/.test(name) ? 'failed-before' : 'ok';
    };
    const ended = await world.step('createSecret', token);
    expect(ended).toMatchObject({ error: { name: 'LedgerUnavailableError' } });
    const loggedOut = world.platform.events.filter(({ kind }) => kind === 'logged-out');
    expect(loggedOut).toHaveLength(3);
    world.plan.decide = () => 'ok';
    expect((await world.rotate({ token })).rotated).toBe(true);
  });
});

describe('the log-out of a test', () => {
  test('runs beside the write that settles the log-in, and ends before the invocation does', async () => {
    const { world, token } = await staged();
    await world.step('createSecret', token);
    const phases = watch(world);
    const held = hold(world, 'LogOut');
    const step = world.step('testSecret', token);
    await held.reached;
    expect(phases.slice(phases.indexOf('LogIn end'))).not.toContain('PutItem end');
    expect(await hasEnded(step)).toBe(false);
    expect(world.state().inFlight).toEqual({});
    held.letGo();
    expect(await step).toEqual({ outcome: 'done' });
  });

  test('runs also when the log-in cannot be settled', async () => {
    const { world, token } = await staged();
    await world.step('createSecret', token);
    const before = world.platform.events.filter(({ kind }) => kind === 'logged-out').length;
    let loggedIn = false;
    world.plan.decide = ({ name }) => {
      loggedIn ||= name === 'LogIn';
      return loggedIn && /^(PutItem|GetItem)$/.test(name) ? 'failed-before' : 'ok';
    };
    const ended = await world.step('testSecret', token);
    expect(ended).toMatchObject({ error: { name: 'LedgerUnavailableError' } });
    expect(world.platform.events.filter(({ kind }) => kind === 'logged-out')).toHaveLength(before + 1);
  });
});

describe('the data key', () => {
  test('is made beside the reads, before the first request to ThingSpace', async () => {
    const { world, token } = await staged();
    const key = hold(world, 'GenerateDataKey');
    const step = world.step('createSecret', token);
    await key.reached;
    expect(await hasEnded(step)).toBe(false);
    const names = world.calls.map(({ name }) => name);
    expect(names.slice(names.lastIndexOf('GenerateDataKey'))).toEqual([
      'GenerateDataKey',
      'GetSecretValue',
      'GetItem',
    ]);
    key.letGo();
    expect(await step).toEqual({ outcome: 'done' });
  });

  test('is not needed by a step that finds its password stored', async () => {
    const { world, token } = await staged();
    await world.step('createSecret', token);
    world.plan.decide = ({ name }) => (name === 'GenerateDataKey' ? 'failed-before' : 'ok');
    expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  });

  test('does not hide the error that stopped recovery', async () => {
    const { world, token } = await staged();
    world.plan.decide = ({ name }) => (/^(GenerateDataKey|GetItem)$/.test(name) ? 'failed-before' : 'ok');
    const ended = await world.step('createSecret', token);
    expect(ended).toMatchObject({ error: { name: 'LedgerUnavailableError' } });
    expect(world.truth().logIns).toBe(2);
  });

  /** Runs createSecret with a data key of the test. */
  const withKey = ({ world, token }: { world: World; token: string }, key: Promise<DataKey>) => {
    const services = world.wireUp(startProcess());
    const sealer = { ...services.sealer, newKey: () => key };
    return perform({ ...services, sealer }, world.eventOf('createSecret', token), 15 * MINUTE_MS);
  };
  const made = () => ({ plaintext: Buffer.alloc(32, 7), wrapped: Buffer.alloc(8) });
  const wiped = Buffer.alloc(32);

  test('is wiped when the password is changed', async () => {
    const rotation = await staged();
    const key = made();
    await withKey(rotation, Promise.resolve(key));
    expect(key.plaintext).toEqual(wiped);
    expect(rotation.world.aws.stages.get('AWSCURRENT')).toBe(rotation.token);
  });

  test('is wiped also when it comes after the failure of the step, which ends no earlier', async () => {
    const rotation = await staged();
    rotation.world.plan.decide = ({ name }) => (name === 'GetItem' ? 'failed-before' : 'ok');
    const key = made();
    const { promise, resolve } = Promise.withResolvers<DataKey>();
    const failing = withKey(rotation, promise);
    const failed = expect(failing).rejects.toThrow('ledger');
    expect(await hasEnded(failed)).toBe(false);
    resolve(key);
    await failed;
    expect(key.plaintext).toEqual(wiped);
  });
});

test('settles the log-in and reserves the exchange by one write', async () => {
  const { world, token, first } = await staged();
  await world.step('createSecret', token);
  const names = world.calls.slice(first).map(({ name }) => name);
  const loggedIn = names.indexOf('LogIn');
  expect(names.slice(loggedIn, loggedIn + 3)).toEqual(['LogIn', 'PutItem', 'GetNewPassword']);
});

test('sends the new password to Secrets Manager before the journal is written', async () => {
  const { world, token } = await staged();
  const phases = watch(world);
  await world.step('createSecret', token);
  const answered = phases.slice(phases.indexOf('GetNewPassword end'));
  expect(answered.filter((phase) => /begin$/.test(phase) && !/^stdout/.test(phase)).slice(0, 2)).toEqual([
    'PutSecretValue begin',
    'PutItem begin',
  ]);
});

test('reserves no log-in before the journal says received, when an operator stores a password meanwhile', async () => {
  const { world, token, first } = await staged();
  const journal = Promise.withResolvers<void>();
  const theirs = 'stored by an operator';
  // Known to the process: a log-in that may begin does so within the turns that are waited.
  await hashPassword(USERNAME, theirs);
  const namesSince = () => world.calls.slice(first).map(({ name }) => name);
  let acted = false;
  world.gate.before = async (name) => {
    if (name === 'PutItem' && namesSince().includes('PutSecretValue')) await journal.promise;
    if (name !== 'UpdateSecretVersionStage' || acted) return;
    acted = true;
    world.aws.store(secretValue(theirs));
  };
  const step = world.step('createSecret', token);
  expect(await hasEnded(step)).toBe(false);
  expect(acted).toBe(true);
  expect(namesSince().filter((name) => name === 'LogIn')).toHaveLength(1);
  journal.resolve();
  expect(await step).toEqual({ outcome: 'done' });
  // The log-in proves the operator's password wrong, another one proves the new one, and nothing begins anew.
  expect(namesSince().filter((name) => name === 'LogIn')).toHaveLength(3);
  expect(namesSince()).not.toContain('Decrypt');
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.violations).toEqual([]);
});

test('logs out when the guard denies the exchange after a log-in', async () => {
  const { world, token } = await staged();
  // Between this log-in and its write another rotation reserves the exchange.
  const logIn = hold(world, 'LogIn');
  const refused = world.step('createSecret', token);
  await logIn.reached;
  const exchange = hold(world, 'GetNewPassword');
  const other = randomUUID();
  world.aws.stage(other);
  const winner = world.step('createSecret', other);
  await exchange.reached;
  logIn.letGo();
  // It waits for the winner, and finds that the later rotation has taken its place.
  while (world.platform.events.every(({ kind }) => kind !== 'logged-out')) await new Promise(setImmediate);
  exchange.letGo();
  expect(await winner).toEqual({ outcome: 'done' });
  expect(await refused).toMatchObject({ error: { name: 'TokenNotStagedError' } });
  const count = (wanted: string) => world.platform.events.filter(({ kind }) => kind === wanted).length;
  expect(count('logged-out')).toBe(count('logged-in'));
  expect(world.truth().failures).toBe(0);
  expect(world.violations).toEqual([]);
});
