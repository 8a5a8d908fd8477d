import type { Clock } from '../../lambda/clock.ts';
import type { ItemStore } from '../../lambda/ledger/change.ts';
import type { AuditRow, CredentialState } from '../../lambda/ledger/state.ts';

export class TableError extends Error {
  override readonly name = 'TableError';
}

/** A clock that moves only during a sleep. */
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
  const orphans = new Map<string, string>();
  const usernames = new Map<string, string>();
  const hooks: {
    read?: () => void;
    beforeWrite?: () => void;
    afterWrite?: () => void;
    audit?: () => void;
    setAside?: () => void;
  } = {};
  let reads = 0;
  let writes = 0;
  const items: ItemStore = {
    async read(credential) {
      reads += 1;
      hooks.read?.();
      const item = table.get(credential);
      return { item: item === undefined ? undefined : JSON.parse(item), now: now() };
    },
    async write(state, expected) {
      hooks.beforeWrite?.();
      const stored = table.get(state.credential);
      if ((stored === undefined ? 0 : JSON.parse(stored).revision) !== expected)
        return { outcome: 'conflict' };
      table.set(state.credential, JSON.stringify(state));
      writes += 1;
      hooks.afterWrite?.();
      return { outcome: 'written', now: now() };
    },
    async audit(_credential, rows) {
      hooks.audit?.();
      for (const row of rows) {
        const same = ({ attempt, at }: AuditRow) => attempt === row.attempt && at === row.at;
        if (!audit.some(same)) audit.push(row);
      }
    },
    async setAside(credential, attempt, envelope) {
      hooks.setAside?.();
      orphans.set(`${credential} ${attempt}`, envelope);
    },
    async readSetAside(credential) {
      const own = [...orphans].filter(([key]) => key.startsWith(`${credential} `));
      return Object.fromEntries(own.map(([key, envelope]) => [key.slice(credential.length + 1), envelope]));
    },
    readUsernameOf: async (secretArn) => usernames.get(secretArn),
    async writeUsernameOf(secretArn, username) {
      usernames.set(secretArn, username);
    },
  };
  return {
    items,
    table,
    audit,
    orphans,
    hooks,
    reads: () => reads,
    writes: () => writes,
    state: (credential = 'fleet') => JSON.parse(table.get(credential) ?? '{}') as CredentialState,
  };
}
