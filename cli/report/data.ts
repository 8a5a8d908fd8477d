import type { Budgets } from '../../lambda/ledger/budgets.ts';
import { exposure } from '../../lambda/ledger/state.ts';
import { DAY_MS, iso, isoOrNone } from '../times.ts';
import { type ChangeRow, changeRows, shownChange } from './changes-of-people.ts';
import { exceptionsIn, mayBeLocked, overAge } from './exceptions.ts';
import { CLOUDTRAIL_DAYS, type Sources } from './gather.ts';
import {
  isAct,
  isIssue,
  isLogIn,
  isProof,
  type Numbered,
  numbered,
  quoted,
  shownRow,
  unquoted,
} from './ledger-rows.ts';
import { ageAt, oldest, segmentsOf, timesOver } from './password-age.ts';
import { pausesIn } from './pauses.ts';
import type { Period } from './period.ts';
import { rotationsIn } from './rotations.ts';
import type { Act, CredentialReport, Exception, Rotation } from './schema.ts';

/** The age up to which a password is as it should be. */
export const LIMIT_DAYS = 90;
/** The ledger's table keeps a row so long (`lambda/ledger/dynamodb.ts`). */
export const LEDGER_DAYS = 400;

type Around = {
  period: Period;
  nowMs: number;
  budgets: Budgets | undefined;
  functionRole: string | undefined;
};

/** Makes the report of one credential from its record. Pure: the same record gives the same report. */
export function credentialReport(sources: Sources, around: Around): CredentialReport {
  const { facts, username = '' } = sources;
  const { period } = around;
  const all = numbered(sources.rows, period.toMs);
  const rows = all.filter(({ at }) => at >= period.fromMs);
  const changes = changeRows(sources.changes, period, around.functionRole);
  const segments = segmentsOf(all, period);
  const over = timesOver(segments, LIMIT_DAYS, period.toMs);
  const limit = around.budgets?.limit;
  const exceptions = [
    ...exceptionsIn(all, period),
    ...pausesIn(all, period),
    ...(limit === undefined ? [] : mayBeLocked(all, limit, period)),
    ...overAge(over, LIMIT_DAYS),
  ].sort((a, b) => (a.from < b.from ? -1 : 1));
  const acts = actsIn(rows, changes);
  const rotations = rotationsIn(all, period);
  const last = segments.at(-1);
  return {
    name: facts.name,
    secretArn: facts.arn,
    username,
    createdAt: isoOrNone(facts.createdAt),
    now: nowOf(sources),
    figures: figuresOf(rows, rotations, exceptions, acts),
    age: {
      atEnd: last ? ageAt(last, period.toMs) : { known: 'no' },
      most: oldest(segments),
      segments,
    },
    rotations,
    exceptions,
    acts,
    logIns: logInsIn(rows),
    rowsInAll: all.length,
    firstRowAt: isoOrNone(all[0]?.at),
    rows: [
      ...listed(all, rows, [
        ...segments.flatMap(boundsOf),
        ...exceptions.flatMap((one) => unquoted(one.rows)),
      ]).map(shownRow),
      ...changes.map(shownChange),
    ],
    gaps: gapsOf(sources, around, all, rows),
  };
}

function nowOf({ facts, state }: Sources): CredentialReport['now'] {
  return {
    rotationIsOn: facts.rotationEnabled,
    nextRotationAt: isoOrNone(facts.nextRotationAt),
    deletedAt: isoOrNone(facts.deletedAt),
    journal: state?.journal.state ?? 'idle',
    trouble: state?.trouble?.kind,
    exposure: state ? exposure(state) : 0,
  };
}

function figuresOf(
  rows: readonly Numbered[],
  rotations: readonly Rotation[],
  exceptions: readonly Exception[],
  acts: readonly Act[],
): CredentialReport['figures'] {
  const figure = (found: readonly Numbered[]) => ({ value: found.length, rows: quoted(found) });
  const logIns = rows.filter(isLogIn);
  return {
    newPasswords: { value: rotations.length, rows: rotations.flatMap((one) => one.rows) },
    logInsSucceeded: figure(logIns.filter(isProof)),
    logInsFailed: figure(logIns.filter(({ outcome }) => outcome === 'failure')),
    logInsUnanswered: figure(logIns.filter(({ outcome }) => outcome === 'unknown')),
    exceptions: exceptions.length,
    openExceptions: exceptions.filter(({ to, momentary }) => to === undefined && !momentary).length,
    acts: acts.length,
  };
}

const boundsOf = ({ madeAfter, madeBefore }: CredentialReport['age']['segments'][number]): string[] =>
  [madeAfter, madeBefore].flatMap((bound) => bound?.row ?? []);

/** Every row of the period except log-ins that worked, of which only counts are shown; and rows that an age is made from. */
function listed(all: readonly Numbered[], rows: readonly Numbered[], cited: readonly string[]): Numbered[] {
  const wanted = new Set([
    ...cited,
    ...rows.filter((row) => !isProof(row) || isAct(row)).map(({ row }) => row),
  ]);
  return all.filter(({ row }) => wanted.has(row));
}

function actsIn(rows: readonly Numbered[], changes: readonly ChangeRow[]): Act[] {
  const ofLedger = rows.filter(isAct).map(
    ({ row, at, actor, purpose, outcome, code, versionId, reason }): Act => ({
      at: iso(at),
      who: actor,
      what: purpose,
      outcome: code === undefined ? outcome : `${outcome} (${code})`,
      reason,
      versionId,
      row,
    }),
  );
  // The tool names the version in its row before it asks Secrets Manager to store it.
  const reasons = new Map(
    rows.flatMap(({ outcome, versionId, reason }) =>
      outcome === 'asked' && reason !== undefined && versionId !== '' ? [[versionId, reason]] : [],
    ),
  );
  const ofPeople = changes
    .filter(({ isFunction }) => !isFunction)
    .map((change): Act => {
      const { at, actor: who, purpose: what, outcome, versionId, row } = shownChange(change);
      return { at, who, what, outcome, reason: reasons.get(versionId), versionId, from: change.from, row };
    });
  return [...ofLedger, ...ofPeople].sort((a, b) => (a.at < b.at ? -1 : 1));
}

function logInsIn(rows: readonly Numbered[]): CredentialReport['logIns'] {
  const tallies = new Map<string, Numbered[]>();
  for (const row of rows.filter(isLogIn)) {
    const key = JSON.stringify([row.actor, row.purpose]);
    tallies.set(key, [...(tallies.get(key) ?? []), row]);
  }
  const made = [...tallies.values()].map((of) => {
    const times = (...outcomes: string[]) => of.filter(({ outcome }) => outcomes.includes(outcome)).length;
    return {
      actor: of[0]?.actor ?? '',
      purpose: of[0]?.purpose ?? '',
      succeeded: times('success', 'exchanged'),
      failed: times('failure'),
      unanswered: times('unknown'),
      uncounted: times('uncounted'),
      first: iso(of[0]?.at ?? 0),
      last: iso(of.at(-1)?.at ?? 0),
    };
  });
  return made.sort((a, b) => (a.actor === b.actor ? 0 : a.actor < b.actor ? -1 : 1));
}

/** Says what the record cannot show, so that no reader takes silence for a fact. */
function gapsOf(
  { changes, changesSinceMs, username, facts }: Sources,
  { period, nowMs, functionRole }: Around,
  all: readonly Numbered[],
  rows: readonly Numbered[],
): string[] {
  const said: string[] = [];
  const keptSinceMs = nowMs - LEDGER_DAYS * DAY_MS;
  if (username === undefined)
    said.push('No rotation of this secret is on record, so the ledger names no username for it.');
  if (all[0] === undefined) said.push('The ledger has no row about it.');
  else if (all[0].at > period.fromMs)
    said.push(
      `The ledger’s first row about the username is of ${day(all[0].at)}. Nothing is on record before it.`,
    );
  if (period.fromMs < keptSinceMs)
    said.push(`The ledger keeps a row for ${LEDGER_DAYS} days: rows before ${day(keptSinceMs)} are deleted.`);
  if (!rows.some(isIssue) && all.length > 0)
    said.push('No row of the period shows that ThingSpace issued a new password.');
  if ('unread' in changes)
    said.push(
      `CloudTrail could not be read, so changes of the secret by people are missing. ${changes.unread}`,
    );
  else if (functionRole === undefined && changes.length > 0)
    said.push(
      'The role of the rotation function is not known, so its own changes of the secret are among the acts of people.',
    );
  if (!('unread' in changes) && period.fromMs < changesSinceMs)
    said.push(
      `CloudTrail’s event history keeps ${CLOUDTRAIL_DAYS} days: changes of the secret before ${day(changesSinceMs)} are not in this report.`,
    );
  if (facts.createdAt !== undefined && facts.createdAt > period.fromMs)
    said.push(`The secret was created within the period, on ${day(facts.createdAt)}.`);
  return said;
}

const day = (ms: number): string => `${iso(ms).slice(0, 16).replace('T', ' ')} UTC`;
