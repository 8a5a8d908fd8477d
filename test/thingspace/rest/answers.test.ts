import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNewPassword } from '../../../lambda/thingspace/read-new-password.ts';
import { readLogOut, readSessionToken } from '../../../lambda/thingspace/rest/answers.ts';

const answerOf = (body: string | Buffer, httpStatus: number | undefined = 200) => ({
  transport: 'rest' as const,
  httpStatus,
  body: Buffer.from(body),
});
const read = (body: string | Buffer, httpStatus?: number) => readNewPassword(answerOf(body, httpStatus));
const done = (value: string) => ({ outcome: 'done', value });
const unknown = (reason: string) => ({ outcome: 'unknown', cause: { reason } });

describe('a new password over REST', () => {
  test('is read exactly, whatever its characters and however they are escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => /[!-~]/.test(text)),
        fc.boolean(),
        (password, isEscaped) => {
          const escaped = [...Array(password.length).keys()]
            .map((at) => `\\u${password.charCodeAt(at).toString(16).padStart(4, '0')}`)
            .join('');
          const text = isEscaped ? `"${escaped}"` : JSON.stringify(password);
          expect(read(`{"more":[1],"newPassword":${text}}`)).toEqual(done(password));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is decoded once', () => {
    expect(read('{"newPassword":"\\\\u0041\\/\\"&amp;"}')).toEqual(done('\\u0041/"&amp;'));
  });

  test('is read behind one byte order mark and before line ends', () => {
    expect(read('\uFEFF{"newPassword":"pw"}\r\n')).toEqual(done('pw'));
    expect(read('\uFEFF\uFEFF{"newPassword":"pw"}')).toMatchObject(unknown('not-json'));
  });

  test('is read as soon as it arrived whole, and never in part', () => {
    const whole = '{"newPassword":"kL2\\u006dN4","more":{"a":[1,"x"]}}';
    const end = whole.indexOf('","more') + 1;
    for (let length = 0; length < whole.length; length += 1) {
      const reading = read(whole.slice(0, length));
      if (length < end) expect(reading).toMatchObject(unknown('broke-off'));
      else expect(reading).toEqual(done('kL2mN4'));
    }
  });

  test('is not read where more of the answer names it behind a gap', () => {
    const body = Buffer.from('{"newPassword":"a"}{"newPassword":"b"}');
    expect(readNewPassword({ ...answerOf(body), gapAt: 19 })).toMatchObject(unknown('behind-gap'));
    expect(readNewPassword({ ...answerOf('{"newPassword":"a"}rest'), gapAt: 19 })).toEqual(done('a'));
    const other = answerOf('{"newPassword":"a"}{"NewPassword":"b"}');
    expect(readNewPassword({ ...other, gapAt: 19 })).toMatchObject(unknown('behind-gap'));
  });

  test.each([
    ['{}', 'missing'],
    ['{"NewPassword":"a"}', 'missing'],
    ['{"x":{"newPassword":"a"}}', 'missing'],
    ['{"newPassword":null}', 'null'],
    ['{"newPassword":""}', 'empty'],
    ['{"newPassword":" \\u200b"}', 'white-space'],
    ['{"newPassword":12345678}', 'not-text'],
    ['{"newPassword":"\\ud83d"}', 'not-text'],
    ['{"newPassword":00123456}', 'not-json'],
    ['{"newPassword":"a","new\\u0050assword":"a"}', 'several'],
    ['{"newPassword":"a"}{}', 'trailing'],
    ['["newPassword"]', 'not-object'],
    ['"newPassword"', 'not-object'],
    ['', 'broke-off'],
    [' ', 'broke-off'],
    ['<html><body>newPassword</body></html>', 'html'],
    ['<newPassword>a</newPassword>', 'xml'],
    ['{"newPassword":"a","errorCode":"x"}', 'error-inside'],
    ['{"newPassword":"a","error":{}}', 'error-inside'],
    [`{"x":${'['.repeat(40)}`, 'too-deep'],
  ])('is not read from %s: %s', (body, reason) => {
    expect(read(body)).toMatchObject(unknown(reason));
  });

  test('is read beside members of an error that are null', () => {
    expect(read('{"newPassword":"a","errorCode":null,"errorMessage":null}')).toEqual(done('a'));
  });

  test.each([undefined, 0, 199, 201, 204, 206, 302, 307, 308, 600])(
    'is not read under HTTP status %s',
    (status) => {
      const answer = {
        transport: 'rest' as const,
        httpStatus: status,
        body: Buffer.from('{"newPassword":"a"}'),
      };
      expect(readNewPassword(answer)).toMatchObject(unknown('unexpected-status'));
    },
  );

  test('is unreadable in any bytes that are not such an answer, and no error quotes one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(200, 400, 401, 503), (bytes, status) => {
        const reading = read(
          Buffer.concat([Buffer.from('{"newPassword":Marker9'), Buffer.from(bytes)]),
          status,
        );
        expect(reading.outcome).toBe('unknown');
        if (reading.outcome === 'unknown') expect(reading.cause.message).not.toContain('Marker9');
      }),
    );
  });
});

test('an answer is read by the transport that wrote it', () => {
  const soap =
    '<Envelope><Body><GetNewPasswordResponse><Output><NewPassword>pw</NewPassword></Output></GetNewPasswordResponse></Body></Envelope>';
  const rest = '{"newPassword":"pw"}';
  expect(readNewPassword({ body: Buffer.from(soap), httpStatus: 200 })).toEqual(done('pw'));
  expect(readNewPassword(answerOf(rest))).toEqual(done('pw'));
  expect(readNewPassword({ body: Buffer.from(rest), httpStatus: 200 })).toMatchObject({ outcome: 'unknown' });
  expect(readNewPassword(answerOf(soap))).toMatchObject(unknown('xml'));
});

test('a session token is 1 to 256 visible ASCII characters', () => {
  const logIn = (token: string) => readSessionToken(answerOf(JSON.stringify({ sessionToken: token })), []);
  expect(logIn('x'.repeat(256))).toEqual(done('x'.repeat(256)));
  for (const token of ['x'.repeat(257), 'a b', 'a\n', 'é'])
    expect(logIn(token)).toMatchObject(unknown('bad-token'));
});

test('a log-out is done by any whole object that is not an error', () => {
  expect(readLogOut(answerOf('{"sessionToken":"x"}'), [])).toEqual({ outcome: 'done', value: undefined });
  expect(readLogOut(answerOf('{}'), [])).toEqual({ outcome: 'done', value: undefined });
  expect(readLogOut(answerOf('{'), [])).toMatchObject(unknown('broke-off'));
  expect(readLogOut(answerOf('{"errorCode":"x"}'), [])).toMatchObject(unknown('error-inside'));
});
