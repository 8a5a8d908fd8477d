import { SESSION_SERVICE } from '../../lambda/access/by-name.ts';
import { withKind } from '../../lambda/access/operation-patterns.ts';
import type { StoredRecord } from '../access-reader.ts';
import { shortArn } from '../short-arn.ts';
import { iso } from '../times.ts';
import type { AccessReport } from './schema.ts';

type Outcome = 'done' | 'refused' | 'unknown' | 'notSent' | 'denied';
type Tally = { requests: number; first: number; last: number } & Record<Outcome, number>;

/** A record of an earlier version does not say that it only reads; each operation of SOAP that does begins with `Get`. */
const isRead = ({ reads, operation }: StoredRecord): boolean => reads === true || operation.startsWith('Get');

/** A record without an outcome may have been sent. A read without another outcome was answered. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  sent: 'done',
  done: 'done',
  refused: 'refused',
  'not-sent': 'notSent',
  denied: 'denied',
};

/** Counts records by person and operation while they are read: it keeps no record. */
export function accessTally() {
  const changes = new Map<string, Tally>();
  const reads = new Map<string, Tally>();
  const sessions = new Map<
    string,
    { handedOut: number; dropped: number; denied: number; first: number; last: number }
  >();
  const total = { requests: 0, changes: 0, reads: 0, sessions: 0, first: Number.POSITIVE_INFINITY };

  function add(record: StoredRecord): void {
    total.requests += 1;
    total.first = Math.min(total.first, record.at);
    const who = [
      record.user ?? record.person ?? shortArn(record.caller),
      throughOf(record),
      record.credential,
    ];
    if (record.service === SESSION_SERVICE) {
      total.sessions += 1;
      countSession(record, who);
    } else if (isRead(record)) {
      total.reads += 1;
      count(reads, who, record);
    } else {
      total.changes += 1;
      count(changes, [...who, withKind(record.operation, record.kind), record.userBy ?? ''], record);
    }
  }

  function countSession({ outcome, at }: StoredRecord, who: string[]): void {
    const key = JSON.stringify(who);
    const one = sessions.get(key) ?? { handedOut: 0, dropped: 0, denied: 0, first: at, last: at };
    if (outcome === 'handed-out') one.handedOut += 1;
    if (outcome === 'dropped') one.dropped += 1;
    if (outcome === 'denied') one.denied += 1;
    sessions.set(key, { ...one, first: Math.min(one.first, at), last: Math.max(one.last, at) });
  }

  function report(): AccessReport {
    const { first, ...counts } = total;
    return {
      ...counts,
      firstAt: Number.isFinite(first) ? iso(first) : undefined,
      changesByPerson: byMost(changes).map(([[who, through, credential, operation, provenBy], tally]) => ({
        ...named({ who, through, credential }),
        provenBy: provenBy || undefined,
        operation: operation ?? '',
        ...inTimes(tally),
      })),
      readsByPerson: byMost(reads).map(([[who, through, credential], tally]) => ({
        ...named({ who, through, credential }),
        ...inTimes(tally),
      })),
      sessionsByPerson: [...sessions]
        .sort(([, a], [, b]) => b.handedOut - a.handedOut)
        .map(([key, tally]) => {
          const [who, through, credential] = JSON.parse(key) as string[];
          return { ...named({ who, through, credential }), ...inTimes(tally) };
        }),
    };
  }
  return { add, report };
}

function count(tallies: Map<string, Tally>, who: string[], { outcome = 'unknown', at }: StoredRecord): void {
  const key = JSON.stringify(who);
  const empty = { requests: 0, done: 0, refused: 0, unknown: 0, notSent: 0, denied: 0, first: at, last: at };
  const one = tallies.get(key) ?? empty;
  one[OUTCOMES[outcome] ?? 'unknown'] += 1;
  one.requests += 1;
  one.first = Math.min(one.first, at);
  one.last = Math.max(one.last, at);
  tallies.set(key, one);
}

const inTimes = <T extends { first: number; last: number }>(tally: T) => ({
  ...tally,
  first: iso(tally.first),
  last: iso(tally.last),
});
const named = (one: Record<'who' | 'through' | 'credential', string | undefined>) => ({
  who: one.who ?? '',
  through: one.through ?? '',
  credential: one.credential ?? '',
});

/** The most requests first; then by name, so that the same records give the same report. */
const byMost = (tallies: ReadonlyMap<string, Tally>): [string[], Tally][] =>
  [...tallies]
    .sort(([a, { requests: most }], [b, { requests: less }]) => less - most || (a < b ? -1 : 1))
    .map(([key, tally]) => [JSON.parse(key) as string[], tally]);

/** The role or user that spoke. A caller that neither speaks for a user nor is known to be a person stands for itself. */
const throughOf = ({ user, person, principal }: StoredRecord): string =>
  user === undefined && person === undefined ? '' : shortArn(principal);
