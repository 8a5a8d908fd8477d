import type { ServerResponse } from 'node:http';
import { request as httpRequest, type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { answerApart, onceRead, readBody } from '../http.ts';
import { flawedHead, type HeadFlaw } from './flawed-head.ts';
import type { SeenRequest } from './protocols.ts';

const READING_MS = 20;

/** The service's whole answer. */
export type ForwardedAnswer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** The service behind a front is not there (its stand-in was closed) or broke off. */
export class ServiceUnreachable extends Error {
  override name = 'ServiceUnreachable';
}

/** Headers that belong to one connection, and lengths that are counted anew. */
const connectionHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/**
 * Passes a request on, once, over a connection of its own (a kept one could be closed by the service
 * at the wrong moment). The Host header stays as the caller wrote it: it is signed, and a WSDL names it.
 * @throws {ServiceUnreachable}
 */
export function forward(target: URL, { method, path, headers, body }: SeenRequest): Promise<ForwardedAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(new ServiceUnreachable(`The service at ${target.host} gave no answer.`, { cause }));
    const outgoing = httpRequest(
      {
        host: target.hostname,
        port: target.port,
        method,
        path,
        headers: { ...endToEnd(headers), 'content-length': body.length },
        agent: false,
      },
      (incoming) =>
        readBody(incoming).then(
          (answer) =>
            resolve({
              status: incoming.statusCode ?? 502,
              headers: endToEnd(incoming.headers),
              body: answer,
            }),
          fail,
        ),
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

export const sendWhole = (response: ServerResponse, answer: ForwardedAnswer): Promise<void> =>
  answerApart(response, answer.status, answer.headers, answer.body);

/**
 * Sends the body behind a head with a flaw, then closes the connection. Apart, the body leaves when the caller has
 * had the time to read the head: it may be another process, which nothing but time can be left to.
 */
export async function sendFlawed(
  response: ServerResponse,
  { body }: ForwardedAnswer,
  flaw: HeadFlaw,
  apart: boolean,
): Promise<void> {
  const { socket } = response;
  const head = flawedHead(flaw, body.length);
  if (!apart) socket?.end(Buffer.concat([head, body]));
  else {
    socket?.write(head);
    await setTimeout(READING_MS);
    socket?.end(body);
  }
}

/** Sends the answer without a length, and leaves the connection open: only the body's own form tells where it ends. */
export function sendOpen(response: ServerResponse, { status, headers, body }: ForwardedAnswer): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', ''].join('\r\n');
  response.socket?.write(Buffer.concat([Buffer.from(head), body]));
}

/**
 * Sends the head and the first bytes of the body, then breaks the connection. It is closed rather than
 * reset: a reset may overtake the bytes, and then the number of bytes that arrived would be unknown.
 */
export async function sendPart(
  response: ServerResponse,
  answer: ForwardedAnswer,
  bytes: number,
): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.flushHeaders();
  await onceRead();
  const part = answer.body.subarray(0, bytes);
  if (part.length === 0) response.socket?.end();
  else response.write(part, () => response.socket?.end());
}

export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function endToEnd<Headers extends object>(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !connectionHeaders.has(name.toLowerCase())),
  ) as Headers;
}
