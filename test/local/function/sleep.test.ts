import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startClock, type WorldClock } from '../../../local/aws/clock.ts';
import { createPassingTime } from '../../../local/function/passing-time.ts';
import { createFunction, type LocalFunction } from '../../../local/function/sandbox.ts';
import { listen } from '../../../local/http.ts';

const handlerFile = fileURLToPath(new URL('../fixture-handler.mjs', import.meta.url));
const HOUR_MS = 3_600_000;

let clock: WorldClock;
let lambda: LocalFunction;
let calling: boolean;
let callsEnd: () => void;
let passedMs: () => number;

beforeEach(() => {
  clock = startClock();
  calling = false;
  const time = createPassingTime(clock, () => calling);
  callsEnd = () => {
    calling = false;
    time.callsEnded();
  };
  lambda = createFunction({ handlerFile, env: {}, timeoutMs: 24 * HOUR_MS, time });
  const startedAtMs = clock.nowMs();
  passedMs = () => clock.nowMs() - startedAtMs;
});
afterEach(() => lambda.kill());

const does = (what: string, more: object = {}, timeoutMs?: number) =>
  lambda.invoke({ does: what, ...more }, timeoutMs);

describe('a sleep of the function', () => {
  it('passes in the world’s clock and in the function’s own, and its remaining time falls', async () => {
    const result = await does('sleep');
    const { sleptMs, usedMs } = (result as { value: { sleptMs: number; usedMs: number } }).value;
    expect(Math.min(sleptMs, usedMs, passedMs())).toBeGreaterThanOrEqual(HOUR_MS - 1);
    expect(passedMs()).toBeLessThan(2 * HOUR_MS);
  });

  it('is cut off by the end of the invocation’s time', async () => {
    const result = await does('sleep', { ms: 3 * HOUR_MS }, HOUR_MS);
    expect(result).toMatchObject({ ok: false, error: { errorType: 'Sandbox.Timedout' } });
    expect(passedMs()).toBeLessThan(2 * HOUR_MS);
  });

  it('ends after the shorter one beside it', async () => {
    expect(await does('sleep twice')).toEqual({ ok: true, value: ['short', 'long'] });
    expect(passedMs()).toBeLessThan(3 * HOUR_MS);
  });

  it('waits for the answer to a request of the same invocation', async () => {
    const server = await listen(createServer((_, response) => setTimeout(() => response.end(), 100)));
    const result = await does('sleep beside a request', { url: server.url });
    await server.close();
    expect(result).toEqual({ ok: true, value: ['answer', 'slept'] });
  });

  it('makes no timer of the process run faster', async () => {
    expect(await does('sleep beside a timer')).toEqual({ ok: true, value: ['slept', 'timer'] });
  });

  it('waits for an invocation beside it that works', async () => {
    const ended: string[] = [];
    const sleeps = does('sleep').then(() => void ended.push('slept'));
    const works = does('work').then(() => {
      expect(passedMs()).toBeLessThan(HOUR_MS);
      ended.push('worked');
    });
    await Promise.all([sleeps, works]);
    expect(ended).toEqual(['worked', 'slept']);
  });

  it('passes together with that of an invocation beside it, which wakes up first when it is shorter', async () => {
    const ended: string[] = [];
    await Promise.all([
      does('sleep', { ms: 2 * HOUR_MS }).then(() => ended.push('long')),
      does('sleep', { ms: HOUR_MS }).then(() => ended.push('short')),
    ]);
    expect(ended).toEqual(['short', 'long']);
    expect(passedMs()).toBeLessThan(3 * HOUR_MS);
  });

  it('waits for a remote call of any other client in the world', async () => {
    calling = true;
    const beside = does('sleep');
    await does('work');
    expect(passedMs()).toBeLessThan(HOUR_MS);
    callsEnd();
    expect(await beside).toMatchObject({ ok: true });
  });

  it('takes its real time when it cannot pass at once', async () => {
    calling = true;
    expect(await does('sleep', { ms: 100 })).toMatchObject({ ok: true });
  });

  it('ends by SIGKILL, and the invocation after it sleeps as well', async () => {
    calling = true;
    const killed = does('sleep');
    await does('work');
    await lambda.kill();
    expect(await killed).toMatchObject({ ok: false, error: { errorType: 'Runtime.ExitError' } });
    callsEnd();
    expect(passedMs()).toBeLessThan(HOUR_MS);
    expect(await does('sleep')).toMatchObject({ ok: true });
  });
});
