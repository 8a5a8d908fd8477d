import type { Socket } from 'node:net';
import type { Clock } from '../../../lambda/clock.ts';
import { createRestApi, type RestApi } from '../../../lambda/thingspace/rest/api.ts';
import { http, serve } from '../servers.ts';

export const KEY = { apiKey: 'Example-Key-77a1', apiSecret: 'Example:Secret-88b2' };
export const BEARER = '5f5e5d5c5b5a59585756555453525150';
export const SESSION = '0f0e0d0c-0000-4000-8000-000000000001';
export const CREDENTIAL = { username: 'EXAMPLEFLEETUWS', password: 'aB3dE5fG7hJ9', ...KEY };
export const LIMITS = { timeoutMs: 20_000 };

/** An answer as bytes, or a play of its own. */
export type Answer = Buffer | ((socket: Socket) => void);

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Buffer =>
  http(status, typeof value === 'string' ? value : JSON.stringify(value), {
    'Content-Type': 'application/json',
    ...headers,
  });
export const tokenAnswer = (bearer = BEARER, life: object = { expires_in: 1874 }): Buffer =>
  json(200, { access_token: bearer, scope: 'am_application_scope default', token_type: 'Bearer', ...life });

export type Gateway = {
  api: RestApi;
  addresses: { baseUrl: string; tokenUrl: string };
  clock: Clock & { advance(ms: number): void; slept: number[] };
  /** The answers to token requests, the last one for good. */
  tokens: Answer[];
  /** The answers to the other requests, the last one for good. */
  answers: Answer[];
  /** The paths of all requests, with their method. */
  paths(): string[];
  requests: string[];
  close(): Promise<void>;
};

/** A token service and ThingSpace behind one address, and the API over REST at a clock that only sleeping moves. */
export async function startGateway(): Promise<Gateway> {
  const tokens: Answer[] = [tokenAnswer()];
  const answers: Answer[] = [json(200, { sessionToken: SESSION })];
  const server = await serve((socket, request) => {
    const queue = request.includes('/oauth2/token') ? tokens : answers;
    const answer = queue.length > 1 ? queue.shift() : queue[0];
    if (typeof answer === 'function') answer(socket);
    else socket.end(answer ?? '');
  });
  const slept: number[] = [];
  let now = 1_000_000;
  const clock = {
    slept,
    nowMs: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const origin = `http://127.0.0.1:${server.port}`;
  const addresses = { baseUrl: `${origin}/api/m2m/v1`, tokenUrl: `${origin}/api/ts/v1/oauth2/token` };
  return {
    api: createRestApi(addresses, clock),
    addresses,
    clock,
    tokens,
    answers,
    paths: () => server.requests.map((request) => request.split(' ', 2).join(' ')),
    requests: server.requests,
    close: server.close,
  };
}
