import { describe, expect, test, vi } from 'vitest';
import {
  BearerRefusedError,
  SessionGoneError,
  saysBearerRefused,
  saysSessionGone,
  throwIfSessionGone,
} from '../../client/index.ts';
import { refusedByError } from '../../lambda/session/refused.ts';
import { CODES } from '../../local/thingspace/codes.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { renderAnswer, renderFault } from '../../local/thingspace/soap/answers.ts';
import { operationsOf } from '../../local/thingspace/soap/contract.ts';

/** One answer in the errors of HTTP libraries; test/client/libraries.test.ts asks more of them over HTTP. */
function answerOf(status: number, data: unknown) {
  const text = JSON.stringify(data);
  const error = (members: object) => Object.assign(new Error(`status ${status}`), members);
  return {
    axios: error({ code: 'ERR_BAD_REQUEST', status, response: { status, data } }),
    got: error({ code: 'ERR_NON_2XX_3XX_RESPONSE', response: { statusCode: status, body: text } }),
    undici: error({ code: 'UND_ERR_RESPONSE', statusCode: status, body: data }),
    superagent: error({ status, response: { status, body: {}, text } }),
    sdk: error({ statusCode: status, body: new ReadableStream(), result: data }),
    text,
    response: new Response(text, { status }),
  };
}

const FAULT = 'a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired';

test.each([
  [new SessionGoneError()],
  [{ code: 'REQUEST_FAILED.SessionToken.Format' }],
  [{ faultcode: FAULT }],
  [Object.assign(new Error('x'), { errorCode: 'INPUT_INVALID.SessionToken.Invalid' })],
  [{ root: { Envelope: { Body: { Fault: { faultcode: FAULT } } } } }],
  [answerOf(400, { errorCode: FAULT, errorMessage: 'x' }).axios],
  [answerOf(400, { errorCode: FAULT, errorMessage: 'x' }).got],
  [answerOf(400, { errorCode: FAULT, errorMessage: 'x' }).undici],
  [answerOf(400, { errorCode: FAULT, errorMessage: 'x' }).superagent],
  [answerOf(400, { errorCode: FAULT, errorMessage: 'x' }).sdk],
  [Object.assign(new Error('of another copy'), { name: 'SessionGoneError' })],
  [{ errorCode: FAULT, errorMessage: 'x' }],
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
  [answerOf(401, { errorCode: FAULT }).axios],
  [answerOf(401, { errorCode: FAULT }).got],
  [answerOf(400, [{ errorCode: FAULT }]).axios],
  [answerOf(400, { inner: { errorCode: FAULT } }).undici],
  [{ response: { data: Buffer.alloc(65_537, JSON.stringify({ errorCode: FAULT }).padEnd(65_537)) } }],
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

const NESTED = { fault: { code: '900901', message: 'Invalid Credentials', description: 'x' } };

test.each(['900901', '900902', '900903', '900904'])(
  'knows the refusal of a bearer in every library (%s)',
  async (code) => {
    for (const data of [{ fault: { code } }, { fault: { code: Number(code) } }, { code, message: 'x' }]) {
      const { axios, got, undici, text, response } = answerOf(401, data);
      for (const error of [axios, got, undici, data]) {
        expect(saysBearerRefused(error)).toBe(true);
        expect(saysSessionGone(error)).toBe(false);
      }
      expect(() => throwIfSessionGone(text)).toThrow(BearerRefusedError);
      expect(() => throwIfSessionGone(data)).toThrow(BearerRefusedError);
      await expect(throwIfSessionGone(response)).rejects.toThrow(BearerRefusedError);
    }
  },
);

test.each([
  ['another status', answerOf(403, NESTED).axios],
  ['another code', answerOf(401, { fault: { code: '900905' } }).axios],
  ['a status alone', answerOf(401, '').axios],
  ['a network error', { code: 'ECONNRESET' }],
  ['a code that is only a part of the text', answerOf(401, { message: '900901' }).got],
])('%s does not prove that the bearer was refused', (_what, error) => {
  expect(saysBearerRefused(error)).toBe(false);
});

test('finds the gateway’s refusal of a bearer in XML', () => {
  const fault = (namespace: string) =>
    `<am:fault xmlns:am="http://wso2.org/apimanager${namespace}"><am:code>900901</am:code><am:type>x</am:type></am:fault>`;
  expect(() => throwIfSessionGone(fault('/security'))).toThrow(BearerRefusedError);
  expect(throwIfSessionGone(fault(''))).toBe(fault(''));
});

test('finds a refusal in the text of JSON, however it is escaped, and returns other text unchanged', () => {
  expect(() =>
    throwIfSessionGone('{"\\u0065rrorCode":"UnifiedWebService.REQUEST_FAILED.SessionToken\\u002eExpired"}'),
  ).toThrow(SessionGoneError);
  for (const other of [
    '{"errorCode":"a.SessionToken.Expired","errorCode":"REQUEST_FAILED.UnexpectedError"}',
    '{"errorCode":"a.SessionToken.Expired"',
    '{"errorCode":"a.SessionToken.Expired"} {}',
    '["a.SessionToken.Expired"]',
    '{"devices":[{"errorCode":"a.SessionToken.Expired"}]}',
    `{"errorCode":"a.SessionToken.Expired","more":"${'x'.repeat(65_536)}"}`,
    '{}',
    '',
  ]) {
    expect(throwIfSessionGone(other)).toBe(other);
  }
});

test('leaves the body of a response unread for the app', async () => {
  const gone = answerOf(400, { errorCode: FAULT }).response;
  await expect(throwIfSessionGone(gone)).rejects.toThrow(SessionGoneError);
  expect(await gone.json()).toEqual({ errorCode: FAULT });
  const good = answerOf(200, { errorCode: FAULT }).response;
  expect(await throwIfSessionGone(good)).toBe(good);
  const other = answerOf(400, { errorCode: 'REQUEST_FAILED.UnexpectedError' }).response;
  expect(await (await throwIfSessionGone(other)).json()).toEqual({
    errorCode: 'REQUEST_FAILED.UnexpectedError',
  });
});

describe('an error with an answer of fetch', () => {
  const inError = (response: Response) => Object.assign(new Error('x'), { response });
  const gone = () => answerOf(400, { errorCode: FAULT }).response;

  test.each([
    ['session', gone],
    ['bearer', () => answerOf(401, NESTED).response],
    ['unclear', () => answerOf(401, { message: 'no' }).response],
    ['session', () => new Response(renderFault(seededRandom(2), CODES.sessionExpired), { status: 500 })],
    [undefined, () => answerOf(200, { errorCode: FAULT }).response],
    [undefined, () => answerOf(400, { errorCode: 'REQUEST_FAILED.UnexpectedError' }).response],
  ])('is read where nothing else has read the answer: %s', async (refused, response) => {
    expect(await refusedByError(inError(response()))).toBe(refused);
    expect(await refusedByError(response())).toBe(refused);
  });

  test('leaves the answer to the app', async () => {
    const error = inError(gone());
    await refusedByError(error);
    expect(await error.response.json()).toEqual({ errorCode: FAULT });
  });

  test('proves nothing when the app has read the answer, or it breaks off', async () => {
    const read = gone();
    await read.text();
    const clone = vi.spyOn(read, 'clone');
    expect(await refusedByError(inError(read))).toBeUndefined();
    expect(clone).not.toHaveBeenCalled();
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('broken off')) });
    expect(await refusedByError(inError(new Response(broken, { status: 400 })))).toBeUndefined();
    expect(await refusedByError(undefined)).toBeUndefined();
  });
});
