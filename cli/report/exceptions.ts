import { iso, isoOrNone } from '../times.ts';
import { isEvent, isLogIn, isProof, type Numbered, quoted } from './ledger-rows.ts';
import type { OverAge } from './password-age.ts';
import type { Period } from './period.ts';
import type { Exception } from './schema.ts';

/** Sentences of the exceptions that last. */
const LASTING: Readonly<Record<string, string>> = {
  unknown:
    'A new password was asked for, and the answer did not arrive or could not be read: it was not known which password is valid.',
  lost: 'The password was lost: ThingSpace had replaced it, and the new one was not found. No app could log in.',
  superseded:
    'A received password waited sealed, and the secret had been changed since: neither password worked.',
  'guard-closed': 'The automation stopped logging in, to keep ThingSpace from locking the username.',
  'not-stored': 'A received password waited sealed and could not be stored.',
  'unusable-password': 'ThingSpace made a password that cannot be stored or presented. It waited sealed.',
  'stored-password-refused': 'The secret held a password that ThingSpace had refused or replaced.',
  'username-changed': 'The secret named another username than the last rotation.',
  'unreadable-envelope': 'A sealed answer could not be opened.',
  'rotation-failing': 'A rotation, or the daily check, failed.',
  held: 'The rotation waited, because the exchange of another credential had failed.',
};

/** Sentences of events that are over at once. */
const MOMENTARY: Readonly<Record<string, string>> = {
  'rolled-forward':
    'An earlier invocation had received and sealed the new password and then ended. A later one made it current.',
  'put-back':
    'The secret held a password that no longer works. The password that works was put back, after a log-in had proven it.',
  'kept-aside':
    'An operator had stored another password that works. It stayed, and the sealed one was set aside.',
  'sealed-answer-opened': 'An operator opened a sealed answer, which may hold a password.',
  'secret-read':
    'The secret’s value was read by a principal that is not one of its readers, or by an operator without the tool.',
  'exchanges-resume': 'Rotations that had waited for a failed exchange may begin again.',
};

/** Sentences of the acts of operators that override a rule or report a lock. */
const ACTS: Readonly<Record<string, string>> = {
  unlocked:
    'An operator recorded that M2M Support had unlocked the username: by this word, it had been locked.',
  released: 'An operator let rotations begin although the exchange of another credential had failed.',
  adopted: 'From then on this secret rotates the username.',
};

/** Events that begin an exception, with its kind. */
const kindOf = ({ outcome, trouble }: Numbered): string | undefined => {
  if (outcome === 'standing-trouble') return trouble;
  if (outcome === 'password-unknown' || outcome === 'password-lost') return outcome.slice('password-'.length);
  return outcome === 'superseded' || outcome === 'guard-closed' ? outcome : undefined;
};

/** Exceptions that a log-in which works ends. */
const ENDED_BY_PROOF = new Set(['unknown', 'lost', 'superseded', 'guard-closed', 'stored-password-refused']);
const ENDED_BY_ROTATION = new Set(['password-rotated', 'rolled-forward']);

const isEnd = (row: Numbered, kind: string): boolean => {
  if (isProof(row)) return ENDED_BY_PROOF.has(kind);
  if (row.outcome === 'unlocked') return kind === 'guard-closed';
  if (!isEvent(row)) return false;
  return ENDED_BY_ROTATION.has(row.outcome) || (row.outcome === 'trouble-over' && row.trouble === kind);
};

type Standing = { kind: string; began: Numbered; rows: Numbered[] };

/** Returns the exceptions of the period that rows of the ledger show, the oldest first. */
export function exceptionsIn(rows: readonly Numbered[], { fromMs }: Period): Exception[] {
  const found: { exception: Exception; endsMs: number }[] = [];
  const standing = new Map<string, Standing>();
  const end = (kind: string, by: Numbered) => {
    const one = standing.get(kind);
    if (!one) return;
    standing.delete(kind);
    found.push({ exception: lasting(one, by), endsMs: by.at });
  };
  for (const row of rows) {
    for (const kind of [...standing.keys()]) if (isEnd(row, kind)) end(kind, row);
    const kind = isEvent(row) ? kindOf(row) : undefined;
    if (kind === 'lost') end('unknown', row);
    if (kind !== undefined) {
      const one = standing.get(kind) ?? { kind, began: row, rows: [] };
      one.rows.push(row);
      standing.set(kind, one);
    }
    const words = (isEvent(row) ? MOMENTARY : ACTS)[row.outcome];
    if (words !== undefined && !isLogIn(row))
      found.push({ exception: momentary(row, words), endsMs: row.at });
  }
  for (const one of standing.values())
    found.push({ exception: lasting(one), endsMs: Number.POSITIVE_INFINITY });
  return found
    .filter(({ endsMs }) => endsMs >= fromMs)
    .map(({ exception }) => exception)
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

function lasting({ kind, began, rows }: Standing, by?: Numbered): Exception {
  return {
    kind,
    from: iso(began.at),
    to: isoOrNone(by?.at),
    words: LASTING[kind] ?? `The trouble "${kind}" kept the credential from being rotated.`,
    rows: quoted(by ? [...rows, by] : rows),
  };
}

const momentary = (row: Numbered, words: string): Exception => ({
  kind: row.outcome,
  from: iso(row.at),
  momentary: true,
  words,
  rows: [row.row],
});

/** The counted failures reached the number at which ThingSpace locks: no code says that it did. */
export function mayBeLocked(rows: readonly Numbered[], limit: number, { fromMs }: Period): Exception[] {
  const found: { rows: Numbered[]; by?: Numbered }[] = [];
  let open: Numbered[] | undefined;
  for (const row of rows) {
    if (isEvent(row)) continue;
    if (row.exposure >= limit) {
      open ??= [];
      open.push(row);
    } else if (open) {
      found.push({ rows: open, by: row });
      open = undefined;
    }
  }
  if (open) found.push({ rows: open });
  return found
    .filter(({ by }) => !by || by.at >= fromMs)
    .map(({ rows: all, by }) => ({
      kind: 'may-be-locked',
      from: iso(all[0]?.at ?? 0),
      to: isoOrNone(by?.at),
      words: `${limit} or more failed log-ins in a row are on record or possible: ThingSpace may have locked the username. No answer says so, because the code for a lock is not published.`,
      rows: quoted(by ? [...all, by] : all),
    }));
}

export const overAge = (times: readonly OverAge[], limitDays: number): Exception[] =>
  times.map(({ fromMs, toMs, isOpen, isCertain, days, row }) => ({
    kind: isCertain ? 'over-age' : 'may-be-over-age',
    from: iso(fromMs),
    to: isOpen ? undefined : iso(toMs),
    words: isCertain
      ? `The password was more than ${limitDays} days old: ${days} days at the end of this time.`
      : `The password may have been more than ${limitDays} days old: the record does not show exactly when it was made.`,
    rows: [row],
  }));
