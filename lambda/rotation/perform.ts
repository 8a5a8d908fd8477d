import { readEvent } from './event.ts';
import type { Rotation } from './rotation.ts';
import { checkStaged, describe } from './secret.ts';
import { createSecret, finishSecret, recover, setSecret, testSecret } from './steps.ts';

/** Kept at the end of an invocation to say what became of it. */
const CLOSING_MS = 1_000;

/**
 * One invocation: checks the event, then does its step.
 * @param remainingMs how long the invocation may live
 * @throws a named error for everything that did not end well
 */
export async function perform(rotation: Rotation, input: unknown, remainingMs: number): Promise<void> {
  const startedAtMs = rotation.clock.nowMs();
  const deadlineMs = startedAtMs + remainingMs - CLOSING_MS;
  const event = readEvent(input);
  rotation.tell('Invoked', { step: event.step, secretId: event.secretId });
  const times = { startedAtMs, deadlineMs };

  if (event.step === 'recover') {
    const { arn } = await describe(rotation, event.secretId);
    return recover(rotation, { secretArn: arn, token: undefined, rotationToken: undefined, ...times });
  }
  const { token, rotationToken } = event;
  const { arn } =
    event.step === 'createSecret' || event.step === 'setSecret'
      ? await checkStaged(rotation, event, deadlineMs)
      : await describe(rotation, event.secretId);
  const step = { secretArn: arn, token, rotationToken, ...times };
  switch (event.step) {
    case 'createSecret':
      return createSecret(rotation, step);
    case 'setSecret':
      return setSecret(rotation, step);
    case 'testSecret':
      return testSecret(rotation, step);
    case 'finishSecret':
      return finishSecret(rotation, step);
  }
}
