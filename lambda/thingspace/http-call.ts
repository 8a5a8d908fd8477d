import type { Socket } from 'node:net';
import { PresentableError } from '../errors.ts';
import { excerptOf, MAX_ANSWER_BYTES } from './answer-size.ts';
import type { CallLimits, NeverSent, RawAnswer, Unknown } from './api.ts';
import { NoAnswerError, NotSentError, TooLateToSendError } from './call-errors.ts';
import { connect } from './connection.ts';
import { createAnswerReader } from './http-answer.ts';
import { type HttpCall, requestBytes } from './http-request.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/**
 * How long a connection that stays open is listened to behind an answer that may be over, where its document is not
 * closed. A packet that was lost and sent again arrives within it; a healthy answer never waits for it.
 */
const GRACE_MS = 1_000;

/** Sends one request once; see `sendOnce`. */
export type Send = (call: HttpCall, limits: CallLimits) => Promise<RawAnswer | NeverSent | Unknown>;
/** Opens a fresh connection for one request; see `connect`. @throws PresentableError: no byte of the request has left */
export type Open = (url: URL, timeoutMs: number) => Promise<Socket>;

/**
 * Sends one request once, over a fresh connection: follows no redirect, and repeats nothing. `never-sent` is certain,
 * because the request is handed over only when the connection is open and `mayLeave` agrees. Afterwards everything
 * without a byte of body is `unknown`; with one, it is an answer, complete or not. It is complete at its announced end,
 * or earlier when its document is whole. `timeoutMs` spans everything; the connection gets 10 s of it at most.
 */
export async function sendOnce(
  call: HttpCall,
  limits: CallLimits,
  open: Open = connect,
): Promise<RawAnswer | NeverSent | Unknown> {
  const timeoutMs = Math.min(limits.timeoutMs, MAX_TIMER_MS);
  if (!(timeoutMs > 0)) return neverSent(new NotSentError('No time was left for the call'));
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    const request = requestBytes(call);
    socket = await open(new URL(call.url), Math.min(timeoutMs, CONNECT_TIMEOUT_MS));
    const leftMs = timeoutMs - (performance.now() - startedAt);
    if (!(leftMs > 0)) throw new NotSentError('The time for the call was over when the connection stood');
    if (!allows(limits.mayLeave)) throw new TooLateToSendError();
    return await exchange(socket, request, leftMs, call);
  } catch (error) {
    socket?.destroy();
    if (error instanceof PresentableError) return neverSent(error);
    return neverSent(new NotSentError('The call failed', error));
  }
}

/** From the first byte of the request on, so nothing ends in `never-sent` here, and nothing throws. */
function exchange(
  socket: Socket,
  request: Buffer,
  timeoutMs: number,
  { maxAnswerBytes = MAX_ANSWER_BYTES, waitsForDocument = false, documents }: HttpCall,
): Promise<RawAnswer | Unknown> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer | Unknown>();
  const reader = createAnswerReader(documents);
  let over = false;
  let grace: NodeJS.Timeout | undefined;
  const finish = (happened: string, { closed = false, cause }: { closed?: boolean; cause?: Error } = {}) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    clearTimeout(grace);
    socket.destroy();
    const { httpStatus, complete, ...content } = reader.end(closed);
    const receivedBytes = content.body.length;
    if (receivedBytes === 0) {
      const status = httpStatus ? ` after HTTP status ${httpStatus}` : '';
      const because = cause ?? Object.assign(new Error(), { code: content.flaw });
      return resolve({ outcome: 'unknown', cause: new NoAnswerError(`${happened}${status}`, because) });
    }
    resolve({
      outcome: 'answered',
      httpStatus: httpStatus ?? 0,
      ...content,
      ...excerptOf(content, maxAnswerBytes),
      complete: complete && receivedBytes <= maxAnswerBytes,
      receivedBytes,
    });
  };
  const timer = setTimeout(() => finish('No answer came in time'), timeoutMs);
  socket.on('data', (piece) => {
    if (over) return;
    reader.add(piece);
    clearTimeout(grace);
    if (reader.isTooLarge()) finish('The answer was too large');
    else if (reader.isWhole()) finish('Whole');
    else if (!waitsForDocument && reader.mayBeOver())
      grace = setTimeout(() => finish('No body came'), GRACE_MS);
  });
  socket.on('end', () => finish('The connection was closed without an answer', { closed: true }));
  socket.on('error', (cause) => finish('The connection broke without an answer', { cause }));
  socket.on('close', () => finish('The connection was closed without an answer'));
  socket.write(request);
  return promise;
}

/** Calls `mayLeave`; an error of it counts as no, and must not end the process. */
function allows(mayLeave: (() => boolean) | undefined): boolean {
  try {
    return mayLeave?.() ?? true;
  } catch {
    return false;
  }
}

function neverSent(cause: PresentableError): NeverSent {
  return { outcome: 'never-sent', cause };
}
