import { describe, expect, it } from 'vitest';
import {
  check,
  decodeHolds,
  forget,
  type Holds,
  holdsInForce,
  lift,
  newHolds,
  override,
  place,
  SERVICE,
  stillHolds,
  waitingSecrets,
} from '../../lambda/ledger/holds.ts';
import { SCHEMA } from '../../lambda/ledger/items.ts';
import { decodeState, type Journal, newState } from '../../lambda/ledger/state.ts';

const DAY_MS = 24 * 60 * 60_000;
const fleet = { username: 'Fleet', secretArn: 'arn:fleet', attempt: 'attempt-1', why: 'unknown' };
const yard = { username: 'Yard', secretArn: 'arn:yard' };
const wait = { username: 'Wait', secretArn: 'arn:wait' };

const ask = (item: Holds, asking: typeof yard, ended: string[], now: number) =>
  check(item, { ...asking, begins: true }, ended, now);
const placed = (): Holds => {
  const state = newHolds();
  place(state, fleet, 100);
  return state;
};
const events = ({ outbox }: Holds) =>
  outbox.map(({ event, ...facts }) => [event, 'held' in facts && facts.held]);

describe('The item of holds', () => {
  it('holds every credential except its own, whatever the letter case', () => {
    expect(ask(placed(), yard, [], 200)).toMatchObject({ ...fleet, since: 100 });
    expect(ask(placed(), { username: 'FLEET', secretArn: 'arn:fleet' }, [], 200)).toBeUndefined();
  });

  it('stays in force while one of several holds does', () => {
    const state = placed();
    place(state, { ...yard, attempt: 'attempt-2', why: 'lost' }, 150);
    ask(state, wait, [], 200);
    lift(state, ['attempt-1'], 300);
    expect(events(state)).toEqual([]);
    expect(ask(state, wait, [], 400)).toMatchObject({ attempt: 'attempt-2' });
    lift(state, ['attempt-2'], 500);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('keeps an override for its one attempt, also when that is found lost', () => {
    const state = placed();
    expect(override(state, ['attempt-1'], 200)).toMatchObject([{ attempt: 'attempt-1' }]);
    place(state, { ...fleet, why: 'lost' }, 300);
    expect(holdsInForce(state)).toEqual([]);
    place(state, { ...fleet, attempt: 'attempt-2' }, 400);
    expect(holdsInForce(state)).toMatchObject([{ attempt: 'attempt-2', since: 400 }]);
  });

  it('overrides only the holds that the operator has seen', () => {
    const state = placed();
    expect(override(state, ['attempt-0'], 200)).toEqual([]);
    expect(holdsInForce(state)).toHaveLength(1);
  });

  it('records a held secret until its rotation begins, and then no longer counts it', () => {
    const state = placed();
    for (const asking of [yard, wait]) ask(state, asking, [], 200);
    expect(waitingSecrets(state)).toEqual(['arn:yard', 'arn:wait']);
    expect(ask(state, yard, ['attempt-1'], 300)).toBeUndefined();
    expect(waitingSecrets(state)).toEqual(['arn:wait']);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('renews a held secret by the check of that credential only', () => {
    const state = placed();
    expect(check(state, { ...wait, begins: false }, [], 200)).toBeUndefined();
    expect(waitingSecrets(state)).toEqual([]);
    ask(state, yard, [], 200);
    expect(check(state, { ...yard, begins: false }, [], 300)).toMatchObject({ attempt: 'attempt-1' });
    expect(check(state, { ...yard, begins: false }, ['attempt-1'], 400)).toBeUndefined();
    expect(waitingSecrets(state)).toEqual(['arn:yard']);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
  });

  it('counts a held secret until a week has passed without its check', () => {
    for (const [afterMs, held] of [
      [7 * DAY_MS - 1, ['arn:yard']],
      [7 * DAY_MS, []],
    ] as const) {
      const state = placed();
      ask(state, yard, [], 200);
      check(state, { ...yard, begins: false }, [], DAY_MS);
      lift(state, ['attempt-1'], DAY_MS + afterMs);
      expect(waitingSecrets(state)).toEqual(held);
      expect(state.outbox).toHaveLength(held.length);
    }
  });

  it('counts a held secret in an item of an older version, which names no check', () => {
    const state = placed();
    state.brake = { holds: state.brake.holds, held: { 'arn:yard': 100 } };
    lift(state, ['attempt-1'], 90 * DAY_MS);
    expect(events(state)).toEqual([['exchanges-resume', 1]]);
    forget(state, 'arn:yard');
    expect(waitingSecrets(state)).toEqual([]);
  });

  it('announces its end once, also when an overridden hold is settled later', () => {
    const state = placed();
    ask(state, yard, [], 150);
    override(state, ['attempt-1'], 200);
    lift(state, ['attempt-1'], 300);
    expect(state.outbox.map((alarm) => 'how' in alarm && alarm.how)).toEqual(['released']);
  });
});

describe('The stored item of holds', () => {
  const ofEarlierVersion = () => ({
    ...newState(SERVICE),
    revision: 7,
    brake: placed().brake,
    color: 'blue',
  });

  it('is read as an earlier version wrote it, and keeps every member of it', () => {
    const stored = ofEarlierVersion();
    const item = decodeHolds(SERVICE, structuredClone(stored));
    expect(item).toEqual(stored);
    expect(holdsInForce(item)).toMatchObject([fleet]);
  });

  it('keeps the hold of a credential whose username is a name of JavaScript’s own', () => {
    const item = newHolds();
    for (const username of ['Prototype', 'constructor']) place(item, { ...fleet, username }, 100);
    const read = decodeHolds(SERVICE, JSON.parse(JSON.stringify(item)));
    expect(holdsInForce(read).map(({ username }) => username)).toEqual(['Prototype', 'constructor']);
  });

  it('begins with its own lists in each new item', () => {
    place(newHolds(), fleet, 100);
    expect(holdsInForce(newHolds())).toEqual([]);
  });

  it('is read by an earlier version, which keeps the holds', () => {
    const item = placed();
    // Earlier versions read it as a credential's item.
    expect(decodeState(SERVICE, { ...item })).toEqual({ ...newState(SERVICE), ...item });
  });

  it('is not read without its list of holds: a hold may be in it', () => {
    expect(() => decodeHolds(SERVICE, { brake: { held: {} } })).toThrow(/lists the holds and cannot be read/);
  });

  it('is not touched when a later version has reserved it', () => {
    const item = { ...placed(), schema: SCHEMA + 1 };
    expect(() => decodeHolds(SERVICE, item)).toThrow(/later version of the software.*deploy that version/);
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
