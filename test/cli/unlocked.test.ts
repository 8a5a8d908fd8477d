import { describe, expect, it } from 'vitest';
import { NotConfirmedError, UsageError } from '../../cli/errors.ts';
import { unlocked as command } from '../../cli/unlocked.ts';
import { type CredentialState, newState } from '../../lambda/ledger/state.ts';
import { SETTLING_MS } from '../../lambda/ledger/times.ts';
import {
  GuardNotClosedError,
  PresentedSinceError,
  StillInFlightError,
  unlocked,
} from '../../lambda/ledger/unlocked.ts';
import { SECRET_ARN, USERNAME } from '../world/world.ts';
import { BUDGETS, startDesk } from './desk.ts';

const NOW = Date.UTC(2026, 0, 5);
const AT = '2026-01-04T23:30:00Z';

function closed(change: Partial<CredentialState> = {}): CredentialState {
  return {
    ...newState('fleet-api'),
    failed: 3,
    presented: ['v1'],
    unknowns: 2,
    lastUnknownAt: NOW - 60_000,
    guardClosedSaid: true,
    refused: { 'v1:hash': { at: NOW - 60_000, releasable: false, released: false } },
    ...change,
  };
}

const attempt = (reservedAt: number) => ({
  reservedAt,
  actor: 'app',
  purpose: 'log-in' as const,
  username: 'fleet-api',
  secretArn: SECRET_ARN,
  versionId: 'v1',
  fingerprint: 'v1:hash',
  mark: 0,
  fresh: false,
  usedRelease: false,
});

describe('Recording that support unlocked the username', () => {
  it('clears the count while the guard is closed, and keeps refused passwords barred', () => {
    const state = closed();
    expect(unlocked(state, BUDGETS, NOW, NOW)).toBeUndefined();
    expect(state).toMatchObject({ failed: 0, presented: [], unknowns: 0, guardClosedSaid: false });
    expect(Object.keys(state.refused)).toEqual(['v1:hash']);
  });

  it('keeps the count below the budget, as it may have failures since the unlocking', () => {
    const state = closed({ failed: 2 });
    expect(unlocked(state, BUDGETS, NOW, NOW)).toBeInstanceOf(GuardNotClosedError);
    expect(state).toEqual(closed({ failed: 2 }));
  });

  it('is rejected when a log-in attempt came at the unlocking or after it', () => {
    const state = closed({ lastEndedAt: NOW - 60_000 });
    // Would pass with `<`: the very same millisecond.
    expect(unlocked(state, BUDGETS, NOW, NOW - 60_000)).toBeInstanceOf(PresentedSinceError);
    expect(state.failed).toBe(3);
    expect(unlocked(state, BUDGETS, NOW, NOW - 59_999)).toBeUndefined();
  });

  it('waits for the youngest attempt in flight, to the millisecond, and names the end', () => {
    const old = attempt(NOW - 5_000);
    const young = attempt(NOW);
    const inFlight = { old, young };
    const early = unlocked(closed({ inFlight }), BUDGETS, NOW + SETTLING_MS - 1, NOW + 1);
    expect(early).toBeInstanceOf(StillInFlightError);
    expect(early?.retryAt).toBe(NOW + SETTLING_MS);
    // Would fail with `>` in the sweep: at the very millisecond it can no longer be executed.
    const state = closed({ inFlight: { old, young } });
    const [drainedAt, after] = [NOW + SETTLING_MS, NOW + SETTLING_MS + 1];
    expect(unlocked(state, BUDGETS, drainedAt, drainedAt)).toBeInstanceOf(PresentedSinceError);
    expect(unlocked(state, BUDGETS, after, after)).toBeUndefined();
    expect(state).toMatchObject({ failed: 0, inFlight: {} });
  });
});

describe('The command unlocked', () => {
  async function burnt(options = {}) {
    const started = startDesk(options);
    await started.desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
      state.failed = 4;
      state.secretArn = SECRET_ARN;
    });
    return started;
  }

  it('asks, clears, leaves its name in the audit trail and names the next command', async () => {
    const { world, terminal, desk } = await burnt();
    await command(desk, { username: USERNAME, actor: 'ann', at: AT });
    expect(world.state().failed).toBe(0);
    expect(world.aws.audit).toMatchObject([{ actor: 'ann', purpose: 'unlocked', exposure: 0 }]);
    expect(terminal.asked).toHaveLength(1);
    expect(terminal.said.at(-1)).toBe(`  npm run cli -- trial --secret '${SECRET_ARN}'`);
  });

  it('changes no item without the operator’s yes or a terminal', async () => {
    for (const options of [{ answer: false }, { isTty: false }]) {
      const { world, desk } = await burnt(options);
      await expect(command(desk, { username: USERNAME, actor: 'ann', at: AT })).rejects.toThrow(
        NotConfirmedError,
      );
      expect(world.state().failed).toBe(4);
    }
  });

  it('accepts only a time in the past', async () => {
    for (const at of ['just now', '2027-01-01T00:00:00Z']) {
      const { desk } = await burnt();
      await expect(command(desk, { username: USERNAME, actor: 'ann', at })).rejects.toThrow(UsageError);
    }
  });

  it('asks no question when the unlocking cannot be accepted', async () => {
    const { desk, terminal } = startDesk();
    await expect(command(desk, { secret: SECRET_ARN, actor: 'ann', at: AT })).rejects.toThrow(
      GuardNotClosedError,
    );
    expect(terminal.asked).toEqual([]);
  });

  it('keeps its row in the ledger item when the audit trail cannot be written', async () => {
    const { world, desk } = await burnt();
    world.plan.decide = ({ name }) => (name === 'BatchWriteItem' ? 'failed-before' : 'ok');
    await command(desk, { username: USERNAME, actor: 'ann', at: AT });
    expect(world.state()).toMatchObject({ failed: 0, auditRows: [{ actor: 'ann', outcome: 'unlocked' }] });
  });
});
