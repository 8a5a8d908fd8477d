import { fileURLToPath } from 'node:url';
import { CancelRotateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConductorEvent, createConductor } from '../../local/conductor.ts';
import { startWorld, type World } from '../../local/world.ts';

const handlerFile = fileURLToPath(new URL('./fixture-handler.mjs', import.meta.url));
const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:f';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

let world: World;
afterEach(() => world?.close());

async function startWith(env: Record<string, string> = {}) {
  world = await startWorld({ handlerFile, env });
  const events: ConductorEvent[] = [];
  world.conductor.subscribe((event) => void events.push(event));
  const steps = () => events.flatMap((event) => (event.kind === 'step-end' ? [event.step] : []));
  return { events, steps };
}

const pending = () =>
  world.aws.secretsManager.versions(world.secretArn).find(({ stages }) => stages.includes('AWSPENDING'))?.id;

/** As the AWS CLI does it. */
const rotateByHand = (RotateImmediately = true) =>
  world.secretsManagerClient.send(
    new RotateSecretCommand({
      SecretId: world.secretArn,
      RotationLambdaARN: functionArn,
      RotateImmediately,
    }),
  );

describe('the conductor', () => {
  it('runs the four steps in order with the token that RotateSecret staged', async () => {
    const { events, steps } = await startWith();
    const outcome = await world.conductor.rotate(world.secretArn);
    expect(outcome).toEqual({ secretArn: world.secretArn, token: pending(), succeeded: true, attempts: 1 });
    expect(steps()).toEqual(STEPS);
    expect(events.at(0)?.kind).toBe('RotationStarted');
    expect(events.at(-1)?.kind).toBe('RotationSucceeded');
    const logged = world.aws.logs.lines(world.logGroupName).map((line) => JSON.parse(line));
    expect(logged.map(({ step }) => step)).toEqual(STEPS);
    expect(new Set(logged.map(({ does }) => does))).toEqual(new Set([outcome.token]));
  });

  it('begins the whole process again after a failed step, with the same token, and gives up', async () => {
    const { events, steps } = await startWith({ FAIL_STEP: 'testSecret' });
    const before = world.clock.nowMs();
    const outcome = await world.conductor.rotate(world.secretArn, { attempts: 3, backoffMs: 600_000 });
    expect(outcome).toMatchObject({
      succeeded: false,
      attempts: 3,
      error: { errorMessage: 'testSecret fails' },
    });
    expect(steps()).toEqual([1, 2, 3].flatMap(() => STEPS.slice(0, 3)));
    expect(events.at(-1)).toMatchObject({ kind: 'RotationFailed', token: outcome.token });
    expect(events.filter(({ kind }) => kind === 'time-passes')).toHaveLength(2);
    expect(world.clock.nowMs() - before).toBeGreaterThanOrEqual(1_200_000);
  });

  it('attempts an unfinished rotation again, with its token, instead of beginning another', async () => {
    await startWith({ FAIL_STEP: 'createSecret' });
    const first = await world.conductor.rotate(world.secretArn, { attempts: 1 });
    const second = await world.conductor.rotate(world.secretArn, { attempts: 1 });
    expect(second.token).toBe(first.token);
  });

  it('attempts an unfinished rotation again for a caller whose RotateSecret is refused', async () => {
    const { events } = await startWith({ FAIL_STEP: 'createSecret' });
    const { token } = await world.conductor.rotate(world.secretArn, { attempts: 1 });
    events.length = 0;
    const again = Promise.withResolvers<void>();
    world.conductor.subscribe(({ kind }) => kind === 'RotationFailed' && again.resolve());
    await expect(rotateByHand()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await again.promise;
    expect(events.at(0)).toMatchObject({ kind: 'RotationStarted', token });
    expect(pending()).toBe(token);
  });

  it('returns the reason of a refused RotateSecret when no rotation is attempted again', async () => {
    await startWith();
    world.aws.secretsManager.canInvoke = () => false;
    await expect(world.conductor.rotate(world.secretArn)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('ends a rotation that is cancelled, before its next step', async () => {
    await startWith();
    const { clock, secretsManagerClient: client, secretArn } = world;
    const steps: unknown[] = [];
    const conductor = createConductor({
      clock,
      client,
      secretsManager: world.aws.secretsManager,
      functionArn,
      invoke: async (event) => {
        steps.push(event);
        await client.send(new CancelRotateSecretCommand({ SecretId: secretArn }));
        return { ok: true, value: null };
      },
    });
    const outcome = await conductor.rotate(secretArn);
    expect(outcome).toMatchObject({
      succeeded: false,
      attempts: 1,
      error: { errorType: 'RotationCancelled' },
    });
    expect(steps).toHaveLength(1);
    expect(pending()).toBe(outcome.token);
  });

  it('sends the recover event after world time has passed', async () => {
    const { events } = await startWith();
    const result = await world.conductor.recover(world.secretArn);
    expect(result).toEqual({ ok: true, value: null });
    expect(events.at(0)).toMatchObject({ kind: 'time-passes', ms: 25 * 60_000 });
    const logged = JSON.parse(world.aws.logs.lines(world.logGroupName)[0] ?? '');
    expect(logged).toMatchObject({ recover: world.secretArn, step: null });
  });

  it('rotates for a caller of RotateSecret, and only tests the function on request', async () => {
    const { events, steps } = await startWith();
    const over = Promise.withResolvers<void>();
    world.conductor.subscribe(({ kind }) => kind === 'RotationSucceeded' && over.resolve());
    const tested = Promise.withResolvers<void>();
    world.conductor.subscribe(({ kind }) => kind === 'step-end' && tested.resolve());
    await rotateByHand(false);
    await tested.promise;
    expect(steps()).toEqual(['testSecret']);
    events.length = 0;
    await rotateByHand();
    await over.promise;
    expect(steps()).toEqual(STEPS);
  });
});
