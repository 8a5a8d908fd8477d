import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import { auditRow } from './audit-row.ts';
import { alarmEventSchema } from './outbox.ts';

/**
 * An item of the ledger's table. It is read whole, changed by a pure function and written back on the condition that
 * its `revision` still is the one read (one conditional write = one step).
 * All times are milliseconds since 1970 by DynamoDB's clock.
 */

/**
 * The number is raised by a version of the software whose items an older one must not write. Members may be added
 * without raising it: `decodeItem` keeps members that it does not know.
 */
export const SCHEMA = 2;

/** The members of every kind of item. */
export const itemMembers = {
  credential: v.string(),
  schema: v.number(),
  revision: v.number(),
  /** Ids of the last writes: a writer whose answer was lost recognizes its own. */
  recentWrites: v.array(v.string()),
  /** Audit rows that are not yet separate items. */
  auditRows: v.array(auditRow),
  /** Alarms that still have to be published. */
  outbox: v.array(alarmEventSchema),
  /** Alarms given up for more urgent ones, and not yet reported in an alarm. */
  outboxDropped: v.number(),
  /** The operator's last act, for the messages that follow it. */
  lastAct: v.optional(
    v.object({ command: v.string(), actor: v.string(), at: v.number(), reason: v.optional(v.string()) }),
  ),
};
const item = v.object(itemMembers);
export type Item = v.InferOutput<typeof item>;

export const newItem = (credential: string): Item => ({
  credential,
  schema: SCHEMA,
  revision: 0,
  recentWrites: [],
  auditRows: [],
  outbox: [],
  outboxDropped: 0,
});

/** The stored item cannot be understood or written: nothing may be presented. */
export class LedgerItemError extends PresentableError {
  override readonly name = 'LedgerItemError';
}

/**
 * Reads a stored item. Members that this version of the software does not know are kept and written back.
 * @param unreadable words the error, from the paths of the members at fault
 * @throws LedgerItemError when the item cannot be understood, or a later version has reserved it
 */
export function decodeItem<S extends Item>(
  schema: v.GenericSchema<unknown, S>,
  stored: Record<string, unknown>,
  unreadable: (where: string) => string,
): S {
  if (typeof stored.schema === 'number' && stored.schema > SCHEMA) {
    throw new LedgerItemError(
      `The ledger item of ${stored.credential} was written by a later version of the software (schema ${stored.schema}; ` +
        `this one reads ${SCHEMA}), so nothing is presented or changed: deploy that version again.`,
    );
  }
  const read = v.safeParse(schema, stored);
  if (!read.success) {
    const where = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the item'))].join(', ');
    throw new LedgerItemError(unreadable(where));
  }
  return withUnknownMembers({ ...read.output, schema: SCHEMA }, stored);
}

/** Adds the members that the schema left out, at every depth: a later version may have written them. */
function withUnknownMembers<T>(known: T, stored: unknown): T {
  if (!isRecord(known) || !isRecord(stored)) return known;
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(stored)) {
    merged[name] = name in known ? withUnknownMembers(known[name], value) : value;
  }
  return merged as T;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
