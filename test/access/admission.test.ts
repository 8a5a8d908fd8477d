import { expect, test } from 'vitest';
import { admissionOver } from '../../lambda/access/admission.ts';

const MINUTE_MS = 60_000;

/** Counters in memory, and processes that share them. */
function startCounters(requestsPerMinute: number) {
  const counters = new Map<string, number>();
  const state = { nowMs: 0, writes: 0 };
  const start = () =>
    admissionOver(
      async ({ subject, item }, by, limit) => {
        state.writes += 1;
        const counted = (counters.get(`${subject} ${item}`) ?? 0) + by;
        if (counted > limit) return false;
        counters.set(`${subject} ${item}`, counted);
        return true;
      },
      requestsPerMinute,
      () => state.nowMs,
    );
  return { state, start, counters };
}

async function admitted(admit: (principal: string) => Promise<boolean>, requests: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < requests; n += 1) if (await admit('portal')) count += 1;
  return count;
}

test('lets a caller make exactly as many requests of a minute as it may, in one process', async () => {
  for (const limit of [1, 2, 3, 10, 600]) {
    const { state, start } = startCounters(limit);
    const admit = start();
    for (let minute = 0; minute < 3; minute += 1) {
      state.nowMs = minute * MINUTE_MS;
      expect(await admitted(admit, limit + 50), `${limit}`).toBe(limit);
    }
  }
});

test('counts the first request of a process at once, so new processes together keep the limit', async () => {
  const { start } = startCounters(5);
  const first = await Promise.all(Array.from({ length: 20 }, () => start()('portal')));
  expect(first.filter(Boolean)).toHaveLength(5);
});

test('lets each process exceed the limit by one request of a later minute, and by no more', async () => {
  const { state, start } = startCounters(600);
  const processes = Array.from({ length: 7 }, start);
  for (const admit of processes) await admit('portal');
  state.nowMs = MINUTE_MS;
  let total = 0;
  for (let round = 0; round < 200; round += 1) {
    for (const admit of processes) if (await admit('portal')) total += 1;
  }
  expect(total).toBeGreaterThanOrEqual(480);
  expect(total).toBeLessThanOrEqual(600 + processes.length);
});

test('does not stop a caller below four fifths of its limit, however many processes serve it', async () => {
  for (const processes of [1, 3, 48]) {
    const { state, start } = startCounters(600);
    const admits = Array.from({ length: processes }, start);
    for (let minute = 0; minute < 2; minute += 1) {
      state.nowMs = minute * MINUTE_MS;
      for (let n = 0; n < 480; n += 1) expect(await admits[n % processes]?.('portal')).toBe(true);
    }
  }
});

test('writes once for several requests, and not at all for what it has refused', async () => {
  const { state, start } = startCounters(600);
  const admit = start();
  await admitted(admit, 600);
  expect(state.writes).toBeLessThan(40);
  state.writes = 0;
  await admitted(admit, 1_000);
  expect(state.writes).toBeLessThanOrEqual(1);
});

test('writes nothing for the first request of a later minute', async () => {
  const { state, start, counters } = startCounters(600);
  const admit = start();
  await admit('portal');
  state.nowMs = MINUTE_MS;
  state.writes = 0;
  expect(await admit('portal')).toBe(true);
  expect(state.writes).toBe(0);
  await admit('portal');
  expect([...counters.values()]).toEqual([1, 2]);
});
