import { describe, expect, it } from 'vitest';
import {
  beginPause,
  checkPause,
  overdueDays,
  pauseInForce,
  refusePaused,
  resume,
} from '../../lambda/ledger/pause.ts';
import { type CredentialState, decodeState, newState } from '../../lambda/ledger/state.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 5);
const about = { username: 'Fleet', secretArn: 'arn:fleet' };
const wanted = { until: START + 3 * DAY_MS, actor: 'ann', reason: 'CHG-1' };
const healthy = { unfinished: undefined, mayStart: true };

function paused(): CredentialState {
  const state = newState('fleet');
  beginPause(state, wanted, START);
  return state;
}
const refused = (): CredentialState => {
  const state = paused();
  refusePaused(state, about, START + HOUR_MS);
  return state;
};
const over = ({ outbox }: CredentialState) => outbox.filter(({ event }) => event === 'pause-over');

describe('A pause', () => {
  it('keeps an exchange from beginning until its end, to the millisecond', () => {
    const refusal = refusePaused(paused(), about, wanted.until - 1);
    expect(refusal?.name).toBe('RotationPausedError');
    expect(refusal?.message).toContain("resume --secret 'arn:fleet'");
    expect(refusePaused(paused(), about, wanted.until)).toBeUndefined();
  });

  it('replaces the earlier one, also with an earlier end', () => {
    const state = paused();
    beginPause(state, { ...wanted, until: START + HOUR_MS, reason: 'CHG-2' }, START + 1);
    expect(pauseInForce(state, START + HOUR_MS - 1)).toMatchObject({ reason: 'CHG-2' });
    expect(pauseInForce(state, START + HOUR_MS)).toBeUndefined();
  });

  it('is kept by the stored item', () => {
    const state = refused();
    expect(decodeState('fleet', JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});

describe('The daily check of a pause', () => {
  it('changes and announces nothing before its end', () => {
    const state = refused();
    const before = structuredClone(state);
    expect(checkPause(state, about, { ...healthy, unfinished: 'version-2' }, wanted.until - 1)).toBe('waits');
    expect(state).toEqual(before);
  });

  it('notes a rotation whose process died before it could', () => {
    const state = paused();
    expect(checkPause(state, about, { ...healthy, unfinished: 'version-2' }, START + 1)).toBe('waits');
    expect(state.owed).toEqual({ since: START + 1 });
    expect(checkPause(state, about, { ...healthy, unfinished: 'version-2' }, wanted.until)).toBe('starts');
  });

  it('owes no rotation whose exchange has begun since the secret was read', () => {
    for (const begun of [
      { state: 'idle', lastToken: 'version-2' },
      { state: 'exchanging', token: 'version-2' },
    ]) {
      const state = { ...paused(), journal: begun as never };
      expect(checkPause(state, about, { ...healthy, unfinished: 'version-2' }, wanted.until)).toBe('none');
      expect(over(state)).toMatchObject([{ owed: false }]);
    }
  });

  it('announces the end once, and that no rotation came due', () => {
    const state = paused();
    expect(checkPause(state, about, healthy, wanted.until)).toBe('none');
    const published = over(state);
    state.outbox = [];
    expect(checkPause(state, about, healthy, wanted.until + DAY_MS)).toBe('none');
    expect(over(state)).toEqual([]);
    expect(published).toMatchObject([{ owed: false, actor: 'ann', reason: 'CHG-1', until: wanted.until }]);
  });

  it('has an owed rotation started, and again on the next day, but not at once', () => {
    const state = refused();
    expect(checkPause(state, about, healthy, wanted.until)).toBe('starts');
    expect(checkPause(state, about, healthy, wanted.until + HOUR_MS)).toBe('none');
    expect(checkPause(state, about, healthy, wanted.until + DAY_MS)).toBe('again');
    expect(over(state)).toMatchObject([{ owed: true }]);
  });

  it('starts no rotation of a secret whose rotation is off, until it is on again', () => {
    const state = refused();
    expect(checkPause(state, about, { ...healthy, mayStart: false }, wanted.until)).toBe('none');
    expect(over(state)).toHaveLength(1);
    expect(checkPause(state, about, healthy, wanted.until + DAY_MS)).toBe('starts');
  });

  it('starts an owed rotation after an operator ended the pause', () => {
    const state = refused();
    expect(resume(state, about, { by: 'ben' }, START + 2 * HOUR_MS)).toBe(true);
    expect(resume(state, about, { by: 'ben' }, START + 2 * HOUR_MS)).toBe(false);
    expect(over(state)).toMatchObject([{ owed: true, endedBy: 'ben' }]);
    expect(checkPause(state, about, healthy, START + DAY_MS)).toBe('starts');
    expect(over(state)).toHaveLength(1);
  });
});

describe('The days for which a password counts as overdue', () => {
  it('are none during a pause and on the day after it, and all of them later', () => {
    expect(overdueDays(newState('fleet'), 2, START)).toBe(2);
    expect(overdueDays(paused(), 2, START + DAY_MS)).toBeLessThan(0);
    expect(overdueDays(paused(), 5, wanted.until + DAY_MS)).toBe(0);
    expect(overdueDays(paused(), 5, wanted.until + 2 * DAY_MS)).toBe(1);
    expect(overdueDays(paused(), 0.5, wanted.until + 2 * DAY_MS)).toBe(0.5);
    expect(overdueDays(paused(), -80, START + DAY_MS)).toBe(-80);
  });

  it('count from the end that an operator gave a pause', () => {
    const state = paused();
    resume(state, about, { by: 'ben' }, START + HOUR_MS);
    expect(overdueDays(state, 5, START + HOUR_MS + 3 * DAY_MS)).toBe(2);
  });
});
