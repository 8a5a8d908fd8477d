import { describe, expect, it, test } from 'vitest';
import type { StandingTrouble, Trouble } from '../../lambda/alarms/event.ts';
import { type CredentialState, decodeState, newState } from '../../lambda/ledger/state.ts';
import {
  announcedNow,
  isOver,
  markOf,
  noteTrouble,
  provenBy,
  troubleIsOver,
} from '../../lambda/ledger/trouble.ts';

const HOUR = 3_600_000;
const T0 = Date.parse('2026-03-01T00:30:00Z');
const about = { id: 'x', username: 'Fleet', secretArn: 'arn:secret' };
type Found = Parameters<typeof noteTrouble>[1];

/** Notes it and returns what is announced by that. */
function note(state: CredentialState, found: Found | Trouble, at: number) {
  noteTrouble(state, typeof found === 'string' ? { kind: found } : found, about, at);
  return state.outbox.splice(0);
}
const over = (state: CredentialState, at: number) => {
  troubleIsOver(state, about, at);
  return state.outbox.splice(0);
};
const failing = (errorName = 'SecretStoreError'): Found => ({ kind: 'rotation-failing', errorName });

test('announces a new trouble at once, with its details', () => {
  const state = newState('fleet');
  const found: Found = { kind: 'not-stored', errorName: 'SecretStoreError', versionId: 'v1', token: 't1' };
  expect(note(state, found, T0)).toEqual([
    {
      event: 'standing-trouble',
      id: `not-stored:${T0}:0:x`,
      at: T0,
      credential: 'fleet',
      username: 'Fleet',
      secretArn: 'arn:secret',
      trouble: 'not-stored',
      since: T0,
      days: 0,
      errorName: 'SecretStoreError',
      versionId: 'v1',
      token: 't1',
    },
  ]);
});

test('announces a trouble again 20 hours after the last time, and not a moment before', () => {
  const state = newState('fleet');
  note(state, 'lost', T0);
  expect(note(state, 'lost', T0 + 20 * HOUR - 1)).toEqual([]);
  // `>` instead of `>=` would wait here.
  expect(note(state, 'lost', T0 + 20 * HOUR)).toMatchObject([{ since: T0, days: 0 }]);
  expect(note(state, 'lost', T0 + 40 * HOUR - 1)).toEqual([]);
  expect(note(state, 'lost', T0 + 48 * HOUR)).toMatchObject([{ days: 2 }]);
});

test('gives every announcement of a trouble its own id, at any distance', () => {
  for (const apart of [20 * HOUR, 21 * HOUR, 24 * HOUR, 30 * HOUR]) {
    const state = newState('fleet');
    const ids = Array.from({ length: 30 }, (_, n) => note(state, 'lost', T0 + n * apart)[0]?.id);
    expect(new Set(ids).size).toBe(30);
  }
});

test('gives announcements of later checks four hours apart different ids', () => {
  const state = newState('fleet');
  note(state, 'lost', T0);
  const found: Found = { kind: 'lost', atCheck: true };
  const ids = Array.from({ length: 30 }, (_, n) => note(state, found, T0 + (24 + n * 4) * HOUR)[0]?.id);
  expect(new Set(ids).size).toBe(30);
});

test('gives a repetition the same id when its first answer was lost', () => {
  const [one, other] = [newState('fleet'), newState('fleet')];
  for (const state of [one, other]) note(state, 'lost', T0);
  const [first] = note(one, 'lost', T0 + 24 * HOUR);
  expect(note(other, 'lost', T0 + 24 * HOUR + 5_000)[0]?.id).toBe(first?.id);
});

test('announces a trouble from the next day on when its own event has just announced it', () => {
  const state = newState('fleet');
  announcedNow(state, 'superseded', T0);
  expect(note(state, 'superseded', T0)).toEqual([]);
  expect(note(state, 'superseded', T0 + 20 * HOUR - 1)).toEqual([]);
  expect(note(state, 'superseded', T0 + 20 * HOUR)).toHaveLength(1);
  // Another version of the secret was announced as superseded.
  announcedNow(state, 'superseded', T0 + 40 * HOUR);
  expect(note(state, 'superseded', T0 + 41 * HOUR)).toEqual([]);
});

test('announces a trouble again when it begins again after its end', () => {
  const state = newState('fleet');
  announcedNow(state, 'guard-closed', T0);
  note(state, 'guard-closed', T0);
  over(state, T0 + HOUR);
  expect(note(state, 'guard-closed', T0 + 2 * HOUR)).toMatchObject([{ since: T0 + 2 * HOUR }]);
});

test('repeats no trouble by the check of the first day, but later every one', () => {
  const state = newState('fleet');
  const atCheck: Found = { kind: 'lost', atCheck: true };
  note(state, 'lost', T0);
  expect(note(state, atCheck, T0 + 19 * HOUR)).toEqual([]);
  expect(note(state, 'lost', T0 + 39 * HOUR)).toHaveLength(1);
  expect(note(state, atCheck, T0 + 43 * HOUR - 1)).toEqual([]);
  expect(note(state, atCheck, T0 + 43 * HOUR)).toHaveLength(1);
});

test('announces another kind at once, without an end of the one before', () => {
  const state = newState('fleet');
  note(state, 'unknown', T0);
  expect(note(state, 'lost', T0 + HOUR)).toMatchObject([
    { event: 'standing-trouble', trouble: 'lost', since: T0 + HOUR },
  ]);
});

describe('A rotation that fails', () => {
  it('is announced when five steps have ended in the same error', () => {
    const state = newState('fleet');
    const announced = [0, 1, 2, 3].flatMap((minute) => note(state, failing(), T0 + minute * 60_000));
    expect(announced).toEqual([]);
    // `>` instead of `>=` would wait for a sixth.
    expect(note(state, failing(), T0 + 240_000)).toMatchObject([
      { trouble: 'rotation-failing', since: T0, errorName: 'SecretStoreError' },
    ]);
    expect(note(state, failing(), T0 + 300_000)).toEqual([]);
  });

  it('is announced when it has failed for six hours', () => {
    const state = newState('fleet');
    note(state, failing(), T0);
    expect(note(state, failing(), T0 + 6 * HOUR - 1)).toEqual([]);
    expect(note(state, failing(), T0 + 6 * HOUR)).toHaveLength(1);
  });

  it('begins a new trouble with another error', () => {
    const state = newState('fleet');
    for (let n = 0; n < 4; n++) note(state, failing(), T0);
    expect(note(state, failing('LedgerUnavailableError'), T0)).toEqual([]);
    for (let n = 0; n < 3; n++) expect(note(state, failing('LedgerUnavailableError'), T0)).toEqual([]);
    expect(note(state, failing('LedgerUnavailableError'), T0)).toMatchObject([
      { errorName: 'LedgerUnavailableError' },
    ]);
  });

  it('is replaced by a trouble that names its cause', () => {
    const state = newState('fleet');
    note(state, failing(), T0);
    const [announced] = note(state, 'not-stored', T0 + HOUR) as StandingTrouble[];
    expect(announced).toMatchObject({ trouble: 'not-stored', since: T0 + HOUR });
    expect(announced).not.toHaveProperty('errorName');
  });

  it('repeats, and does not replace, a trouble that names its cause', () => {
    const state = newState('fleet');
    note(state, { kind: 'lost', token: 't1' }, T0);
    for (let n = 0; n < 9; n++) expect(note(state, failing(), T0 + n * HOUR)).toEqual([]);
    const [again] = note(state, { ...failing(), token: 't2' }, T0 + 20 * HOUR);
    expect(again).toMatchObject({ trouble: 'lost', since: T0 });
    expect(again).not.toHaveProperty('errorName');
    expect(again).not.toHaveProperty('token');
  });

  it('is announced although every step meets a sealed answer that does not open', () => {
    const state = newState('fleet');
    const announced = Array.from({ length: 5 }, (_, n) => [
      ...note(state, 'unreadable-envelope', T0 + n),
      ...note(state, failing(), T0 + n),
    ]).flat() as StandingTrouble[];
    expect(announced.map(({ trouble }) => trouble)).toEqual(['unreadable-envelope', 'rotation-failing']);
  });
});

describe('A rotation that failed', () => {
  const ofRotation = (errorName = 'SecretStoreError'): Found => ({ ...failing(errorName), token: 't1' });
  const atCheck = (errorName = 'SecretStoreError'): Found => ({ ...failing(errorName), atCheck: true });

  it('is announced by the next check, however few its tries were', () => {
    const state = newState('fleet');
    expect(note(state, ofRotation(), T0)).toEqual([]);
    expect(note(state, atCheck(), T0 + 1)).toMatchObject([{ trouble: 'rotation-failing', since: T0 }]);
  });

  it('is announced by the next check when that fails in another way', () => {
    const state = newState('fleet');
    note(state, ofRotation(), T0);
    expect(note(state, atCheck('LogInUnknownError'), T0 + 1)).toMatchObject([
      { errorName: 'LogInUnknownError' },
    ]);
    expect(isOver(state)).toBe(false);
  });

  it('ends when a rotation has finished since, and not by a successful check', () => {
    const state = newState('fleet');
    note(state, ofRotation(), T0);
    expect(isOver(state)).toBe(false);
    state.journal = { state: 'idle', lastToken: 't1', receivedAt: T0 };
    expect(isOver(state)).toBe(false);
    state.journal = { state: 'idle', lastToken: 't1', receivedAt: T0 + 1 };
    expect(isOver(state)).toBe(true);
  });

  it('counts as one of a rotation in an item of an older version', () => {
    const stored = {
      kind: 'rotation-failing',
      since: T0,
      saidAt: T0,
      errorName: 'SecretStoreError',
      failures: 6,
    };
    const state = decodeState('fleet', { trouble: stored });
    expect(isOver(state)).toBe(false);
    expect(note(state, atCheck(), T0 + 24 * HOUR)).toHaveLength(1);
  });

  it('ends by the next successful check when only checks have failed', () => {
    const state = newState('fleet');
    expect(note(state, atCheck(), T0)).toEqual([]);
    expect(note(state, atCheck(), T0 + 60_000)).toEqual([]);
    expect(isOver(state)).toBe(true);
  });
});

describe('A log-in that succeeded', () => {
  const locked = (): CredentialState => {
    const state = newState('fleet');
    note(state, 'guard-closed', T0);
    return state;
  };

  it('proves that a trouble is over when it was reserved after the trouble was last met', () => {
    const state = locked();
    expect(isOver(state)).toBe(false);
    provenBy(state, markOf(state.trouble ?? expect.fail()));
    expect(isOver(state)).toBe(true);
  });

  it('proves nothing when the trouble was met again since', () => {
    const state = locked();
    const mark = markOf(state.trouble ?? expect.fail());
    note(state, 'guard-closed', T0 + 1);
    provenBy(state, mark);
    expect(isOver(state)).toBe(false);
    provenBy(state, markOf(state.trouble ?? expect.fail()));
    note(state, 'guard-closed', T0 + 2);
    expect(isOver(state)).toBe(false);
  });

  it('proves nothing when it was reserved before the trouble, or by an older version', () => {
    const state = locked();
    provenBy(state, undefined);
    expect(isOver(state)).toBe(false);
  });

  it('is not a proof when an older version noted a failure after it', () => {
    const state = locked();
    provenBy(state, markOf(state.trouble ?? expect.fail()));
    const trouble = state.trouble ?? expect.fail();
    // As the version before notes it: it knows no proof and leaves it where it is.
    trouble.failures += 1;
    expect(isOver(state)).toBe(false);
  });
});

describe('The end of a trouble', () => {
  it('is announced once', () => {
    const state = newState('fleet');
    note(state, 'guard-closed', T0);
    expect(over(state, T0 + 30 * HOUR)).toEqual([
      {
        event: 'trouble-over',
        id: `trouble-over:guard-closed:${T0}:x`,
        at: T0 + 30 * HOUR,
        credential: 'fleet',
        username: 'Fleet',
        secretArn: 'arn:secret',
        trouble: 'guard-closed',
        since: T0,
      },
    ]);
    expect(over(state, T0 + 31 * HOUR)).toEqual([]);
    expect(state).not.toHaveProperty('trouble');
  });

  it('is announced also when an event of its own had announced the trouble', () => {
    const state = newState('fleet');
    announcedNow(state, 'lost', T0);
    note(state, 'lost', T0);
    expect(over(state, T0 + 1)).toMatchObject([{ event: 'trouble-over', trouble: 'lost' }]);
  });

  it('is not announced for failures that were never announced, and resets their count', () => {
    const state = newState('fleet');
    for (let n = 0; n < 4; n++) note(state, failing(), T0);
    expect(over(state, T0 + 1)).toEqual([]);
    expect(note(state, failing(), T0 + 2)).toEqual([]);
  });
});

test('keeps a trouble in the item, also one that only a later version knows', () => {
  const state = newState('fleet');
  note(state, failing(), T0);
  expect(decodeState('fleet', structuredClone(state))).toEqual(state);
  const later = { ...state, trouble: { kind: 'of-a-later-version', since: T0, saidAt: T0, failures: 1 } };
  expect(decodeState('fleet', later)).toMatchObject({ trouble: { kind: 'of-a-later-version' } });
  expect(note(decodeState('fleet', later), 'lost', T0 + 1)).toHaveLength(1);
});
