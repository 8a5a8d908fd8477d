import { joined, type Markup, markup } from './markup.ts';
import { ageAt } from './password-age.ts';
import { LEGEND, timeLine } from './plot.ts';
import type { Act, CredentialReport, Exception, RecordRow, Report, Rotation, Segment } from './schema.ts';
import { type Column, shortTable } from './table.ts';
import { ageInWords, endOf, kindInWords, nameOf, number, time, withZone } from './words.ts';

/** Renders the section of one credential. `id` is its anchor, and the beginning of its rows' anchors. */
export function credentialSection(one: CredentialReport, report: Report, id: string): Markup {
  return markup`<section>
<h2 id="${id}">${one.name}</h2>
${facts(one, id)}
<figure>
<div class="scroll">${timeLine(one, report, id)}</div>
<figcaption>${legend(report.limitDays)}</figcaption>
</figure>
${figures(one, id)}
<h3>Exceptions</h3>
${shortTable('Every departure from a plain rotation, oldest first.', exceptionColumns(id), one.exceptions)}
<h3>Rotations</h3>
${shortTable('New passwords and the ends of their rotations.', rotationColumns(id), one.rotations)}
<h3>Acts of people</h3>
${shortTable('Commands of operators, and calls by others than the rotation function that changed the secret.', actColumns(id), one.acts)}
<h3>Log-ins</h3>
${shortTable('By the presenter of the password, and the purpose.', logInColumns, one.logIns)}
<h3>Passwords</h3>
${shortTable('The password of the username over the period, and the rows that its age is made from.', segmentColumns(id), one.age.segments, { none: '' })}
<h3>Rows of the record</h3>
${shortTable(rowsCaption(one), rowColumns(id), one.rows, { most: 400, none: 'There is no row.' })}
</section>`;
}

function facts({ secretArn, username, createdAt, now }: CredentialReport, id: string): Markup {
  const state = [
    now.rotationIsOn ? 'rotation is on' : 'rotation is off',
    ...(now.nextRotationAt === undefined ? [] : [`next by ${withZone(now.nextRotationAt)}`]),
    ...(now.deletedAt === undefined ? [] : [`waits to be deleted since ${withZone(now.deletedAt)}`]),
    `last exchange: ${now.journal}`,
    ...(now.trouble === undefined ? [] : [`trouble: ${now.trouble}`]),
    `${now.exposure} failed log-in${now.exposure === 1 ? '' : 's'} known or possible since the last that worked`,
  ];
  return markup`<dl id="${id}-facts">
<dt>Username</dt><dd>${username || 'not on record'}</dd>
<dt>Secret</dt><dd><code>${secretArn}</code></dd>
${createdAt === undefined ? '' : markup`<dt>Created</dt><dd>${withZone(createdAt)}</dd>`}
<dt>When the report was made</dt><dd>${state.join('; ')}</dd>
</dl>`;
}

function legend(limitDays: number): Markup {
  const line = (kind: string, words: string) =>
    markup`<li><svg class="sign wide" viewBox="0 0 34 16" aria-hidden="true"><path d="M1 8H33" class="${kind}"/></svg>${words}</li>`;
  return markup`<ul class="legend">
${line('age', 'age')}
${line('at-least', 'at least so old')}
${line('limit', `${limitDays} days`)}
${LEGEND.map(([sign, words]) => markup`<li>${sign}${words}</li>`)}
<li><svg class="sign wide" viewBox="0 0 34 16" aria-hidden="true"><rect x="2" y="3" width="30" height="10" class="bar-ground bar"/><path d="M8 13L14 3M17 13L23 3M26 13L31 4" class="bar-hatch"/></svg>exception that lasted, or pause</li>
</ul>`;
}

/** Links to the rows that a figure is made from; a range leads to its first row, if that is listed. */
function quotes(rows: readonly string[], id: string): Markup {
  if (rows.length === 0) return markup`–`;
  const shown = rows.slice(0, 12).map((row) => markup`<a href="#${id}-${row.split('–')[0]}">${row}</a>`);
  const left = rows.length - shown.length;
  return markup`${joined(shown, ', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

function figures({ figures: of, age, rows }: CredentialReport, id: string): Markup {
  const line = (name: string, value: string | number, from: Markup | string) => ({ name, value, from });
  const listed = new Set(rows.map(({ row }) => row));
  const last = age.segments.at(-1);
  const ageRows = [
    ...new Set([last?.madeAfter?.row, last?.madeBefore?.row].filter((row) => row !== undefined)),
  ];
  const lines = [
    line('Age of the password at the end', ageInWords(age.atEnd), quotes(ageRows, id)),
    line('Oldest password in the period', ageInWords(age.most), 'see Passwords'),
    line('New passwords received', of.newPasswords.value, quotes(of.newPasswords.rows, id)),
    line(
      'Log-ins that worked',
      number(of.logInsSucceeded.value),
      unlisted(of.logInsSucceeded.rows, listed, id),
    ),
    line('Log-ins refused', of.logInsFailed.value, quotes(of.logInsFailed.rows, id)),
    line('Log-ins without an answer', of.logInsUnanswered.value, quotes(of.logInsUnanswered.rows, id)),
  ];
  return shortTable<(typeof lines)[number]>(
    'Figures of the period.',
    [
      { head: 'Figure', of: ({ name }) => name },
      { head: 'Value', of: ({ value }) => value, set: 'n' },
      { head: 'Made from the rows', of: ({ from }) => from, set: 'rows' },
    ],
    lines,
    { none: '' },
  );
}

/** Log-ins that worked are counted and mostly not listed: the rows are named without a link. */
function unlisted(rows: readonly string[], listed: ReadonlySet<string>, id: string): Markup | string {
  if (rows.length <= 12 && rows.every((row) => listed.has(row))) return quotes(rows, id);
  const left = rows.length - 8;
  return `${rows.slice(0, 8).join(', ')}${left > 0 ? ` and ${left} more runs of rows` : ''}`;
}

const exceptionColumns = (id: string): Column<Exception>[] => [
  { head: 'From (UTC)', of: ({ from }) => time(from), set: 't' },
  {
    head: 'To (UTC)',
    of: (one) => (endOf(one) === 'not over' ? markup`<span class="bad">not over</span>` : endOf(one)),
    set: 't',
  },
  { head: 'Exception', of: ({ kind }) => kindInWords(kind) },
  { head: 'Meaning', of: ({ words }) => words, set: 'w' },
  { head: 'Rows', of: ({ rows }) => quotes(rows, id), set: 'rows' },
];

const rotationColumns = (id: string): Column<Rotation>[] => [
  {
    head: 'Issued (UTC)',
    of: ({ issuedAt }) => (issuedAt === undefined ? 'not on record' : time(issuedAt)),
    set: 't',
  },
  {
    head: 'Ended (UTC)',
    of: ({ finishedAt }) => (finishedAt === undefined ? 'not on record' : time(finishedAt)),
    set: 't',
  },
  { head: 'How', of: ({ how }) => how },
  { head: 'Rotation', of: ({ token }) => markup`<code>${token ?? '–'}</code>` },
  { head: 'Rows', of: ({ rows }) => quotes(rows, id), set: 'rows' },
];

const actColumns = (id: string): Column<Act>[] => [
  { head: 'At (UTC)', of: ({ at }) => time(at), set: 't' },
  { head: 'Who', of: ({ who, from }) => (from ? `${nameOf(who)} from ${from}` : nameOf(who)), set: 'long' },
  { head: 'Act', of: ({ what }) => what },
  { head: 'Reason', of: ({ reason }) => reason ?? 'none on record', set: 'long' },
  { head: 'Outcome', of: ({ outcome }) => outcome },
  { head: 'Version', of: ({ versionId }) => markup`<code>${versionId.slice(0, 8) || '–'}</code>` },
  { head: 'Row', of: ({ row }) => quotes([row], id), set: 'rows' },
];

const logInColumns: Column<CredentialReport['logIns'][number]>[] = [
  { head: 'Presenter', of: ({ actor }) => actor, set: 'long' },
  { head: 'Purpose', of: ({ purpose }) => purpose },
  { head: 'Worked', of: ({ succeeded }) => number(succeeded), set: 'n' },
  { head: 'Refused', of: ({ failed }) => number(failed), set: 'n' },
  { head: 'No answer', of: ({ unanswered }) => number(unanswered), set: 'n' },
  { head: 'Not counted', of: ({ uncounted }) => number(uncounted), set: 'n' },
  { head: 'First (UTC)', of: ({ first }) => time(first), set: 't' },
  { head: 'Last (UTC)', of: ({ last }) => time(last), set: 't' },
];

const segmentColumns = (id: string): Column<Segment>[] => {
  const bound = (one: Segment['madeAfter']) =>
    one === undefined
      ? 'not on record'
      : markup`${time(one.at)} <span class="rows">${quotes([one.row], id)}</span>`;
  return [
    { head: 'From (UTC)', of: ({ from }) => time(from), set: 't' },
    { head: 'To (UTC)', of: ({ to }) => time(to), set: 't' },
    { head: 'Made after (UTC)', of: ({ madeAfter }) => bound(madeAfter) },
    { head: 'Made before (UTC)', of: ({ madeBefore }) => bound(madeBefore) },
    { head: 'Age at its end', of: (one) => ageInWords(ageAt(one, Date.parse(one.to))) },
  ];
};

const rowsCaption = ({ rowsInAll, firstRowAt, rows }: CredentialReport): string =>
  `The ledger has ${number(rowsInAll)} rows about this username${firstRowAt === undefined ? '' : `, the first of ${withZone(firstRowAt)}`}. ${number(rows.length)} rows are listed, with those of CloudTrail: all of the period except log-ins that worked.`;

const rowColumns = (id: string): Column<RecordRow>[] => [
  { head: 'Row', of: ({ row }) => markup`<span id="${id}-${row}">${row}</span>`, set: 't' },
  { head: 'At (UTC)', of: ({ at }) => time(at), set: 't' },
  { head: 'Who', of: ({ actor }) => nameOf(actor), set: 'long' },
  { head: 'What', of: ({ purpose }) => purpose },
  {
    head: 'Outcome',
    of: ({ outcome, code, codeMeans }) =>
      code === undefined ? outcome : `${outcome} (${code}: ${codeMeans})`,
  },
  { head: 'Failed', of: ({ exposure }) => exposure ?? '–', set: 'n' },
  { head: 'Version', of: ({ versionId }) => markup`<code>${versionId || '–'}</code>` },
];
