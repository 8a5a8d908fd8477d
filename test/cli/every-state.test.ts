import { describe, expect, it } from 'vitest';
import type { Sight } from '../../cli/sight.ts';
import { exitCodeFor, verdictOn } from '../../cli/verdict.ts';
import { troubles } from '../../lambda/alarms/event.ts';
import { RefusedPasswordError } from '../../lambda/ledger/errors.ts';
import { type CredentialState, type Journal, newState } from '../../lambda/ledger/state.ts';
import { findings } from '../../lambda/situations/all.ts';
import { SECRET_ARN, USERNAME } from '../world/world.ts';
import { BUDGETS } from './desk.ts';

const NOW = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
const exchange = {
  token: 'token-1',
  attempt: 'attempt-1',
  secretArn: SECRET_ARN,
  oldVersion: 'version-0',
  oldHash: 'hash',
  startedAt: NOW - 30 * MINUTE_MS,
};

const JOURNALS: Record<string, Journal> = {
  'idle, never rotated': { state: 'idle' },
  'idle after a rotation': { state: 'idle', lastToken: 'token-1', lastVersion: 'version-1', receivedAt: NOW },
  'exchanging, its owner alive': { state: 'exchanging', ...exchange, startedAt: NOW - MINUTE_MS },
  'exchanging, its owner dead': { state: 'exchanging', ...exchange },
  received: { state: 'received', ...exchange, receivedAt: NOW, envelope: 'sealed' },
  'received and superseded': {
    state: 'received',
    ...exchange,
    receivedAt: NOW,
    envelope: 'sealed',
    supersededBy: 'version-1',
  },
  committed: { state: 'committed', ...exchange, receivedAt: NOW, versionId: 'version-1' },
  'unknown, not settled yet': { state: 'unknown', ...exchange, startedAt: NOW - MINUTE_MS },
  unknown: { state: 'unknown', ...exchange },
  'unknown, sealed': { state: 'unknown', ...exchange, envelope: 'sealed' },
  lost: { state: 'lost', ...exchange, since: NOW },
  'lost, sealed': { state: 'lost', ...exchange, since: NOW, envelope: 'sealed' },
};

function sightOf(journal: Journal, holderDead: boolean, trouble: CredentialState['trouble']): Sight {
  const versionId = journal.state === 'received' && !journal.supersededBy ? 'version-0' : 'version-1';
  return {
    username: USERNAME,
    secretArn: SECRET_ARN,
    now: NOW,
    closedUntil: undefined,
    state: {
      ...newState(USERNAME.toLowerCase()),
      revision: 1,
      secretArn: SECRET_ARN,
      journal,
      ...(holderDead ? {} : { lastGood: { versionId, at: NOW } }),
      ...(trouble ? { trouble } : {}),
    },
    budgets: BUDGETS,
    holder: {
      versionId,
      value: '{}',
      createdAt: NOW,
      credential: { username: USERNAME, password: 'x' },
      problem: undefined,
    },
    unseen: undefined,
    holderDead,
    keyMissing: false,
    mayNot: { rotation: undefined, app: undefined, person: undefined },
    pending: 'none',
    former: undefined,
    heldBy: undefined,
    wasHeld: false,
    facts: {
      arn: SECRET_ARN,
      name: 'fleet',
      rotationEnabled: true,
      functionArn: 'f',
      lastRotatedAt: NOW,
      nextRotationAt: NOW + 90 * 24 * 60 * MINUTE_MS,
      deletedAt: undefined,
    },
  };
}

const everyState = Object.entries(JOURNALS).flatMap(([name, journal]) =>
  [false, true].flatMap((dead) =>
    [undefined, ...troubles].map((kind) => ({
      name,
      journal,
      dead,
      kind,
      title: `${name}; AWSCURRENT ${dead ? 'dead' : 'works'}; trouble ${kind ?? 'none'}`,
    })),
  ),
);

/** The verdict after its first word. */
const finding = (journal: keyof typeof JOURNALS, dead: boolean, trouble?: (typeof troubles)[number]) =>
  verdictOn(sightOf(JOURNALS[journal] as Journal, dead, trouble && standing(trouble))).finding;
const standing = (kind: (typeof troubles)[number]) => ({ kind, since: NOW, saidAt: NOW, failures: 1 });

describe('The verdict', () => {
  it.each(everyState)(
    'is well for $title only when nothing is open, dead or on record',
    ({ journal, dead, kind }) => {
      const verdict = verdictOn(sightOf(journal, dead, kind && standing(kind)));
      const { wellness } = findings[verdict.finding];
      const nothingOpen = journal.state === 'idle' && !dead && kind === undefined;
      expect(exitCodeFor[wellness] === 0).toBe(nothingOpen);
      expect(verdict.next[0].do === 'nothing').toBe(nothingOpen);
      // An operator must act when a password is dead or lost.
      const owned = journal.state === 'exchanging' && journal.startedAt === NOW - MINUTE_MS;
      if (dead && !owned) expect(wellness).toBe('act');
    },
  );

  it('names the state', () => {
    expect(finding('idle after a rotation', false)).toBe('well');
    expect(finding('idle after a rotation', true)).toBe('current-dead');
    expect(finding('exchanging, its owner alive', true)).toBe('exchanging');
    expect(finding('exchanging, its owner dead', false)).toBe('died');
    expect(finding('received', true)).toBe('received');
    expect(finding('received', true, 'unusable-password')).toBe('unusable-password');
    expect(finding('received and superseded', true)).toBe('superseded');
    expect(finding('committed', false)).toBe('committed');
    expect(finding('unknown', false)).toBe('unknown');
    expect(finding('lost', true)).toBe('lost');
    expect(finding('lost, sealed', true)).toBe('lost-unread');
    expect(finding('idle after a rotation', false, 'rotation-failing')).toBe('rotation-failing');
    expect(finding('idle after a rotation', false, 'lost')).toBe('trouble-perhaps-over');
  });

  it('calls AWSCURRENT dead only while it is on the version that the sealed password replaced', () => {
    const sight = sightOf(JOURNALS.received as Journal, false, undefined);
    const holder = sight.holder && { ...sight.holder, versionId: 'version-1' };
    expect(verdictOn({ ...sight, holder }).finding).toBe('not-confirmed');
    expect(verdictOn({ ...sight, holder, holderDead: true }).finding).toBe('received');
  });

  it('promises nothing where the guard keeps the sealed password from being proven', () => {
    const sight = sightOf(JOURNALS.received as Journal, true, undefined);
    const holder = sight.holder && { ...sight.holder, versionId: 'version-1' };
    const verdictAt = (failed: number) => verdictOn({ ...sight, holder, state: { ...sight.state, failed } });
    expect(verdictAt(BUDGETS.budget - 1).finding).toBe('received');
    const [first, second] = verdictAt(BUDGETS.budget).next;
    expect(verdictAt(BUDGETS.budget).finding).toBe('guard-closed');
    expect([first, second]).toEqual([{ do: 'open' }, { do: 'store' }]);
    expect(verdictAt(BUDGETS.limit - 1).next[0]).toEqual({ do: 'unlocked' });
    // On the version that it replaced, the sealed password is swapped in without a log-in.
    expect(verdictOn({ ...sight, state: { ...sight.state, failed: BUDGETS.budget } }).finding).toBe(
      'received',
    );
  });

  it('promises no log-in where AWSCURRENT is refused and the whole budget is spent', () => {
    const refused = new RefusedPasswordError('refused', true);
    const sight = {
      ...sightOf(JOURNALS['idle after a rotation'] as Journal, true, undefined),
      mayNot: { rotation: refused, app: refused, person: refused },
    };
    const verdictAt = (failed: number) => verdictOn({ ...sight, state: { ...sight.state, failed } });
    expect(verdictAt(BUDGETS.budget - 1).finding).toBe('current-dead');
    expect(verdictAt(BUDGETS.budget)).toEqual({
      finding: 'guard-closed',
      next: [{ do: 'store' }, { do: 'unlocked' }],
    });
    expect(verdictAt(BUDGETS.limit - 1).next).toEqual([{ do: 'unlocked' }]);
    // A log-in that is under way may succeed.
    const { state } = sight;
    const underWay = { reservedAt: NOW, actor: 'app', purpose: 'log-in', mark: 0 } as never;
    const soon = { ...state, failed: BUDGETS.budget - 1, inFlight: { one: underWay } };
    expect(verdictOn({ ...sight, state: soon }).finding).toBe('current-dead');
  });

  it('advises a wait before an early log-in, and the sealed answer before all else', () => {
    const doing = (journal: keyof typeof JOURNALS, dead = false) =>
      verdictOn(sightOf(JOURNALS[journal] as Journal, dead, undefined)).next[0];
    expect(doing('unknown, not settled yet')).toEqual({ do: 'wait', until: NOW + 19 * MINUTE_MS });
    expect(doing('unknown')).toEqual({ do: 'recover' });
    expect(doing('unknown, sealed')).toEqual({ do: 'open' });
    expect(doing('lost, sealed', true)).toEqual({ do: 'open' });
  });
});
