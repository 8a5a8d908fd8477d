import { describe, expect, it } from 'vitest';
import {
  ask,
  check,
  engage,
  forget,
  heldSecrets,
  holdsInForce,
  release,
  SERVICE,
  settle,
  stillHolds,
} from '../../lambda/ledger/brake.ts';
import { type CredentialState, type Journal, newState } from '../../lambda/ledger/state.ts';

const DAY_MS = 24 * 60 * 60_000;
const fleet = { username: 'Fleet', secretArn: 'arn:fleet', attempt: 'attempt-1', why: 'unknown' };
const yard = { username: 'Yard', secretArn: 'arn:yard' };
const wait = { username: 'Wait', secretArn: 'arn:wait' };

const engaged = (): CredentialState => {
  const state = newState(SERVICE);
  engage(state, fleet, 100);
  return state;
};
const events = ({ outbox }: CredentialState) =>
  outbox.map(({ event, ...facts }) => [event, 'held' in facts && facts.held]);

describe('The item of holds', () => {
  it('holds every credential except its own, whatever the letter case', () => {
    expect(ask(engaged(), yard, [], 200)).toMatchObject({ ...fleet, since: 100 });
    expect(ask(engaged(), { username: 'FLEET', secretArn: 'arn:fleet' }, [], 200)).toBeUndefined();
  });

  it('stays in force while one of several holds does', () => {
    const state = engaged();
    engage(state, { ...yard, attempt: 'attempt-2', why: 'lost' }, 150);
    ask(state, wait, [], 200);
    settle(state, ['attempt-1'], 300);
    expect(events(state)).toEqual([]);
    expect(ask(state, wait, [], 400)).toMatchObject({ attempt: 'attempt-2' });
    settle(state, ['attempt-2'], 500);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('keeps an override for its one attempt, also when that is found lost', () => {
    const state = engaged();
    expect(release(state, ['attempt-1'], 200)).toMatchObject([{ attempt: 'attempt-1' }]);
    engage(state, { ...fleet, why: 'lost' }, 300);
    expect(holdsInForce(state)).toEqual([]);
    engage(state, { ...fleet, attempt: 'attempt-2' }, 400);
    expect(holdsInForce(state)).toMatchObject([{ attempt: 'attempt-2', since: 400 }]);
  });

  it('overrides only the holds that the operator has seen', () => {
    const state = engaged();
    expect(release(state, ['attempt-0'], 200)).toEqual([]);
    expect(holdsInForce(state)).toHaveLength(1);
  });

  it('records a held secret until its rotation begins, and then no longer counts it', () => {
    const state = engaged();
    for (const asking of [yard, wait]) ask(state, asking, [], 200);
    expect(heldSecrets(state)).toEqual(['arn:yard', 'arn:wait']);
    expect(ask(state, yard, ['attempt-1'], 300)).toBeUndefined();
    expect(heldSecrets(state)).toEqual(['arn:wait']);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('renews a held secret by the check of that credential only', () => {
    const state = engaged();
    expect(check(state, wait, [], 200)).toBeUndefined();
    expect(heldSecrets(state)).toEqual([]);
    ask(state, yard, [], 200);
    expect(check(state, yard, [], 300)).toMatchObject({ attempt: 'attempt-1' });
    expect(check(state, yard, ['attempt-1'], 400)).toBeUndefined();
    expect(heldSecrets(state)).toEqual(['arn:yard']);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('counts a held secret until a week has passed without its check', () => {
    for (const [afterMs, held] of [
      [7 * DAY_MS - 1, ['arn:yard']],
      [7 * DAY_MS, []],
    ] as const) {
      const state = engaged();
      ask(state, yard, [], 200);
      check(state, yard, [], DAY_MS);
      settle(state, ['attempt-1'], DAY_MS + afterMs);
      expect(heldSecrets(state)).toEqual(held);
      expect(state.outbox).toHaveLength(held.length);
    }
  });

  it('counts a held secret in an item of an older version, which names no check', () => {
    const state = engaged();
    state.brake = { holds: state.brake?.holds ?? {}, held: { 'arn:yard': 100 } };
    settle(state, ['attempt-1'], 90 * DAY_MS);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
    forget(state, 'arn:yard');
    expect(heldSecrets(state)).toEqual([]);
  });

  it('announces its end once, also when an overridden hold is settled later', () => {
    const state = engaged();
    ask(state, yard, [], 150);
    release(state, ['attempt-1'], 200);
    settle(state, ['attempt-1'], 300);
    expect(state.outbox.map((alarm) => 'how' in alarm && alarm.how)).toEqual(['released']);
  });
});

describe('A hold', () => {
  const exchange = {
    token: 't',
    attempt: 'attempt-1',
    secretArn: 'a',
    oldVersion: 'v',
    oldHash: 'h',
    startedAt: 1,
  };
  const hold = { ...fleet, since: 100 };
  const holds = (journal: Journal) => stillHolds(hold, { ...newState('fleet'), journal });

  it('counts while its own exchange is open', () => {
    expect(holds({ state: 'unknown', ...exchange })).toBe(true);
    expect(holds({ state: 'lost', ...exchange, since: 2 })).toBe(true);
    expect(holds({ state: 'received', ...exchange, receivedAt: 2, envelope: 'e' })).toBe(true);
    expect(holds({ state: 'committed', ...exchange, receivedAt: 2 })).toBe(false);
    expect(holds({ state: 'idle' })).toBe(false);
    expect(holds({ state: 'unknown', ...exchange, attempt: 'attempt-2' })).toBe(false);
  });
});
