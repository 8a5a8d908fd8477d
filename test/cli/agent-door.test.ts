import { once } from 'node:events';
import { Agent, request as ask, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type Door, type DoorParts, openDoor } from '../../cli/agent/door.ts';
import { LogInRefusedError, LogInWaitsError } from '../../lambda/session/errors.ts';
import type { SessionHolder } from '../../lambda/session/session.ts';

const TOKEN = 'a-token-of-an-agent-for-these-tests-1';
const NOW = Date.UTC(2026, 10, 30, 2, 59);

/** A holder that answers at once, unless a test has it wait. */
function fakeHolder() {
  const calls: string[] = [];
  const state: { failure?: Error; waits?: boolean } = {};
  let waiting = Promise.withResolvers<void>();
  const until = (signal: AbortSignal | undefined) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => {
      calls.push('left');
      reject(signal.reason);
    });
    waiting.resolve();
    return promise;
  };
  const holder: Pick<SessionHolder, 'handOut' | 'gone' | 'bearerRefused'> = {
    async handOut({ signal } = {}) {
      calls.push('handOut');
      if (state.failure) throw state.failure;
      if (state.waits) return until(signal);
      return { generation: 7, token: 'planted-token-7', headers: {}, usableMs: 60_000 };
    },
    async gone(generation, { atOnce } = {}) {
      calls.push(`gone ${generation}${atOnce ? ' at once' : ''}`);
      if (state.failure) throw state.failure;
    },
    bearerRefused: async () => void calls.push('bearerRefused'),
  };
  return {
    ...{ holder, calls, state },
    /** Resolves when a caller waits for a session. */
    async waits() {
      await waiting.promise;
      waiting = Promise.withResolvers();
    },
  };
}

let door: Door | undefined;
afterEach(async () => {
  await door?.close(0);
  door = undefined;
});

async function setUp(names = ['fleet'], limits: Pick<DoorParts, 'maxUnderWay'> = {}) {
  const fake = fakeHolder();
  const said: string[] = [];
  const log = {
    say: (event: string) => void said.push(event),
    sayOften: (event: string) => void said.push(event),
  };
  const sessions = new Map(
    names.map((credential) => [
      credential,
      {
        place: { credential, transport: 'soap', baseUrl: 'https://thingspace.example' } as const,
        holder: fake.holder,
        shared: true,
      },
    ]),
  );
  door = await openDoor({ port: 0, token: TOKEN, sessions, log, nowMs: () => NOW, ...limits });
  return { ...fake, said, door, port: Number(new URL(door.address).port) };
}

type Asking = {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  agent?: Agent;
};
type Answer = { status: number; headers: IncomingMessage['headers']; body: string };

async function send(
  port: number,
  { method = 'GET', path = '/session', headers = {}, body, agent }: Asking = {},
): Promise<Answer> {
  const request = ask({
    ...{ host: '127.0.0.1', port, method, path },
    ...(agent && { agent }),
    headers: { 'x-thingspace-agent-token': TOKEN, ...headers },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

const gone = (body: string): Asking => ({ method: 'POST', path: '/session/gone', body });

describe('the door of the agent', () => {
  test('gives the session as a document that no cache keeps', async () => {
    const { port, said } = await setUp();
    const { status, headers, body } = await send(port);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(JSON.parse(body)).toEqual({
      ...{ credential: 'fleet', transport: 'soap', baseUrl: 'https://thingspace.example' },
      ...{ generation: 7, token: 'planted-token-7', headers: {} },
      ...{ usableUntil: '2026-11-30T03:00:00.000Z', usableSeconds: 60 },
    });
    await send(port);
    expect(said).toEqual(['given']);
  });

  test('gives each credential its own session', async () => {
    const { port } = await setUp(['fleet', 'eu']);
    expect(JSON.parse((await send(port, { path: '/eu/session' })).body).credential).toBe('eu');
    expect((await send(port)).status).toBe(404);
  });

  test('drops what a program found gone', async () => {
    const { port, calls } = await setUp();
    expect(await send(port, gone('{"generation":7}'))).toMatchObject({ status: 204, body: '' });
    expect(await send(port, gone('{"generation":7,"refused":"bearer"}'))).toMatchObject({ status: 204 });
    expect(calls).toEqual(['gone 7 at once', 'bearerRefused']);
  });

  test.each([
    [{ 'x-thingspace-agent-token': 'wrong' }, 'WrongToken'],
    [{ host: 'attacker.example' }, 'WrongHost'],
    [{ 'x-forwarded-for': '10.0.0.1' }, 'ForwardedRequest'],
  ])('answers 403 and asks for no session with the header %o', async (headers, code) => {
    const { port, calls, said } = await setUp();
    for (const asking of [{ headers }, { ...gone('{"generation":7}'), headers }]) {
      const { status, body } = await send(port, asking);
      expect({ status, code: JSON.parse(body).error.code }).toEqual({ status: 403, code });
    }
    expect(calls).toEqual([]);
    expect(said).toEqual([code, code]);
  });

  test('answers 405 with the method that it allows', async () => {
    const { port, calls } = await setUp();
    const { status, headers } = await send(port, { method: 'DELETE' });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET' });
    expect(calls).toEqual([]);
  });

  test('answers 503 with Retry-After where waiting helps, and 409 where a person must act', async () => {
    const { port, state, said } = await setUp();
    state.failure = new LogInWaitsError('wait', NOW + 3_000);
    expect(await send(port)).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    state.failure = new LogInRefusedError('store another');
    expect((await send(port)).status).toBe(409);
    expect(said).toEqual(['failed', 'failed']);
  });

  test('says nothing of an unforeseen error except its kind', async () => {
    const { port, state } = await setUp();
    state.failure = new TypeError('planted-token-7');
    const { status, body } = await send(port, gone('{"generation":7}'));
    expect(status).toBe(500);
    expect(body).not.toContain('planted');
  });

  test.each(['', '{', `{"generation":7,"more":"${'x'.repeat(100_000)}"}`])(
    'answers 400 to a body that it cannot read',
    async (body) => {
      const { port, calls } = await setUp();
      expect((await send(port, gone(body))).status).toBe(400);
      expect(calls).toEqual([]);
    },
  );

  test('reads no more of a body without an end than it needs', async () => {
    const { port } = await setUp();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /session/gone HTTP/1.1\r\nHost: localhost\r\nX-ThingSpace-Agent-Token: ${TOKEN}\r\n` +
        `Content-Length: 1000000000\r\n\r\n${'x'.repeat(2_000)}`,
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('stops waiting for a session when the program has left', async () => {
    const { port, state, calls, waits } = await setUp();
    state.waits = true;
    const left = ask({
      host: '127.0.0.1',
      port,
      path: '/session',
      headers: { 'x-thingspace-agent-token': TOKEN },
    });
    left.on('error', () => undefined);
    left.end();
    await waits();
    left.destroy();
    await expect.poll(() => calls).toEqual(['handOut', 'left']);
  });

  test('answers 503 to more requests than may wait', async () => {
    const { port, state, waits, door } = await setUp(['fleet'], { maxUnderWay: 1 });
    state.waits = true;
    const first = send(port);
    await waits();
    const { status, headers, body } = await send(port);
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 503, retryAfter: '1' });
    expect(JSON.parse(body).error.code).toBe('AgentBusy');
    await door.close(0);
    expect((await first).status).toBe(503);
  });

  test('is on the loopback interface alone', async () => {
    const { port, door } = await setUp();
    expect(door.address).toBe(`http://127.0.0.1:${port}`);
    const others = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    // Linux has all of 127.0.0.0/8.
    if (process.platform === 'linux') others.push('127.0.0.2');
    for (const address of others) {
      const socket = connect(port, address);
      const outcome = await new Promise((resolve) => {
        socket.once('connect', () => resolve('connected'));
        socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      });
      socket.destroy();
      expect(outcome).toBe('ECONNREFUSED');
    }
  });

  test('names a port that is taken, and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const opening = openDoor({
      ...{ port, token: TOKEN, sessions: new Map(), nowMs: () => NOW },
      log: { say: () => undefined, sayOften: () => undefined },
    });
    await expect(opening).rejects.toThrow(
      `Another program listens on port ${port} of 127.0.0.1: choose another --port, or leave it out`,
    );
    taken.close();
  });
});

describe('a door that closes', () => {
  test('takes no new requests and lets those under way end', async () => {
    const { port, door, state, waits } = await setUp();
    state.waits = true;
    const answer = send(port);
    await waits();
    const closed = door.close(0);
    const { status, headers, body } = await answer;
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 503, retryAfter: '1' });
    expect(JSON.parse(body).error.code).toBe('AgentStopping');
    await closed;
    await expect(send(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('does not wait for connections without a request', async () => {
    const { port, door } = await setUp();
    const agent = new Agent({ keepAlive: true });
    await send(port, { agent });
    const idle = connect(port, '127.0.0.1');
    await once(idle, 'connect');
    idle.on('error', () => undefined);
    await door.close(60_000);
    agent.destroy();
  });

  test('ends a request whose body does not come', async () => {
    const { port, door, calls } = await setUp();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /session/gone HTTP/1.1\r\nHost: localhost\r\nX-ThingSpace-Agent-Token: ${TOKEN}\r\nContent-Length: 9\r\n\r\n{`,
    );
    await expect.poll(() => send(port).then(({ status }) => status)).toBe(200);
    const ended = text(socket);
    await door.close(0);
    expect(await ended).toMatch(/^HTTP\/1\.1 503 /);
    expect(calls).toEqual(['handOut']);
  });
});
