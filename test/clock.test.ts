import { expect, test } from 'vitest';
import { createClock } from '../lambda/clock.ts';

/** Two clocks that a test sets, and the one that is made of them. */
function clocks() {
  const set = { monotonicMs: 1_000, wallMs: Date.UTC(2026, 0, 5) };
  const clock = createClock(
    () => set.monotonicMs,
    () => set.wallMs,
  );
  const pass = (monotonicMs: number, wallMs: number): number => {
    set.monotonicMs += monotonicMs;
    set.wallMs += wallMs;
    return clock.nowMs();
  };
  return { clock, pass };
}

test('time that both clocks saw pass has passed once', () => {
  const { clock, pass } = clocks();
  const startedAt = clock.nowMs();
  expect(pass(250, 250) - startedAt).toBe(250);
  expect(clock.nowMs() - startedAt).toBe(250);
});

test('time in which the process was suspended counts, whichever of the two clocks stood still', () => {
  const { clock, pass } = clocks();
  const startedAt = clock.nowMs();
  expect(pass(5, 60_000) - startedAt).toBe(60_000);
  expect(pass(60_000, 5) - startedAt).toBe(120_000);
});

test('a wall clock that is set back does not run it backwards, and what follows counts from there', () => {
  const { clock, pass } = clocks();
  const startedAt = clock.nowMs();
  expect(pass(10, -3_600_000) - startedAt).toBe(10);
  expect(pass(0, -3_600_000) - startedAt).toBe(10);
  // The wall clock set right again looks like a suspended process: too much patience is never taken for granted.
  expect(pass(10, 3_600_000) - startedAt).toBe(3_600_010);
});

test('many readings add up to the time between the first and the last', () => {
  const { clock, pass } = clocks();
  const startedAt = clock.nowMs();
  for (let reading = 0; reading < 100; reading += 1) pass(10, 10);
  expect(clock.nowMs() - startedAt).toBe(1_000);
});

test('clocks that tick in other fractions do not add up to more than has passed', () => {
  const { clock, pass } = clocks();
  const startedAt = clock.nowMs();
  for (let reading = 0; reading < 100; reading += 1)
    pass(reading % 2 === 0 ? 0.9 : 0.1, reading % 2 === 0 ? 0 : 1);
  expect(clock.nowMs() - startedAt).toBeCloseTo(50);
});
