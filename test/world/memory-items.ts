import type { AuditRow } from '../../lambda/ledger/audit-row.ts';
import type { Item, ItemStore } from '../../lambda/ledger/items.ts';
import { remembered } from './remembered.ts';

/** Carries out a call of DynamoDB, or fails it; `effect` is what it does at the table. */
export type Call = <T>(operation: string, effect: () => T) => Promise<T>;

/** Items with a revision, as JSON by their key. A write succeeds only over the revision that the writer has read. */
export function revisioned<Item extends { revision: number }>(table: Map<string, string>) {
  const revisionIn = remembered((text) => (JSON.parse(text) as Item).revision);
  return {
    read(key: string): Item | undefined {
      const text = table.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    write(key: string, item: Item, expected: number): boolean {
      const stored = table.get(key);
      if ((stored === undefined ? 0 : revisionIn(stored)) !== expected) return false;
      table.set(key, JSON.stringify(item));
      return true;
    },
  };
}

/** The ledger's table in memory. `now` is the time in DynamoDB's answers. */
export function createItems(now: () => number, table = new Map<string, string>()) {
  const orphans = new Map<string, string>();
  const usernames = new Map<string, string>();
  const audit: AuditRow[] = [];
  /** The table's age; a process that begins without one cannot ask for it. */
  const created: { at?: number } = {};
  const states = revisioned<Item>(table);

  const over = (call: Call, onWritten?: (state: Item) => void): ItemStore => ({
    read: (credential) => call('GetItem', () => ({ item: states.read(credential), now: now() })),
    write: (state, expected) =>
      call('PutItem', () => {
        if (!states.write(state.credential, state, expected)) return { outcome: 'conflict' };
        onWritten?.(state);
        return { outcome: 'written', now: now() };
      }),
    audit: (_credential, rows) =>
      call('BatchWriteItem', () => {
        for (const row of rows) {
          if (!audit.some(({ attempt, at }) => attempt === row.attempt && at === row.at)) audit.push(row);
        }
      }),
    setAside: (credential, attempt, envelope) =>
      call('PutItem (orphan)', () => void orphans.set(`${credential} ${attempt}`, envelope)),
    readSetAside: (credential) =>
      call('Query', () => {
        const own = [...orphans].filter(([key]) => key.startsWith(`${credential} `));
        return Object.fromEntries(own.map(([key, envelope]) => [key.slice(credential.length + 1), envelope]));
      }),
    readUsernameOf: (arn) => call('GetItem (secret)', () => usernames.get(arn)),
    ...(created.at !== undefined && { tableCreatedAt: () => call('DescribeTable', () => created.at) }),
    writeUsernameOf: (arn, username) => call('PutItem (secret)', () => void usernames.set(arn, username)),
  });
  /** The table is deleted, and made again with what `restored` holds. */
  function replaceTable(restored: ReadonlyMap<string, string> = new Map()): void {
    for (const kept of [table, orphans, usernames]) kept.clear();
    for (const [key, text] of restored) table.set(key, text);
    audit.length = 0;
    created.at = now();
  }
  return { table, orphans, audit, created, replaceTable, over };
}
