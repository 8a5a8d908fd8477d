import { expect, test } from 'vitest';
import { readCaller } from '../../lambda/access/event.ts';
import { forward, type Send } from '../../lambda/access/forward.ts';
import type { Refusal } from '../../lambda/access/refusal.ts';
import { SOAP_WIRE } from '../../lambda/access/soap/wire.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionGoneError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../../lambda/session/errors.ts';
import { sessionOver } from '../../lambda/session/session.ts';
import { NotSentError, TooLateToSendError } from '../../lambda/thingspace/call-errors.ts';
import { sendOnce } from '../../lambda/thingspace/http-call.ts';
import { FLAWED_HEADS, flawedHead, type HeadFlaw } from '../../local/gateway/flawed-head.ts';
import { fault } from '../thingspace/envelopes.ts';
import { serve } from '../thingspace/servers.ts';
import { answered, BASE_URL, requestOf, responseTo } from './access-world.ts';

const { caller, event } = readCaller(requestOf());
const CALL = SOAP_WIRE.readCall(caller, event, BASE_URL);
/** The part of an error that is for operators only. */
const INSIDE = 'arn:aws:sts::111122223333:assumed-role/access is not authorized; FleetApi';
const DENIED = new AwsCallError('kms:Decrypt', { name: 'AccessDeniedException', message: INSIDE });
const EXPIRED = answered(500, fault('UnifiedWebService.REQUEST_FAILED.SessionToken.Expired'));

/** A session that is had at once, in a process whose clock stands; and how long each wait for it might have been. */
function startSession() {
  const waitsMs: number[] = [];
  const clock = { nowMs: () => 0, sleep: () => new Promise<void>(() => undefined) };
  const session = sessionOver({
    source: {
      obtain: async (gone, { untilMs }) => {
        waitsMs.push(untilMs);
        return { token: `token-${gone + 1}`, generation: gone + 1, idleMs: 0, key: {} };
      },
      noteUse: async () => undefined,
      readSecretAgain: () => undefined,
      noteBearerRefused: async () => 0,
    },
    clock,
    patienceMs: 0,
    saysSessionGone: (failure) => failure instanceof SessionGoneError,
    onEvent: () => undefined,
  });
  return { session, waitsMs };
}

const forwardWith = (send: Send, sessionMs = () => 1_000, { session } = startSession()) =>
  forward({ session, send, wire: SOAP_WIRE }, CALL.operation, CALL.read(), {
    sessionMs,
    answerMs: () => 1_000,
  });

test('calls a failure after the hand-over unknown, because the request may have been sent', async () => {
  const { outcome } = await forwardWith(async () => {
    throw new TypeError('a mistake of ours');
  });
  expect(outcome).toEqual({ outcome: 'unknown', code: 'UnexpectedError', sends: 1 });
});

test('calls a failure of the second send unknown, although the first was refused', async () => {
  let sends = 0;
  const { outcome } = await forwardWith(async () => {
    sends += 1;
    if (sends === 2) throw new TypeError('a mistake of ours');
    return EXPIRED;
  });
  expect(outcome).toEqual({ outcome: 'unknown', code: 'UnexpectedError', sends: 2 });
});

test.each(['one packet', 'two packets'])(
  'returns and records an answer behind a flawed head: %s',
  async (packets) => {
    const body = Buffer.from(responseTo(CALL.operation));
    for (const flaw of Object.keys(FLAWED_HEADS) as HeadFlaw[]) {
      const head = flawedHead(flaw, body.length);
      const server = await serve((socket) => socket.end(Buffer.concat([head, body])), {
        inOnePacket: packets === 'one packet',
      });
      const url = `http://127.0.0.1:${server.port}/`;
      const forwarded = await forwardWith((request, limits) =>
        sendOnce({ ...request, url, headers: {} }, limits),
      );
      await server.close();
      // The caller cannot be given what is not HTTP, or stands beside it.
      const isKept = flaw !== 'no head at all' && flaw !== 'text before the status line';
      expect(forwarded, flaw).toMatchObject(
        isKept
          ? { outcome: { outcome: 'done', sends: 1 }, answer: { body } }
          : { outcome: { outcome: 'unknown', code: 'AnswerBrokeOff', sends: 1 } },
      );
    }
  },
);

test.each([
  ['LogInRefusedError', new LogInRefusedError(INSIDE, undefined, 'version-1'), 'store a working password'],
  ['LogInStoppedError', new LogInStoppedError(INSIDE), 'an operator has acted'],
  ['LogInWaitsError', new LogInWaitsError(INSIDE, 0), 'from 1970-01-01T00:00:00.000Z on'],
  ['ThingSpaceUnavailableError', new ThingSpaceUnavailableError(INSIDE), 'could not be reached'],
  ['SessionSetupError', new SessionSetupError(INSIDE), 'cannot be used'],
  ['AwsCallError', new AwsCallError('kms:Decrypt', { name: 'TimeoutError', message: INSIDE }), 'try again'],
  ['AwsCallError', DENIED, 'AWS denied'],
  ['LedgerUnavailableError', new LedgerUnavailableError(INSIDE), 'ledger'],
  ['LedgerUnavailableError', new LedgerUnavailableError(INSIDE, { cause: DENIED }), 'AWS denied'],
  ['UnexpectedError', new TypeError(INSIDE), 'No session could be had'],
])(
  'answers with fixed words, and no part of the error, without a session for %s',
  async (code, failure, words) => {
    const session = {
      ...startSession().session,
      withSession: () => Promise.reject(failure),
    };
    const forwarded = await forwardWith(async () => EXPIRED, undefined, { session, waitsMs: [] });
    expect(forwarded.outcome).toEqual({ outcome: 'not-sent', code, sends: 0 });
    const { message } = (forwarded as { refusal: Refusal }).refusal;
    expect(message).toContain(words);
    expect(message).not.toMatch(/arn:|FleetApi|version-1/);
    // The log-in may have been sent.
    expect(message).not.toContain('Nothing was sent');
    if (words === 'AWS denied') expect(message).not.toContain('try again');
  },
);

test.each([
  ['NotSentError', new NotSentError('The call failed'), 'could not be reached'],
  ['TooLateToSendError', new TooLateToSendError(), 'no time left'],
])('answers with fixed words when a request was not sent for %s', async (code, cause, words) => {
  const forwarded = await forwardWith(async () => ({ outcome: 'never-sent', cause }));
  expect(forwarded).toMatchObject({ outcome: { outcome: 'not-sent', code }, refusal: { code: 'NotSent' } });
  expect((forwarded as { refusal: Refusal }).refusal.message).toContain(words);
});

test('waits for the second session as long as time is left then', async () => {
  const started = startSession();
  const leftMs = [25_000, 100];
  await forwardWith(
    async () => EXPIRED,
    () => leftMs.shift() ?? 0,
    started,
  );
  expect(started.waitsMs).toEqual([25_000, 100]);
});
