import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  answerToFailure,
  answerToGone,
  answerWithError,
  answerWithSession,
  MAX_GONE_BYTES,
  readGone,
  type SessionAnswer,
} from '../../lambda/session/session-document.ts';
import { CommandError } from '../errors.ts';
import { refusalOf } from './guard.ts';
import { errorWords, type Held } from './held.ts';
import type { AgentLog } from './log.ts';
import { routeOf } from './route.ts';

export type DoorParts = {
  /** 0: the system chooses a free one. */
  port: number;
  token: string;
  sessions: ReadonlyMap<string, Held>;
  log: AgentLog;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Beyond so many requests under way the others are answered with 503. @default 800 */
  maxUnderWay?: number;
};

export type Door = {
  /** Such as `http://127.0.0.1:40123`. */
  address: string;
  /**
   * Takes no new requests and ends when the requests under way have ended.
   * @param graceMs after which those that still wait for a session are answered with 503
   */
  close(graceMs: number): Promise<void>;
};

/** The loopback interface: no other machine reaches it. */
const HOST = '127.0.0.1';
/** A request that is answered at once is under way for a millisecond; one that waits, for half a minute. */
const MAX_UNDER_WAY = 800;
const MAX_CONNECTIONS = 1_000;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};

class StoppingError extends Error {}

/** Opens the door to the sessions on the loopback interface. @throws PortError */
export async function openDoor(parts: DoorParts): Promise<Door> {
  const { maxUnderWay = MAX_UNDER_WAY } = parts;
  /** The session of each credential that programs have; a line of the log says when they first got it. */
  const givenBefore = new Map<string, number>();
  const underWay = new Map<AbortController, Promise<void>>();
  let stopping = false;

  const server = createServer(LIMITS, (request, response) => {
    const ended = new AbortController();
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => resolve(ended.abort()));
    });
    const answered = answerTo(request, ended.signal)
      .then((answer) => send(request, response, answer))
      .catch(() => response.destroy())
      .then(() => closed)
      .finally(() => underWay.delete(ended));
    underWay.set(ended, answered);
  });
  server.maxConnections = MAX_CONNECTIONS;

  async function answerTo(request: IncomingMessage, signal: AbortSignal): Promise<SessionAnswer> {
    if (stopping) return answerWithError(503, STOPPING);
    if (underWay.size >= maxUnderWay) return answerWithError(503, BUSY);
    return answerFor({ ...parts, givenBefore }, request, signal);
  }

  await listen(server, parts.port);
  return {
    address: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    async close(graceMs) {
      stopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const late = setTimeout(() => {
        for (const ended of underWay.keys()) ended.abort(new StoppingError());
      }, graceMs);
      while (underWay.size > 0) await Promise.allSettled(underWay.values());
      clearTimeout(late);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerFor(
  { token, sessions, log, nowMs, givenBefore }: DoorParts & { givenBefore: Map<string, number> },
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<SessionAnswer> {
  const refusal = refusalOf(request.headers, token);
  if (refusal) {
    log.sayOften(refusal.code, `refused a request: ${refusal.message}`);
    return answerWithError(refusal.statusCode, refusal);
  }
  const route = routeOf(request.method, request.url, [...sessions.keys()]);
  if ('statusCode' in route) {
    const answer = answerWithError(route.statusCode, route);
    return route.allow === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, allow: route.allow } };
  }
  const { place, holder, shared } = sessions.get(route.credential) as Held;
  try {
    if (route.asks === 'session') {
      const given = await holder.handOut({ signal });
      if (given.generation !== givenBefore.get(place.credential)) {
        givenBefore.set(place.credential, given.generation);
        log.say('given', `gives session ${given.generation} to programs`, place.credential);
      }
      return answerWithSession(place, given, nowMs());
    }
    const { generation, refused } = readGone(await bodyOf(request, signal));
    if (refused === 'bearer') await holder.bearerRefused();
    else await holder.gone(generation, { signal, atOnce: shared });
    return answerToGone();
  } catch (failure) {
    if (failure instanceof StoppingError) return answerWithError(503, STOPPING);
    const answer = answerToFailure(failure, nowMs());
    if (!signal.aborted)
      log.sayOften('failed', `no session for a program: ${errorWords(answer)}`, place.credential);
    return answer;
  }
}

/** Returns the body; of a longer one than can be right only the beginning. */
function bodyOf(request: IncomingMessage, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = () => resolve(Buffer.concat(chunks).toString());
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    request.once('end', end);
    request.on('data', (chunk: Buffer) => {
      if (bytes > MAX_GONE_BYTES) return;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_GONE_BYTES) end();
    });
  });
}

/** A body that was not read to its end would be taken for the next request. */
function send(request: IncomingMessage, response: ServerResponse, answer: SessionAnswer): void {
  const { statusCode, headers, body } = answer;
  const close = request.complete && statusCode !== 503 ? {} : { connection: 'close' };
  response.writeHead(statusCode, { ...headers, ...close });
  response.end(body);
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  try {
    server.listen({ port, host: HOST, backlog: MAX_CONNECTIONS });
    await once(server, 'listening');
  } catch (failure) {
    throw portError(port, (failure as NodeJS.ErrnoException).code);
  }
}

function portError(port: number, code: string | undefined): CommandError {
  const leaveOut =
    'choose another --port, or leave it out: the agent then takes a free one, and writes its address to --address-file.';
  if (code === 'EADDRINUSE')
    return new CommandError('PortError', `Another program listens on port ${port} of ${HOST}: ${leaveOut}`);
  return new CommandError(
    'PortError',
    `The agent cannot listen on port ${port} of ${HOST} (${code}): ${leaveOut}`,
  );
}

const STOPPING = {
  code: 'AgentStopping',
  message: 'The agent is stopping. Ask again: it may have started anew by then.',
  retryAfterSeconds: 1,
};
const BUSY = {
  code: 'AgentBusy',
  message: 'Too many requests wait for a session. Ask again.',
  retryAfterSeconds: 1,
};
