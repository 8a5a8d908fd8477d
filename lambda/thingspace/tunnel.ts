import type { Socket } from 'node:net';
import { presentable } from '../errors.ts';
import { codeOf } from './call-errors.ts';
import { connect } from './connection.ts';
import { type Open, type Send, sendOnce } from './http-call.ts';
import { ProxyError, type ProxyProblem, type Way } from './proxy-error.ts';

/** The user that a proxy knows. */
export type ProxyCredentials = { username: string; password: string };

/** An HTTP proxy, itself reached over http or https. */
export type Proxy = {
  url: string;
  /** Reads the credentials from where they are kept, anew at each call. Absent: the proxy asks for none. */
  readCredentials?: (() => Promise<ProxyCredentials>) | undefined;
};

const MAX_HEAD_BYTES = 16 * 1024;
/** Failed log-ins at a proxy may lock its user, too: the same credentials are not sent again for so long. */
const REFUSED_MS = 5 * 60_000;

/**
 * Returns a sender whose connections lead through an HTTP proxy: a tunnel by CONNECT, TLS with the target's own
 * certificate within it. Everything before the request is `never-sent`, with a `ProxyError`.
 */
export function sendThrough({ url, readCredentials }: Proxy): Send {
  const proxy = new URL(url);
  const open =
    readCredentials === undefined
      ? (target: URL, timeoutMs: number) => openTunnel({ proxy, target }, timeoutMs)
      : withCredentials(proxy, readCredentials);
  return (call, limits) => sendOnce(call, limits, open);
}

/** Keeps the credentials; after a refusal (407) it reads them once more, and sends only others. */
function withCredentials(proxy: URL, read: () => Promise<ProxyCredentials>): Open {
  let held: ProxyCredentials | undefined;
  let refused = { basic: '', untilMs: 0 };
  const isRefused = (credentials: ProxyCredentials) =>
    basicOf(credentials) === refused.basic && performance.now() < refused.untilMs;

  return async (target, timeoutMs) => {
    const way = { proxy, target };
    const deadlineMs = performance.now() + timeoutMs;
    /** @throws ProxyError when they are those that the proxy refused */
    const readOthers = async () => {
      const next = await read().catch((cause) => {
        throw new ProxyError('no-credentials', way, presentable(cause).message);
      });
      if (isRefused(next)) throw new ProxyError('credentials-refused', way, 407);
      held = next;
      return next;
    };
    const present = async (credentials: ProxyCredentials) => {
      const basic = basicOf(credentials);
      try {
        return await openTunnel(way, deadlineMs - performance.now(), basic);
      } catch (failure) {
        if (isRefusal(failure)) refused = { basic, untilMs: performance.now() + REFUSED_MS };
        throw failure;
      }
    };
    if (held === undefined || isRefused(held)) return present(await readOthers());
    try {
      return await present(held);
    } catch (failure) {
      if (!isRefusal(failure)) throw failure;
      return present(await readOthers());
    }
  };
}

const isRefusal = (failure: unknown): boolean =>
  failure instanceof ProxyError && failure.problem === 'credentials-refused';

const basicOf = ({ username, password }: ProxyCredentials): string =>
  Buffer.from(`${username}:${password}`).toString('base64');

/** @throws ProxyError */
async function openTunnel(way: Way, timeoutMs: number, basic?: string): Promise<Socket> {
  const { proxy, target } = way;
  if (target.protocol !== 'https:') throw new ProxyError('no-https', way);
  const deadlineMs = performance.now() + timeoutMs;
  const leftMs = () => Math.max(1, deadlineMs - performance.now());
  const as = (problem: ProxyProblem) => (cause: Error) => {
    throw new ProxyError(problem, way, codeOf(cause));
  };
  const socket = await connect(proxy, leftMs()).catch(as('unreachable'));
  try {
    await ask(socket, way, leftMs(), basic);
    return await connect(target, leftMs(), socket).catch(as('no-tls'));
  } catch (failure) {
    socket.destroy();
    throw failure;
  }
}

/**
 * Asks for the tunnel; it stands when the head of a 2xx answer is whole. A byte behind that head comes from no server of
 * TLS, which waits for its client.
 */
function ask(socket: Socket, way: Way, timeoutMs: number, basic: string | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = (failure?: ProxyError) => {
    clearTimeout(timer);
    socket.off('data', onData).off('error', onEnd).off('end', onEnd).off('close', onEnd).pause();
    if (failure) reject(failure);
    else resolve();
  };
  const fail = (problem: ProxyProblem, seen?: number | string) => end(new ProxyError(problem, way, seen));
  const timer = setTimeout(() => fail('no-answer', 'ETIMEDOUT'), timeoutMs);
  const onEnd = (cause?: unknown) => fail('no-answer', codeOf(cause));
  let text = '';
  const onData = (piece: Buffer) => {
    text += piece.toString('latin1');
    const verdict = verdictOn(text);
    if (verdict === 'open') return;
    if (verdict === 'stands') end();
    else if (verdict === 407)
      fail(basic === undefined ? 'credentials-missing' : 'credentials-refused', verdict);
    else if (typeof verdict === 'number') fail('refused', verdict);
    else fail('no-answer');
  };
  socket.on('data', onData).on('error', onEnd).on('end', onEnd).on('close', onEnd);
  const { hostname, port } = way.target;
  const authority = `${hostname}:${port || '443'}`;
  const authorization = basic === undefined ? '' : `Proxy-Authorization: Basic ${basic}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
  return promise;
}

/** Reads the beginning of the proxy's answer; a number is the status of a refusal. */
function verdictOn(text: string): 'open' | 'stands' | 'unusable' | number {
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: [^\r\n]*)?\r?\n/.exec(text)?.[1] ?? 0);
  if (status >= 300) return status;
  const endsAt = /\r?\n\r?\n/.exec(text);
  if (endsAt && status >= 200) return endsAt.index + endsAt[0].length === text.length ? 'stands' : 'unusable';
  const isUnusable = status > 0 ? status < 200 : /\n/.test(text) || !isBeginning(text);
  return isUnusable || text.length > MAX_HEAD_BYTES ? 'unusable' : 'open';
}

const isBeginning = (text: string): boolean => 'HTTP/1.'.startsWith(text.slice(0, 7));
