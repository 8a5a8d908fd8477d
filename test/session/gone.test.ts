import { expect, test } from 'vitest';
import { SessionGoneError, saysSessionGone, throwIfSessionGone } from '../../client/index.ts';
import { CODES } from '../../local/thingspace/codes.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { renderAnswer, renderFault } from '../../local/thingspace/soap/answers.ts';
import { operationsOf } from '../../local/thingspace/soap/contract.ts';

const FAULT = 'a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired';

test.each([
  [new SessionGoneError()],
  [{ code: 'REQUEST_FAILED.SessionToken.Format' }],
  [{ faultcode: FAULT }],
  [Object.assign(new Error('x'), { errorCode: 'INPUT_INVALID.SessionToken.Invalid' })],
  [{ root: { Envelope: { Body: { Fault: { faultcode: FAULT } } } } }],
])('%o proves that the session is gone', (error) => {
  expect(saysSessionGone(error)).toBe(true);
});

test.each([
  [new Error('REQUEST_FAILED.SessionToken.Expired')],
  [{ code: 'ECONNRESET' }],
  [{ code: 'REQUEST_FAILED.UnexpectedError' }],
  [{ faultcode: 'SessionToken' }],
  [undefined],
  ['SessionToken.Expired'],
])('%o does not prove that the session is gone', (error) => {
  expect(saysSessionGone(error)).toBe(false);
});

test('finds a fault in the text of an answer in any spelling, and returns other text unchanged', () => {
  const random = seededRandom(1);
  const [logIn] = operationsOf('OldPassword');
  for (let round = 0; round < 100; round += 1) {
    for (const code of [CODES.sessionExpired, CODES.sessionFormat, CODES.sessionInvalid]) {
      expect(() => throwIfSessionGone(renderFault(random, code))).toThrow(SessionGoneError);
    }
    const other = renderFault(random, CODES.wrongCredentials, { echo: 'a.SessionToken.Expired' });
    expect(throwIfSessionGone(other)).toBe(other);
    if (!logIn) throw new Error('no operation');
    const answer = renderAnswer(random, logIn, 'SessionToken.Expired');
    expect(throwIfSessionGone(answer)).toBe(answer);
  }
  expect(throwIfSessionGone('<html>SessionToken.Expired')).toBe('<html>SessionToken.Expired');
});
