import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { excerptOf, MAX_ANSWER_BYTES, MAX_HEADER_CHARS, MAX_READ_BYTES } from './answer-size.ts';
import type { CallLimits, NeverSent, RawAnswer, Unknown } from './api.ts';
import { NoAnswerError, NotSentError, TooLateToSendError } from './call-errors.ts';
import { connect } from './connection.ts';
import { isWholeDocument, watchForRootEnd } from './root-end.ts';

// As an ES module, node:http would load Node's own WebSocket client with it: 13 ms of every cold start.
const { request: httpRequest } = process.getBuiltinModule('node:http');

export type HttpCall = {
  method: 'POST' | 'PUT';
  /** https, or http on the loopback interface: as `checkBaseUrl` lets pass. */
  url: string;
  headers: Record<string, string>;
  body: string;
  /** What is kept of the answer, in bytes. @default MAX_ANSWER_BYTES */
  maxAnswerBytes?: number;
};

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Hexadecimal digits of a chunk's size that the parser takes. */
const MAX_SIZE_CHARS = 16;

/**
 * Sends one request once: over a connection of its own, no redirect followed, nothing repeated.
 * `never-sent` is certain, because the request is handed over only when the connection stands and
 * `mayLeave` agrees. Afterwards everything without a byte of body is `unknown`; with one, it is an answer,
 * complete or not. It is complete at its announced end, or earlier when its root element is closed.
 * `timeoutMs` spans everything; the connection gets 10 s of it at most.
 */
export async function sendOnce(call: HttpCall, limits: CallLimits): Promise<RawAnswer | NeverSent | Unknown> {
  const timeoutMs = Math.min(limits.timeoutMs, MAX_TIMER_MS);
  if (!(timeoutMs > 0)) return neverSent(new NotSentError('No time was left for the call'));
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    socket = await connect(new URL(call.url), Math.min(timeoutMs, CONNECT_TIMEOUT_MS));
    const leftMs = timeoutMs - (performance.now() - startedAt);
    if (leftMs > 0) return await exchange(socket, call, { ...limits, timeoutMs: leftMs });
    throw new NotSentError('The time for the call was over when the connection stood');
  } catch (error) {
    socket?.destroy();
    return neverSent(error instanceof NotSentError ? error : new NotSentError('The call failed', error));
  }
}

/**
 * From the first byte of the request on, so only `mayLeave` ends in `never-sent` here. Throws only at once,
 * when Node refuses the request (a header's characters), and then nothing was written.
 */
function exchange(
  socket: Socket,
  call: HttpCall,
  { timeoutMs, mayLeave }: CallLimits,
): Promise<RawAnswer | NeverSent | Unknown> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer | NeverSent | Unknown>();
  const { maxAnswerBytes = MAX_ANSWER_BYTES } = call;
  const chunks: Buffer[] = [];
  const endsWithRoot = watchForRootEnd();
  let received = 0;
  let gapAt: number | undefined;
  let mayBeWhole = false;
  let over = false;
  let response: IncomingMessage | undefined;

  // Pulled, not listened to: what the parser has handed over by now can be had even when it fails at once.
  const collect = () => {
    for (let chunk = response?.read(); Buffer.isBuffer(chunk); chunk = response?.read()) {
      chunks.push(chunk);
      received += chunk.length;
      mayBeWhole = endsWithRoot(chunk);
    }
  };
  const content = () => ({
    body: Buffer.concat(chunks),
    contentType: headerOf(response, 'content-type'),
    contentEncoding: headerOf(response, 'content-encoding'),
    gapAt,
  });
  const finish = (complete: boolean, happened: string, cause?: unknown) => {
    clearTimeout(timer);
    collect();
    socket.destroy();
    if (over) return;
    over = true;
    if (received === 0) {
      const status = response === undefined ? '' : ` after HTTP status ${response.statusCode}`;
      return resolve({ outcome: 'unknown', cause: new NoAnswerError(`${happened}${status}`, cause) });
    }
    const all = content();
    resolve({
      outcome: 'answered',
      httpStatus: response?.statusCode ?? 0,
      ...all,
      ...excerptOf(all, maxAnswerBytes),
      complete: complete && received <= maxAnswerBytes,
      receivedBytes: received,
    });
  };

  const request = httpRequest({
    // With a socket of ours and no agent, Node has nothing to send a second time.
    createConnection: () => socket,
    ...target(call),
    // An answer that breaks HTTP's fine print may still hold a password that is shown only once.
    insecureHTTPParser: true,
  });
  const timer = setTimeout(() => finish(false, 'No answer came in time'), timeoutMs);
  // Node writes the request right after this event, and only to a socket that still is open.
  request.once('socket', () => {
    if (allows(mayLeave)) return;
    over = true;
    resolve(neverSent(new TooLateToSendError()));
    finish(false, 'Nothing was sent');
  });
  request.on('response', (message) => {
    response = message;
    message.on('readable', () => {
      collect();
      if (received > MAX_READ_BYTES) finish(false, 'The answer was too large');
      // The announced end may be wrong, and waiting for it may be all that a process has time for.
      if (mayBeWhole && received <= MAX_ANSWER_BYTES && isWholeDocument(content())) finish(true, 'Whole');
    });
    message.on('end', () => finish(message.complete, 'The answer was empty'));
    message.on('error', (error) => finish(false, 'The connection broke within the answer', error));
    message.on('close', () => finish(message.complete, 'The answer was empty'));
  });
  request.on('error', (error) => {
    collect();
    // Bytes that are not HTTP, or no longer: kept as they came, to be sealed like any other answer.
    const rest = leftByParser(error, response);
    if (response !== undefined && rest.length > 0) gapAt = received;
    chunks.push(rest);
    received += rest.length;
    finish(false, 'The connection broke before an answer', error);
  });
  // Once there is a response, its own events decide: the request closes before the last bytes are handed on.
  request.on('close', () => {
    if (response === undefined) finish(false, 'The connection was closed before an answer');
  });
  request.end(call.body);
  return promise;
}

/** A question that fails is answered with no: its error must not end the process. */
function allows(mayLeave: (() => boolean) | undefined): boolean {
  try {
    return mayLeave?.() ?? true;
  } catch {
    return false;
  }
}

/** What Node's parser had been given when it failed, and had not handed over. */
function leftByParser(error: Error, response: IncomingMessage | undefined): Buffer {
  const { rawPacket, bytesParsed = 0 } = error as { rawPacket?: unknown; bytesParsed?: number };
  if (!Buffer.isBuffer(rawPacket)) return Buffer.alloc(0);
  if (response === undefined) return rawPacket;
  // Behind a chunk that is longer than its size says, text that looks like the next size was taken for it.
  const before = rawPacket.toString('latin1', Math.max(0, bytesParsed - MAX_SIZE_CHARS), bytesParsed);
  const taken = 'transfer-encoding' in response.headers ? (/[\da-f]*$/i.exec(before)?.[0].length ?? 0) : 0;
  return rawPacket.subarray(bytesParsed - taken);
}

/** Repeated headers are joined: which one is meant is not decided here. */
function headerOf(response: IncomingMessage | undefined, name: string): string | undefined {
  return response?.headersDistinct[name]?.join(', ').slice(0, MAX_HEADER_CHARS);
}

function target(call: HttpCall) {
  const url = new URL(call.url);
  return {
    method: call.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...call.headers,
      host: url.host,
      connection: 'close',
      'accept-encoding': 'identity',
      'content-length': Buffer.byteLength(call.body),
    },
  };
}

function neverSent(cause: NotSentError | TooLateToSendError): NeverSent {
  return { outcome: 'never-sent', cause };
}
