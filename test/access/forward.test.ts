import { expect, test } from 'vitest';
import { SessionGoneError } from '../../client/errors.ts';
import { sessionOver } from '../../client/session.ts';
import { readEnvelope } from '../../lambda/access/envelope.ts';
import { forward, type Send } from '../../lambda/access/forward.ts';
import { fault } from '../thingspace/envelopes.ts';
import { answered, envelopeOf } from './access-world.ts';
import { ACTION } from './arbitrary-envelope.ts';

const CALL = { service: 'DeviceService', action: ACTION, operation: 'GetDeviceList' };
const ENVELOPE = readEnvelope(envelopeOf('<v:GetDeviceList/>'), ACTION);
const EXPIRED = answered(500, fault('UnifiedWebService.REQUEST_FAILED.SessionToken.Expired'));

/** A session that is had at once, in a process whose clock stands; and how long each wait for it might have been. */
function startSession() {
  const waitsMs: number[] = [];
  const clock = { nowMs: () => 0, sleep: () => new Promise<void>(() => undefined) };
  const session = sessionOver({
    source: {
      obtain: async (gone, { untilMs }) => {
        waitsMs.push(untilMs);
        return { token: `token-${gone + 1}`, generation: gone + 1, idleMs: 0 };
      },
      noteUse: async () => undefined,
    },
    clock,
    patienceMs: 0,
    saysSessionGone: (failure) => failure instanceof SessionGoneError,
    onEvent: () => undefined,
  });
  return { session, waitsMs };
}

const forwardWith = (send: Send, sessionMs = () => 1_000, { session } = startSession()) =>
  forward({ session, send }, CALL, ENVELOPE, { sessionMs, answerMs: () => 1_000 });

test('what fails once the request was handed over is unknown: it may have been sent', async () => {
  const { outcome } = await forwardWith(async () => {
    throw new TypeError('a mistake of ours');
  });
  expect(outcome).toEqual({ outcome: 'unknown', code: 'UnexpectedError', sends: 1 });
});

test('what fails so at the second time is unknown as well, although the first was refused', async () => {
  let sends = 0;
  const { outcome } = await forwardWith(async () => {
    sends += 1;
    if (sends === 2) throw new TypeError('a mistake of ours');
    return EXPIRED;
  });
  expect(outcome).toEqual({ outcome: 'unknown', code: 'UnexpectedError', sends: 2 });
});

test('the second session is waited for as long as there is time then', async () => {
  const started = startSession();
  const leftMs = [25_000, 4_000];
  await forwardWith(
    async () => EXPIRED,
    () => leftMs.shift() ?? 0,
    started,
  );
  expect(started.waitsMs).toEqual([25_000, 4_000]);
});
