import { oneLine } from '../../lambda/alarms/legible.ts';
import { ageAt } from './password-age.ts';
import type { AccessReport, CredentialReport, Report } from './schema.ts';
import { ageInWords, kindInWords } from './words.ts';

const HEAD = [
  'section',
  'credential',
  'from_utc',
  'to_utc',
  'what',
  'who',
  'through',
  'reason',
  'outcome',
  'version',
  'count',
  'rows',
  'words',
] as const;
type Line = Partial<Record<(typeof HEAD)[number], string | number | undefined>>;

/** A spreadsheet reads these at the beginning of a cell as a formula, the wide forms of East Asian scripts too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

function cell(value: string | number | undefined): string {
  if (value === undefined || value === '') return '';
  if (typeof value === 'number') return String(value);
  const text = oneLine(value, Number.POSITIVE_INFINITY);
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/**
 * Renders the report as one table; `section` tells the kinds of lines apart. The byte order mark makes spreadsheets read
 * UTF-8, and an apostrophe keeps a text from outside from being a formula.
 */
export function inCsv(report: Report): string {
  const { period, madeAt, place, version, credentials, access, gaps, unread } = report;
  const lines: Line[] = [
    {
      section: 'report',
      from_utc: period.from,
      to_utc: period.to,
      what: 'period',
      words: `made ${madeAt}, ${place}, version ${version}`,
    },
    ...gaps.map((words) => ({ section: 'gap', words })),
    ...unread.map(({ name, why }) => ({ section: 'not read', credential: name, words: why })),
    ...credentials.flatMap(linesOf),
    ...(access ? linesOfAccess(access) : []),
  ];
  const rows = lines.map((line) => HEAD.map((name) => cell(line[name])).join(','));
  return `\ufeff${[HEAD.join(','), ...rows].join('\r\n')}\r\n`;
}

function linesOf(one: CredentialReport): Line[] {
  const { name: credential, figures, age } = one;
  const figure = (what: string, { value, rows }: { value: number; rows: string[] }): Line => ({
    section: 'figure',
    credential,
    what,
    count: value,
    rows: rows.join(' '),
  });
  return [
    { section: 'credential', credential, who: one.username, words: one.secretArn },
    ...one.gaps.map((words) => ({ section: 'gap', credential, words })),
    { section: 'age', credential, what: 'at the end of the period', words: ageInWords(age.atEnd) },
    { section: 'age', credential, what: 'oldest in the period', words: ageInWords(age.most) },
    figure('new passwords received', figures.newPasswords),
    figure('log-ins that worked', figures.logInsSucceeded),
    figure('log-ins refused', figures.logInsFailed),
    figure('log-ins without an answer', figures.logInsUnanswered),
    ...eventsOf(one),
  ];
}

function eventsOf({ name: credential, age, rotations, exceptions, acts, rows }: CredentialReport): Line[] {
  return [
    ...age.segments.map((segment) => ({
      section: 'password',
      credential,
      from_utc: segment.from,
      to_utc: segment.to,
      rows: [segment.madeAfter?.row, segment.madeBefore?.row].filter((row) => row !== undefined).join(' '),
      words: `age at its end: ${ageInWords(ageAt(segment, Date.parse(segment.to)))}`,
    })),
    ...rotations.map(({ issuedAt, finishedAt, how, token, rows: of }) => ({
      section: 'rotation',
      credential,
      from_utc: issuedAt,
      to_utc: finishedAt,
      what: how,
      version: token,
      rows: of.join(' '),
    })),
    ...exceptions.map(({ kind, from, to, momentary, words, rows: of }) => ({
      section: 'exception',
      credential,
      from_utc: from,
      to_utc: momentary ? from : to,
      what: kindInWords(kind),
      outcome: momentary || to !== undefined ? 'over' : 'not over',
      rows: of.join(' '),
      words,
    })),
    ...acts.map(({ at, who, what, outcome, reason, versionId, from, row }) => ({
      section: 'act',
      credential,
      from_utc: at,
      what,
      who,
      through: from,
      reason,
      outcome,
      version: versionId,
      rows: row,
    })),
    ...rows.map(({ row, source, id, at, actor, purpose, outcome, code, versionId, exposure, reason }) => ({
      section: `row of ${source}`,
      credential,
      from_utc: at,
      what: purpose,
      who: actor,
      reason,
      outcome: code === undefined ? outcome : `${outcome} (${code})`,
      version: versionId,
      count: exposure,
      rows: row,
      words: id,
    })),
  ];
}

function linesOfAccess({
  requests,
  changes,
  reads,
  changesByPerson,
  readsByPerson,
  sessionsByPerson,
}: AccessReport): Line[] {
  const counted = ({
    credential,
    first,
    last,
    who,
    through,
    requests: count,
    ...one
  }: AccessReport['readsByPerson'][number]) => ({
    credential,
    from_utc: first,
    to_utc: last,
    who,
    through,
    count,
    words: `done ${one.done}, refused ${one.refused}, unknown ${one.unknown}, denied ${one.denied}, not sent ${one.notSent}`,
  });
  return [
    { section: 'access', what: 'requests', count: requests },
    { section: 'access', what: 'changes', count: changes },
    { section: 'access', what: 'reads', count: reads },
    ...changesByPerson.map((one) => ({ section: 'change by person', ...counted(one), what: one.operation })),
    ...readsByPerson.map((one) => ({ section: 'read by person', ...counted(one), what: 'read' })),
    ...sessionsByPerson.map(({ who, through, credential, handedOut, dropped, denied, first, last }) => ({
      section: 'session by person',
      credential,
      from_utc: first,
      to_utc: last,
      what: 'session handed out',
      who,
      through,
      count: handedOut,
      words: `reported gone ${dropped}, denied ${denied}`,
    })),
  ];
}
