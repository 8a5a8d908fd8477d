import { expect, test } from 'vitest';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import type { SecretStore } from '../../lambda/secret/secrets-manager.ts';
import { type Guard, logIn } from '../../lambda/session/log-in.ts';
import { errorOf, stopOf } from '../../lambda/session/stop.ts';
import { guardClosed } from '../../lambda/situations/log-ins.ts';
import { toDo } from '../../lambda/situations/steps.ts';
import type { Outcome } from '../../lambda/thingspace/api.ts';
import { virtualClock } from './virtual-clock.ts';

/** A secret whose version on AWSCURRENT changes with each look at it, and a guard that remembers nothing. */
function setUp(versions: string[], answer: Outcome<string>) {
  const clock = virtualClock(0);
  const presented: string[] = [];
  let looks = 0;
  const store: Pick<SecretStore, 'describe' | 'read'> = {
    describe: async () => {
      const current = versions[Math.min(looks, versions.length - 1)] as string;
      looks += 1;
      return {
        arn: 'arn',
        rotationEnabled: true,
        kmsKeyId: undefined,
        stages: new Map([[current, ['AWSCURRENT']]]),
      };
    },
    read: async (_secretId, versionId) => ({
      versionId,
      value: JSON.stringify({ username: 'Fleet', password: `of ${versionId}` }),
      createdAt: 0,
    }),
  };
  const guard: Guard = {
    logIn: async ({ versionId }) => {
      presented.push(versionId);
      return answer;
    },
  };
  return { run: () => logIn({ store, secretId: 'arn', clock, guard }, 60_000), presented };
}

const REFUSED: Outcome<string> = { outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' };

test('tries a refused version once, however long the secret holds it', async () => {
  const { run, presented } = setUp(['v1'], REFUSED);
  expect(await run()).toMatchObject({ stop: { why: 'refused', versionId: 'v1' } });
  expect(presented).toEqual(['v1']);
});

test('tries another version that becomes visible a little later, and no third one', async () => {
  const { run, presented } = setUp(['v1', 'v1', 'v1', 'v2', 'v2', 'v3', 'v4'], REFUSED);
  await run();
  expect(presented).toEqual(['v1', 'v2']);
});

test.each([
  [{ outcome: 'unknown', cause: new Error('cut off') } as const],
  [{ outcome: 'never-sent', cause: new Error('no address') } as const],
  [{ outcome: 'refused', code: 'DeserializationFailed' } as const],
])('makes no further attempt after %o, which is not a refusal of the password', async (answer) => {
  const { run, presented } = setUp(['v1', 'v2'], answer);
  expect(await run()).toMatchObject({ stop: { why: 'unavailable' } });
  expect(presented).toHaveLength(1);
});

const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/fleet-AbC123';

test('tells an app what happened, and leaves the steps to an operator', () => {
  const steps = toDo(guardClosed.todo, { secretArn });
  const refusal = new BudgetSpentError('3 of 5 log-ins are used.', undefined, { toDo: steps });
  const { message } = errorOf(stopOf(refusal, 'version'));
  expect(message).toBe(
    '3 of 5 log-ins are used. The request was not sent to ThingSpace. The steps are for an operator: `status` has them.',
  );
});

test('keeps a message without steps as it is', () => {
  const refusal = new BudgetSpentError('Log-ins are under way.', 1);
  expect(stopOf(refusal, 'version').message).toBe(refusal.message);
});
