import { describe, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { presentable } from '../../lambda/errors.ts';
import { LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../../lambda/session/errors.ts';
import {
  answerToFailure,
  answerToGone,
  answerWithError,
  answerWithSession,
  MAX_GONE_BYTES,
  readGone,
} from '../../lambda/session/session-document.ts';

const NOW = Date.UTC(2026, 10, 30, 2, 59);
const SECRET = 'Planted-Secret-7';

const bodyOf = ({ body }: { body: string }) => JSON.parse(body);

describe('the document of a session', () => {
  const place = { credential: 'fleet', transport: 'rest', baseUrl: 'https://thingspace.example' } as const;
  const headers = { Authorization: 'Bearer b', 'VZ-M2M-Token': 't' };

  test('has the place, the token, the headers, and the time at which to ask again', () => {
    const answer = answerWithSession(place, { generation: 7, token: 't', headers, usableMs: 60_000 }, NOW);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(bodyOf(answer)).toEqual({
      ...place,
      generation: 7,
      token: 't',
      headers,
      usableUntil: '2026-11-30T03:00:00.000Z',
      usableSeconds: 60,
    });
  });

  test('never says more seconds than are left', () => {
    const answer = answerWithSession(place, { generation: 7, token: 't', headers, usableMs: 1_999 }, NOW);
    expect(bodyOf(answer)).toMatchObject({ usableUntil: '2026-11-30T02:59:01.999Z', usableSeconds: 1 });
  });

  test('has no body for a session that is gone', () => {
    expect(answerToGone()).toEqual({
      statusCode: 204,
      headers: { 'cache-control': 'no-store' },
      body: '',
    });
  });
});

describe('the answer to a failure', () => {
  const denied = new AwsCallError('kms:Decrypt', { name: 'AccessDeniedException', message: 'no' });
  const away = new AwsCallError('kms:Decrypt', { name: 'TimeoutError', message: 'late' });

  test.each([
    [new LogInWaitsError('wait', NOW + 1_500), '2'],
    [new LogInWaitsError('wait', NOW + 20 * 60_000), '30'],
    [new LogInWaitsError('wait', NOW - 1), '1'],
    [new LogInWaitsError('wait'), '5'],
    [new ThingSpaceUnavailableError('away'), '5'],
    [new LedgerUnavailableError('away', { cause: away }), '5'],
    [away, '5'],
  ])('is 503 with Retry-After where it passes by itself: %s', (failure, retryAfter) => {
    const answer = answerToFailure(failure, NOW);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'retry-after': retryAfter,
    });
    expect(bodyOf(answer).error.code).toBe(failure.name);
  });

  test.each([
    new LogInRefusedError('store a working one', NOW + 60_000),
    new LogInStoppedError('act'),
    new SessionSetupError('set up'),
    denied,
    new LedgerUnavailableError('away', { cause: denied }),
  ])('is 409 without Retry-After where a person must act: %s', (failure) => {
    const answer = answerToFailure(failure, NOW);
    expect(answer.statusCode).toBe(409);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(bodyOf(answer).error.message).toContain(failure.message);
  });

  test('has the latest time at which trying again helps', () => {
    const answer = answerToFailure(new LogInWaitsError('wait', NOW + 60_000), NOW);
    expect(bodyOf(answer)).toEqual({
      error: { code: 'LogInWaitsError', message: 'wait', retryAt: '2026-11-30T03:00:00.000Z' },
    });
  });

  test('names the call to AWS that keeps the ledger away', () => {
    const answer = answerToFailure(new LedgerUnavailableError('It is away.', { cause: denied }), NOW);
    expect(bodyOf(answer).error.message).toBe(
      'It is away. (kms:Decrypt failed with AccessDeniedException: no)',
    );
  });

  test.each([new TypeError(SECRET), SECRET, presentable(new TypeError(SECRET))])(
    'is 500 with only the kind of an unforeseen error',
    (failure) => {
      const answer = answerToFailure(failure, NOW);
      expect(answer.statusCode).toBe(500);
      expect(bodyOf(answer).error).toMatchObject({ code: 'UnexpectedError' });
      expect(answer.body).not.toContain(SECRET);
    },
  );

  test('is what a door says where the door itself refuses', () => {
    const answer = answerWithError(429, { code: 'Throttled', message: 'slowly', retryAfterSeconds: 7 });
    expect(answer).toEqual({
      statusCode: 429,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'retry-after': '7' },
      body: '{"error":{"code":"Throttled","message":"slowly"}}',
    });
  });
});

describe('the body of a report that a session is gone', () => {
  test('names the session, and what was refused', () => {
    expect(readGone('{"generation": 7}')).toEqual({ generation: 7, refused: 'session' });
    expect(readGone('{"generation": 7, "refused": "bearer"}')).toEqual({ generation: 7, refused: 'bearer' });
    expect(readGone('{"generation": 7, "refused": "session", "more": 1}').refused).toBe('session');
  });

  test.each([
    '',
    '7',
    'null',
    '[7]',
    '{"generation": "7"}',
    '{"generation": 0}',
    '{"generation": 1.5}',
    '{"generation": 1e300}',
    '{"refused": "bearer"}',
    '{"generation": 7, "refused": "all"}',
    `{"generation": 7, "more": "${'x'.repeat(MAX_GONE_BYTES)}"}`,
    `{"generation": "${SECRET}"`,
  ])('is answered with 400 and quotes nothing where it cannot be read: %s', (body) => {
    let failure: unknown;
    try {
      readGone(body);
    } catch (thrown) {
      failure = thrown;
    }
    const answer = answerToFailure(failure, NOW);
    expect(answer.statusCode).toBe(400);
    expect(bodyOf(answer).error.code).toBe('GoneRequestError');
    expect(answer.body).not.toContain(SECRET);
  });
});
