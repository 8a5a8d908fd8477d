import { createHash } from 'node:crypto';
import { accessSection } from './html-access.ts';
import { credentialSection } from './html-credential.ts';
import { type Markup, markup } from './markup.ts';
import type { CredentialReport, Report } from './schema.ts';
import { STYLE } from './style.ts';
import { type Column, table } from './table.ts';
import { ageInWords, days, number, withZone } from './words.ts';

/** The page runs no script and loads nothing; the policy makes a browser hold both. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Renders the report as one page that needs no other file. */
export function inHtml(report: Report): string {
  const { period, credentials, access } = report;
  const title = `ThingSpace password rotation: ${period.from.slice(0, 10)} to ${period.to.slice(0, 10)}`;
  const page = markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>`;
  const body = markup`</style>
</head>
<body>
<header>
<h1>ThingSpace password rotation</h1>
<p class="lead">Report for the auditor, ${withZone(period.from)} to ${withZone(period.to)}</p>
${aboutReport(report)}
</header>
<main>
${summary(report)}
${limits(report)}
${credentials.map((one, index) => credentialSection(one, report, `c${index + 1}`))}
${access ? accessSection(access) : markup``}
${method(report)}
</main>
</body>
</html>
`;
  return `<!doctype html>\n${page.text}${STYLE}${body.text}`;
}

function aboutReport({ madeAt, version, place, function: arn, period, credentials, unread }: Report): Markup {
  return markup`<dl>
<dt>Made</dt><dd>${withZone(madeAt)}, by the operator’s tool ${version}</dd>
<dt>Period</dt><dd>${withZone(period.from)} to ${withZone(period.to)}, the end excluded${period.endsEarly ? '. The end that was asked for lies in the future' : ''}</dd>
<dt>Credentials</dt><dd>${number(credentials.length)}${unread.length === 0 ? '' : `, and ${unread.length} that could not be read`}</dd>
<dt>Place</dt><dd>${place}</dd>
${arn === undefined ? '' : markup`<dt>Rotation function</dt><dd><code>${arn}</code></dd>`}
</dl>`;
}

function summary({ credentials, limitDays, unread }: Report): Markup {
  const columns: Column<CredentialReport & { id: string }>[] = [
    { head: 'Secret', of: ({ id, name }) => markup`<a href="#${id}">${name}</a>`, set: 'long' },
    { head: 'Username', of: ({ username }) => username || 'not on record', set: 'long' },
    { head: 'Age at the end', of: ({ age }) => ageInWords(age.atEnd) },
    { head: 'Oldest in the period', of: ({ age }) => ageInWords(age.most) },
    { head: `Over ${limitDays} days`, of: overInWords },
    { head: 'New passwords', of: ({ figures }) => figures.newPasswords.value, set: 'n' },
    { head: 'Log-ins refused', of: ({ figures }) => figures.logInsFailed.value, set: 'n' },
    { head: 'Exceptions', of: ({ figures }) => figures.exceptions, set: 'n' },
    {
      head: 'Not over',
      of: ({ figures: { openExceptions: open } }) =>
        open === 0 ? 0 : markup`<span class="bad">${open}</span>`,
      set: 'n',
    },
  ];
  const all = credentials.map((one, index) => ({ ...one, id: `c${index + 1}` }));
  return markup`<h2 class="follows">Summary</h2>
${table('Each figure is explained, with the rows that it is made from, in the section of its credential.', columns, all)}
${unread.length === 0 ? '' : markup`<p class="bad">Not in this report, because they could not be read:</p><ul>${unread.map(({ name, why }) => markup`<li>${name}: ${why}</li>`)}</ul>`}`;
}

function overInWords({ exceptions, age }: CredentialReport): string | Markup {
  if (exceptions.some(({ kind }) => kind === 'over-age')) return markup`<span class="bad">yes</span>`;
  if (exceptions.some(({ kind }) => kind === 'may-be-over-age')) return 'possibly';
  return age.segments.every(({ madeAfter, madeBefore }) => madeAfter && madeBefore)
    ? 'no'
    : 'no, where on record';
}

function limits({ gaps, credentials }: Report): Markup {
  const ofOne = credentials.flatMap(({ name, gaps: own }) => own.map((gap) => ({ name, gap })));
  // A gap that every credential has is said once.
  const shared = [...new Set(ofOne.map(({ gap }) => gap))].filter(
    (gap) => credentials.length > 1 && ofOne.filter((one) => one.gap === gap).length === credentials.length,
  );
  const lines = [
    ...gaps,
    ...shared,
    ...ofOne.filter(({ gap }) => !shared.includes(gap)).map(({ name, gap }) => `${name}: ${gap}`),
  ];
  if (lines.length === 0) return markup``;
  return markup`<div class="gaps"><h3>The record, and what it does not show</h3><ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul></div>`;
}

function method({ limitDays, lockoutLimit, access }: Report): Markup {
  return markup`<h2 class="follows">How the figures are made</h2>
<ul>
<li>Every time is UTC. An age is in whole days, rounded down; a password is over age from the day on which it is ${days(limitDays + 1)} old.</li>
<li>L rows are the audit rows of the lockout ledger (DynamoDB), numbered by this report, the oldest first. Each log-in attempt is counted there before it is sent. Each section ends with its rows; log-ins that worked are counted, and listed only where an age is made from them.</li>
<li>T rows are calls that CloudTrail’s event history shows: changes of the secret, its labels or its rotation. A call of the function’s own role is the rotation’s; any other is an act of a person or program.</li>
<li>A password’s age begins with the row that shows that ThingSpace issued it. Where that row is missing, the password was made between two rows that are named, and the age is a range. A version that is new in the secret is not taken for a new password: an edit of another member makes a version, too.</li>
<li>A change that no row shows is not in this report: a reset by support, for example, shows from the first log-in with the new password on.</li>
<li>“Log-ins without an answer” may have counted at ThingSpace, or not.${lockoutLimit === undefined ? '' : ` ThingSpace locks a username after ${lockoutLimit} failed log-ins in a row, as the function is set now.`}</li>
${access ? markup`<li>Requests are from the audit table of the access function, which writes a record before it sends a request. A record without an outcome counts as unknown.</li>` : ''}
<li>No password, token or key is in this report. It was made without reading a value of a secret.</li>
</ul>`;
}
