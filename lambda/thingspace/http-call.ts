import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { CallLimits, NeverSent, RawAnswer, Unknown } from './api.ts';
import { NoAnswerError, NotSentError } from './call-errors.ts';
import { connect } from './connection.ts';

export type HttpCall = {
  method: 'POST' | 'PUT';
  /** https, or http on the loopback interface: as `checkBaseUrl` lets pass. */
  url: string;
  headers: Record<string, string>;
  body: string;
};

/** What a Content-Type says, in words of ours: the header is the server's text. */
export type MediaKind = 'XML' | 'HTML' | 'JSON' | 'plain text' | 'no media type' | 'another media type';
export type HttpAnswer = RawAnswer & { mediaKind: MediaKind };

/** What is kept of an answer, in bytes; the rest is not read. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Sends one request once: over a connection of its own, no redirect followed, nothing repeated.
 * `never-sent` is certain, because the request is handed over only when the connection stands. Afterwards
 * everything without a byte of body is `unknown`; with one, it is an answer, complete or not.
 * `timeoutMs` spans everything; the connection gets 10 s of it at most.
 */
export async function sendOnce(
  call: HttpCall,
  limits: CallLimits,
): Promise<HttpAnswer | NeverSent | Unknown> {
  const timeoutMs = Math.min(limits.timeoutMs, MAX_TIMER_MS);
  if (!(timeoutMs > 0)) return neverSent(new NotSentError('No time was left for the call'));
  const startedAt = performance.now();
  let socket: Socket | undefined;
  try {
    socket = await connect(new URL(call.url), Math.min(timeoutMs, CONNECT_TIMEOUT_MS));
    const leftMs = timeoutMs - (performance.now() - startedAt);
    if (leftMs > 0) return await exchange(socket, call, leftMs);
    throw new NotSentError('The time for the call was over when the connection stood');
  } catch (error) {
    socket?.destroy();
    return neverSent(error instanceof NotSentError ? error : new NotSentError('The call failed', error));
  }
}

/**
 * From the first byte of the request on, so nothing ends in `never-sent` here. Throws only at once, when Node
 * refuses the request (a header's characters), and then nothing was written.
 */
function exchange(socket: Socket, call: HttpCall, timeoutMs: number): Promise<HttpAnswer | Unknown> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer | Unknown>();
  const chunks: Buffer[] = [];
  let received = 0;
  let response: IncomingMessage | undefined;

  // Pulled, not listened to: what the parser has handed over by now can be had even when it fails at once.
  const collect = () => {
    for (let chunk = response?.read(); Buffer.isBuffer(chunk); chunk = response?.read()) {
      chunks.push(chunk);
      received += chunk.length;
    }
  };
  const finish = (complete: boolean, happened: string, cause?: unknown) => {
    clearTimeout(timer);
    collect();
    socket.destroy();
    const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
    if (body.length > 0) {
      resolve({
        outcome: 'answered',
        httpStatus: response?.statusCode ?? 0,
        body,
        complete: complete && received <= MAX_ANSWER_BYTES,
        mediaKind: mediaKindOf(response?.headers['content-type']),
      });
    } else {
      const status = response === undefined ? '' : ` after HTTP status ${response.statusCode}`;
      resolve({ outcome: 'unknown', cause: new NoAnswerError(`${happened}${status}`, cause) });
    }
  };

  const request = httpRequest({
    // With a socket of ours and no agent, Node has nothing to send a second time.
    createConnection: () => socket,
    ...target(call),
    // An answer that breaks HTTP's fine print may still hold a password that is shown only once.
    insecureHTTPParser: true,
  });
  const timer = setTimeout(() => finish(false, 'No answer came in time'), timeoutMs);
  request.on('response', (message) => {
    response = message;
    message.on('readable', () => {
      collect();
      if (received > MAX_ANSWER_BYTES) finish(false, 'The answer was too large');
    });
    message.on('end', () => finish(message.complete, 'The answer was empty'));
    message.on('error', (error) => finish(false, 'The connection broke within the answer', error));
    message.on('close', () => finish(message.complete, 'The answer was empty'));
  });
  request.on('error', (error) => {
    collect();
    // Bytes that are not HTTP: kept as they came, to be sealed like any other answer.
    const raw = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
    if (received === 0 && raw !== undefined) chunks.push(raw);
    finish(false, 'The connection broke before an answer', error);
  });
  // Once there is a response, its own events decide: the request closes before the last bytes are handed on.
  request.on('close', () => {
    if (response === undefined) finish(false, 'The connection was closed before an answer');
  });
  request.end(call.body);
  return promise;
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

function neverSent(cause: NotSentError): NeverSent {
  return { outcome: 'never-sent', cause };
}

function mediaKindOf(contentType: string | undefined): MediaKind {
  if (contentType === undefined) return 'no media type';
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType.endsWith('html') || mediaType.endsWith('xhtml+xml')) return 'HTML';
  if (mediaType.endsWith('/xml') || mediaType.endsWith('+xml')) return 'XML';
  if (mediaType.endsWith('json')) return 'JSON';
  return mediaType === 'text/plain' ? 'plain text' : 'another media type';
}
