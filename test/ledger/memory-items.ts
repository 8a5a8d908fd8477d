import type { Clock } from '../../lambda/clock.ts';
import type { AuditRow, ItemStore } from '../../lambda/ledger/change.ts';
import type { CredentialState } from '../../lambda/ledger/state.ts';

export class TableError extends Error {
  override readonly name = 'TableError';
}

/** A clock that moves only when somebody sleeps. */
export function steppingClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** The ledger's table in memory; `beforeWrite` and `afterWrite` are where a test interferes. */
export function memoryItems(now: () => number) {
  const table = new Map<string, string>();
  const audit: AuditRow[] = [];
  const hooks: { read?: () => void; beforeWrite?: () => void; afterWrite?: () => void; audit?: () => void } =
    {};
  let writes = 0;
  const items: ItemStore = {
    async read(credential) {
      hooks.read?.();
      const item = table.get(credential);
      return { item: item === undefined ? undefined : JSON.parse(item), now: now() };
    },
    async write(state, expected) {
      hooks.beforeWrite?.();
      const stored = table.get(state.credential);
      if ((stored === undefined ? 0 : JSON.parse(stored).revision) !== expected) return 'conflict';
      table.set(state.credential, JSON.stringify(state));
      writes += 1;
      hooks.afterWrite?.();
      return 'written';
    },
    async audit(row) {
      hooks.audit?.();
      audit.push(row);
    },
  };
  return {
    items,
    table,
    audit,
    hooks,
    writes: () => writes,
    state: (credential = 'fleet') => JSON.parse(table.get(credential) ?? '{}') as CredentialState,
  };
}
