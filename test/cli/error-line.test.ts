import { expect, test } from 'vitest';
import { errorIn } from '../../cli/error-line.ts';
import { explanationOf } from '../../cli/explain.ts';
import { inLines } from '../../cli/failure.ts';
import { sharedUsernameError } from '../../lambda/ledger/reserve.ts';
import { newState } from '../../lambda/ledger/state.ts';
import { secretIdIn } from '../../lambda/rotation/context.ts';

const OURS = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:thingspace/fleet-AbCdEf';
const THEIRS = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:thingspace/meter-AbCdEf';
const error = { errorName: 'SecretStoreError', message: 'It could not be stored.' };
const line = (facts: object) => `2026-01-05T03:10:00Z ERROR ${JSON.stringify({ ...error, ...facts })}`;

test.each([
  ['of this secret', { secretId: OURS }],
  ['of a secret that a person named by its name', { secretId: 'thingspace/fleet' }],
  ['of a version that names no secret', {}],
])('shows an error %s', (_whose, facts) => {
  expect(errorIn(line(facts), OURS)).toEqual([error]);
});

test('does not show an error of another credential', () => {
  expect(errorIn(line({ secretId: THEIRS }), OURS)).toEqual([]);
});

test('finds no error in a line that reports none', () => {
  expect(errorIn('START RequestId: 1', OURS)).toEqual([]);
  expect(errorIn('{"message":"Invoked"}', OURS)).toEqual([]);
});

test('names the secret of the event in the function’s line when it can be read', () => {
  expect(secretIdIn({ Recover: OURS })).toBe(OURS);
  expect(secretIdIn({ Step: 'createSecret', SecretId: OURS, ClientRequestToken: 'token' })).toBe(OURS);
  expect(secretIdIn({ SecretId: OURS })).toBeUndefined();
});

test('prints the steps of an error one a line, and explain knows the whole text', () => {
  const text = inLines(sharedUsernameError({ ...newState('fleet'), secretArn: THEIRS }, OURS));
  const [first, title, ...steps] = text.split('\n');
  expect(first).toMatch(
    /^Error: The username fleet is rotated .* not sent to ThingSpace\. \[SharedUsernameError\]$/,
  );
  expect(title).toBe('To do:');
  expect(steps).toEqual([
    '1. Turn rotation off for one of them. If the other is gone: Let this secret rotate the username from ' +
      'now on.',
    `     npm run cli -- adopt --secret '${OURS}'`,
  ]);
  expect(explanationOf(text)?.about).toBe('shared-username');
  expect(inLines(new Error('MARKER'))).toMatch(/^Error: An unexpected Error .*\[UnexpectedError\]$/);
});
