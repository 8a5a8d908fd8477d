import { createServer, request as httpRequest } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fate } from '../../../local/faults.ts';
import { type Call, type Gateway, startGateway } from '../../../local/gateway/gateway.ts';
import { type Listening, listen } from '../../../local/http.ts';

const answerBody = 'the whole answer';

let service: Listening;
let gateway: Gateway;
let url: string;
/** Bodies of the requests that took effect. */
let effects: string[];

beforeEach(async () => {
  effects = [];
  service = await listen(
    createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => effects.push(body));
      request.on('end', () => {
        response.writeHead(201, { 'x-service': 'real', 'content-type': 'text/plain' });
        response.write(answerBody.slice(0, 4));
        response.end(answerBody.slice(4));
      });
    }),
  );
  gateway = startGateway();
  url = await gateway.front('thing', service.url, {
    operationOf: ({ method, path }) => `${method} ${path}`,
    detailOf: ({ headers }) => ({ host: String(headers.host) }),
  });
});
afterEach(async () => {
  await gateway.close();
  await service.close();
});

type Seen = { status?: number | undefined; headers?: object; body: string; broke: boolean };

/** One POST on a connection of its own; resolves to what arrived, and whether the connection broke. */
const post = (body = 'effect'): Promise<Seen> =>
  new Promise((resolve) => {
    const seen: Seen = { body: '', broke: false };
    const broke = () => resolve({ ...seen, broke: true });
    const outgoing = httpRequest(`${url}/do`, { method: 'POST', agent: false }, (incoming) => {
      Object.assign(seen, { status: incoming.statusCode, headers: incoming.headers });
      incoming.setEncoding('utf8').on('data', (part: string) => {
        seen.body += part;
      });
      incoming.on('error', broke).on('end', () => resolve(seen));
    });
    outgoing.on('error', broke).end(body);
  });
const decide = (fate: Fate) => {
  gateway.decide = () => fate;
};
const onlyCall = (): Call => {
  expect(gateway.calls).toHaveLength(1);
  return gateway.calls[0] as Call;
};

describe('a call', () => {
  test('is delivered unless decided otherwise, with status, headers and bytes as the service sent them', async () => {
    const seen = await post();
    expect(seen).toMatchObject({ status: 201, headers: { 'x-service': 'real' }, body: answerBody });
    expect(effects).toEqual(['effect']);
    expect(onlyCall()).toEqual({
      index: 1,
      service: 'thing',
      operation: 'POST /do',
      detail: { host: new URL(url).host },
      startedAtMs: expect.any(Number),
      endedAtMs: expect.any(Number),
      httpStatus: 201,
      fate: 'ok',
    });
  });

  test('keeps the gateway busy until its caller no longer waits, also without an answer', async () => {
    const quiet = Promise.withResolvers<void>();
    gateway.onQuiet = quiet.resolve;
    const begun = Promise.withResolvers<void>();
    gateway.decide = () => {
      begun.resolve();
      return 'hung-before';
    };
    expect(gateway.busy).toBe(false);
    const outgoing = httpRequest(`${url}/do`, { method: 'POST', agent: false }).on('error', () => {});
    outgoing.end('effect');
    await begun.promise;
    expect(gateway.busy).toBe(true);
    outgoing.destroy();
    await quiet.promise;
    expect(gateway.busy).toBe(false);
  });

  test('may be delivered late', async () => {
    gateway.decide = async () => {
      await nextTurn();
      return 'ok' as const;
    };
    expect(await post()).toMatchObject({ status: 201, body: answerBody });
  });

  test('may be answered without a delivery', async () => {
    decide({ fault: 'failed-before', status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' });
    expect(await post()).toMatchObject({
      status: 503,
      headers: { 'content-type': 'text/html' },
      body: '<html>',
    });
    expect(effects).toEqual([]);
    expect(onlyCall()).toMatchObject({ fate: 'failed-before', httpStatus: 503 });
  });

  test('may take effect and get another answer', async () => {
    decide({ fault: 'misreported', status: 500, body: '{"__type":"InternalServiceError"}' });
    expect(await post()).toMatchObject({ status: 500 });
    expect(effects).toEqual(['effect']);
    expect(onlyCall()).toMatchObject({ httpStatus: 500, errorName: 'InternalServiceError' });
  });

  test('may be lost on the way there', async () => {
    decide('request-lost');
    expect(await post()).toEqual({ body: '', broke: true });
    expect(effects).toEqual([]);
    expect(onlyCall()).not.toHaveProperty('httpStatus');
  });

  test('may take effect and lose its answer', async () => {
    decide('response-lost');
    expect(await post()).toEqual({ body: '', broke: true });
    expect(effects).toEqual(['effect']);
    expect(onlyCall()).toMatchObject({ fate: 'response-lost', httpStatus: 201 });
  });

  test.each(Array.from({ length: answerBody.length }, (_, n) => n))(
    'may break after %i bytes of the answer, all of which arrive',
    async (afterBytes) => {
      decide({ fault: 'cut', afterBytes });
      expect(await post()).toMatchObject({
        status: 201,
        body: answerBody.slice(0, afterBytes),
        broke: true,
      });
      expect(effects).toEqual(['effect']);
    },
  );

  test.each([
    ['hung-after', ['effect']],
    ['hung-before', []],
  ] as const)('may hang for as long as the gateway lives: %s', async (fate, expected) => {
    decide(fate);
    const answer = post();
    await vi.waitFor(() => expect(onlyCall().fate).toBe(fate));
    if (fate === 'hung-after') await vi.waitFor(() => expect(onlyCall().endedAtMs).toBeDefined());
    await gateway.close();
    expect(await answer).toEqual({ body: '', broke: true });
    expect(effects).toEqual(expected);
  });

  test.each([
    ['killed-before', []],
    ['killed-after', ['effect']],
  ] as const)('may see the caller %s it takes effect', async (fate, expected) => {
    decide(fate);
    let effectsAtKill: string[] | undefined;
    gateway.onKill = async () => {
      effectsAtKill = [...effects];
    };
    expect(await post()).toEqual({ body: '', broke: true });
    expect(effectsAtKill).toEqual(expected);
    expect(effects).toEqual(expected);
  });

  test('takes effect although its caller went away before the gateway forwarded it', async () => {
    const decided = Promise.withResolvers<Fate>();
    gateway.decide = () => decided.promise;
    const outgoing = httpRequest(url, { method: 'POST', agent: false }).on('error', () => {});
    outgoing.end('effect');
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(1));
    outgoing.destroy();
    decided.resolve('ok');
    await vi.waitFor(() => expect(onlyCall().endedAtMs).toBeDefined());
    expect(effects).toEqual(['effect']);
  });

  test('breaks, and is recorded as broken, when its service is gone', async () => {
    await service.close();
    expect(await post()).toEqual({ body: '', broke: true });
    expect(onlyCall()).toMatchObject({ errorName: 'ServiceUnreachable', endedAtMs: expect.any(Number) });
  });
});

test('calls are numbered over all fronts, decided one by one, and reported to listeners twice', async () => {
  const other = await gateway.front('other', service.url, { operationOf: () => 'Other' });
  const told: string[] = [];
  gateway.subscribe(({ index, service: name }, phase) => told.push(`${index} ${name} ${phase}`));
  gateway.decide = ({ index }) => (index === 2 ? { fault: 'failed-before', status: 400, body: '' } : 'ok');
  await post();
  expect((await fetch(other, { method: 'POST', body: 'x' })).status).toBe(400);
  expect((await post()).status).toBe(201);
  expect(told).toEqual([
    '1 thing start',
    '1 thing end',
    '2 other start',
    '2 other end',
    '3 thing start',
    '3 thing end',
  ]);
});

test('a kept connection is never closed for being idle: no time-out is announced', async () => {
  const answer = await fetch(url, { method: 'POST', body: 'x' });
  expect(answer.headers.get('keep-alive')).toBeNull();
});
