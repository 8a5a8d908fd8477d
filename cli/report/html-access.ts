import { type Markup, markup } from './markup.ts';
import type { AccessReport } from './schema.ts';
import { type Column, shortTable } from './table.ts';
import { number, time, withZone } from './words.ts';

const MOST = 25;

type Change = AccessReport['changesByPerson'][number];
type Read = AccessReport['readsByPerson'][number];
type Session = AccessReport['sessionsByPerson'][number];

/** Renders the requests through the access function, counted by person and operation. */
export function accessSection(access: AccessReport): Markup {
  const { requests, changes, reads, sessions, firstAt } = access;
  return markup`<section>
<h2>Requests through the access function</h2>
<p>${number(requests)} requests are on record in the period${firstAt === undefined ? '' : `, the first of ${withZone(firstAt)}`}: ${number(changes)} that may change a device, ${number(reads)} that only read, and ${number(sessions)} about the session itself.</p>
<h3>Changes by person</h3>
${shortTable(totals('changes', access.changesByPerson), [...who, operation, ...tally], access.changesByPerson, { most: MOST, none: 'No change is on record in the period.' })}
<h3>Reads by person</h3>
${shortTable(totals('reads', access.readsByPerson), [...who, ...tally], access.readsByPerson, { most: MOST, none: 'No read is on record in the period.' })}
<h3>Sessions handed out</h3>
${shortTable('A caller that has the session sends requests by itself; those are not on record here.', sessionColumns, access.sessionsByPerson, { most: MOST, none: 'No session was handed out in the period.' })}
</section>`;
}

function totals(what: string, all: readonly { requests: number }[]): string {
  const sum = (some: readonly { requests: number }[]) =>
    number(some.reduce((total, { requests }) => total + requests, 0));
  const shown = all.slice(0, MOST);
  return shown.length === all.length
    ? `All ${sum(all)} ${what}, in ${number(all.length)} ${all.length === 1 ? 'line' : 'lines'}, the most first.`
    : `${number(shown.length)} lines with ${sum(shown)} of all ${sum(all)} ${what}, the most first. The rest is ${number(all.length - shown.length)} lines with ${sum(all.slice(MOST))}.`;
}

const who: Column<{ who: string; through: string; credential: string; provenBy?: string | undefined }>[] = [
  {
    head: 'Who',
    of: ({ who: name, through, provenBy }) =>
      through === ''
        ? name
        : markup`${name} <span class="small">through ${through}${provenBy === undefined ? '' : `, by a signed ${provenBy}`}</span>`,
    set: 'long',
  },
  { head: 'Credential', of: ({ credential }) => credential },
];
const between = ({ first, last }: { first: string; last: string }): Markup =>
  markup`${time(first).slice(0, 10)} ${time(last).slice(0, 10)}`;
const operation: Column<Change> = { head: 'Operation', of: (one) => one.operation, set: 'long' };
const tally: Column<Read>[] = [
  { head: 'Requests', of: ({ requests }) => number(requests), set: 'n' },
  { head: 'Done', of: ({ done }) => number(done), set: 'n' },
  { head: 'Refused', of: ({ refused }) => number(refused), set: 'n' },
  { head: 'Unknown', of: ({ unknown }) => number(unknown), set: 'n' },
  { head: 'Denied', of: ({ denied }) => number(denied), set: 'n' },
  { head: 'Not sent', of: ({ notSent }) => number(notSent), set: 'n' },
  { head: 'First, last (UTC)', of: between },
];
const sessionColumns: Column<Session>[] = [
  ...who,
  { head: 'Handed out', of: ({ handedOut }) => number(handedOut), set: 'n' },
  { head: 'Reported gone', of: ({ dropped }) => number(dropped), set: 'n' },
  { head: 'Denied', of: ({ denied }) => number(denied), set: 'n' },
  { head: 'First, last (UTC)', of: between },
];
