import type { Clock } from '../../lambda/clock.ts';
import type { CredentialState } from '../../lambda/ledger/state.ts';
import { type Call, createItems } from '../world/memory-items.ts';

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

type Hook = 'read' | 'beforeWrite' | 'afterWrite' | 'audit' | 'setAside';
const HOOKS: Record<string, Hook> = {
  GetItem: 'read',
  PutItem: 'beforeWrite',
  BatchWriteItem: 'audit',
  'PutItem (orphan)': 'setAside',
};

/** The ledger's table in memory; the hooks are where a test interferes. */
export function hookedItems(now: () => number, tableCreatedAt?: number) {
  const memory = createItems(now);
  if (tableCreatedAt !== undefined) memory.created.at = tableCreatedAt;
  const hooks: { [hook in Hook]?: () => void } = {};
  let reads = 0;
  let writes = 0;
  const call: Call = async (operation, effect) => {
    if (operation === 'GetItem') reads += 1;
    const hook = HOOKS[operation];
    if (hook) hooks[hook]?.();
    return effect();
  };
  const items = memory.over(call, () => {
    writes += 1;
    hooks.afterWrite?.();
  });
  return {
    ...memory,
    items,
    hooks,
    reads: () => reads,
    writes: () => writes,
    state: (credential = 'fleet') => JSON.parse(memory.table.get(credential) ?? '{}') as CredentialState,
  };
}
