import { expect, test } from 'vitest';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import { errorOf, stopOf } from '../../lambda/session/stop.ts';
import { guardClosed } from '../../lambda/situations/log-ins.ts';
import { toDo } from '../../lambda/situations/steps.ts';

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
