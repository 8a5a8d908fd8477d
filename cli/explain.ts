import type { AlarmEvent } from '../lambda/alarms/event.ts';
import { situations } from '../lambda/situations/all.ts';
import { situationOf } from '../lambda/situations/of-event.ts';
import type { Situation } from '../lambda/situations/situation.ts';
import { stepCommands, stepWords } from '../lambda/situations/steps.ts';
import { GATEWAY, isListed, meaningOf } from '../lambda/thingspace/codes.ts';
import type { Terminal } from './desk.ts';
import { UsageError } from './errors.ts';
import { placeOf } from './next-words.ts';

export type Explanation = { about: string; situation: Situation; secretArn: string | undefined };

/**
 * Says of a pasted message, alarm, error, metric, code, or verdict what it means, what happens by itself and what to do.
 * Calls no service.
 * @throws UsageError when nothing in it is known
 */
export function explain(
  terminal: Pick<Terminal, 'say'>,
  text: string,
  { json }: { json?: boolean } = {},
): void {
  const explained = explanationOf(text);
  if (!explained) {
    throw new UsageError(
      'The text names no situation for certain. Paste the subject or the first line of the message, or an error’s name ' +
        'such as CredentialLostError, or ask `status`.',
    );
  }
  const { about, situation, secretArn } = explained;
  const { short, means, byItself, todo, never = [], section } = situation;
  const place = placeOf(secretArn);
  const steps = todo.map((step) => ({ text: stepWords(step, place), commands: stepCommands(step, place) }));
  if (json) {
    const told = { about, short, means, byItself, todo: steps, never, section, secretArn };
    terminal.say(JSON.stringify(told, null, 2));
    return;
  }
  terminal.say(`${about}: ${short}. ${means}`);
  const code = codeIn(text);
  if (code !== undefined) terminal.say(`${code}: ${meaningOf(code).words}.`);
  terminal.say(`By itself: ${byItself}`);
  if (steps.length === 0) terminal.say('No action is needed.');
  for (const [index, { text, commands }] of steps.entries()) {
    terminal.say([`${index + 1}. ${text}`, ...commands.map((command) => `     ${command}`)].join('\n'));
  }
  for (const warning of never) terminal.say(warning);
  terminal.say(`More: docs/runbook.md#${section}`);
}

const SECRET = /arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[\w/+=.@-]+/;

const entries = Object.entries(situations);

/**
 * Returns the situation of which a text reports: by what its layout marks, before any name in it. A person pastes a part
 * of a message, quoted, forwarded or wrapped; a message also names the situations that may follow.
 */
export function explanationOf(text: string): Explanation | undefined {
  const lines = unquoted(text);
  const flat = lines.replace(/\s+/g, ' ').trim();
  // A mail may also name the secret of the credential that holds this one.
  const secretArn = (/^secret: .*$/m.exec(lines)?.[0] ?? lines).match(SECRET)?.[0];
  const about =
    byMembers(text) ??
    byHeadline(flat) ??
    byAlarm(flat) ??
    byMeaning(flat) ??
    (DETAIL.test(lines) ? byDetails(lines) : byName(flat));
  const situation = about === undefined ? undefined : situations[about];
  return about === undefined || situation === undefined ? undefined : { about, situation, secretArn };
}

/** Without the marks that mail and chat programs put around lines. */
const unquoted = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^[\s>|*]+|[\s*]+$/g, ''))
    .join('\n');

/** A message's JSON, alone or in SNS's own. */
function byMembers(text: string): string | undefined {
  try {
    const { event, Message } = JSON.parse(text);
    if (typeof Message === 'string') return explanationOf(Message)?.about;
    return event === undefined ? undefined : nameOf(situationOf(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

const nameOf = (wanted: Situation): string | undefined =>
  entries.find(([, situation]) => situation === wanted)?.[0];

/** The beginning of a subject, an e-mail, an SMS, or the text of `status`. A username follows in an SMS. */
const HEAD = /\b(?:CRITICAL|WARNING|INFO)(?:: |(?= ThingSpace ))|\b(?:OK|GOES ON|ACT): /gi;
const MAX_USERNAME_CHARS = 40;

/** The first headline behind such a beginning, or the whole text as one. */
function byHeadline(flat: string): string | undefined {
  for (const { 0: head, index } of flat.matchAll(HEAD)) {
    const rest = flat.slice(index + head.length);
    const found = head.endsWith(' ') ? headlineAt(rest) : afterUsername(rest);
    if (found !== undefined) return found;
  }
  return headlineAt(flat.replace(/^"|"$/g, ''), /^(?:\.?$|, \d+ of \d+ used|, day \d)/);
}

/** Looks behind each colon: the username may have one itself. */
function afterUsername(rest: string): string | undefined {
  for (const { index } of rest.slice(0, MAX_USERNAME_CHARS).matchAll(/: /g)) {
    const found = headlineAt(rest.slice(index + 2));
    if (found !== undefined) return found;
  }
  return undefined;
}

const headlineAt = (text: string, end = /^(?:$|["\\.,:]| -(?: |$)| \()/): string | undefined =>
  longest(
    ({ short }) => text.toLowerCase().startsWith(short.toLowerCase()) && end.test(text.slice(short.length)),
  );

function longest(fits: (situation: Situation) => boolean): string | undefined {
  const found = entries.filter(([, situation]) => fits(situation));
  return found.sort(([, a], [, b]) => b.short.length - a.short.length)[0]?.[0];
}

/** The name or the description of an alarm of the template. CloudWatch's mail has both, and the metric. */
const byAlarm = (flat: string): string | undefined =>
  entries.find(([name]) => /^[A-Z]\w+Alarm$/.test(name) && flat.includes(name))?.[0] ??
  longest(({ short, means }) => flat.includes(`: ${short}. ${means}`));

/** The paragraph below WHAT HAPPENED; one may be the beginning of another one. */
function byMeaning(flat: string): string | undefined {
  const found = entries.filter(([, { means }]) => flat.includes(means));
  return found.sort(([, a], [, b]) => b.means.length - a.means.length)[0]?.[0];
}

const DETAIL = /^event: ([a-z-]+) /m;
/** Their details do not tell their situations apart. */
const NEEDS_HEADLINE = ['failed-log-in', 'rolled-forward'];

/** The last lines of an e-mail. */
function byDetails(lines: string): string | undefined {
  const event = DETAIL.exec(lines)?.[1] ?? '';
  if (NEEDS_HEADLINE.includes(event)) return undefined;
  const trouble = /^trouble: ([a-z-]+)$/m.exec(lines)?.[1];
  const sealedAnswer = /^sealed answer: yes$/m.test(lines);
  const situation: Situation | undefined = situationOf({
    event,
    trouble,
    sealedAnswer,
  } as unknown as AlarmEvent);
  return situation && nameOf(situation);
}

/** The places where a line of the log, a fault, and the tool itself write a name. */
const MARKED = /"errorName"\s*:\s*"(\w+)"|\bThingSpaceAccess\.(\w+)|\[(\w+)\](?:$| To do: 1\. )/;

/** The marked name, or the first one in the text; one that is also a usual word or an event counts only alone. */
function byName(alone: string): string | undefined {
  const marked = MARKED.exec(alone)
    ?.slice(1)
    .find((name) => name !== undefined);
  if (Object.hasOwn(situations, alone)) return alone;
  const found = entries.flatMap(([about, { names = [] }]) =>
    names.flatMap((name) => {
      const isWhole = name === alone || name === marked;
      const at = isWhole ? -1 : /[a-z][A-Z]|[_.]|\d/.test(name) ? placeIn(alone, name) : undefined;
      return at === undefined || (at < 0 && !isWhole) ? [] : [{ about, at, length: name.length }];
    }),
  );
  const inOrder = found.sort((a, b) => a.at - b.at || b.length - a.length).map(({ about }) => about);
  // Such an error quotes the one that it ended in.
  const named = inOrder.find((about) => about !== 'not-done') ?? inOrder[0];
  const code = codeIn(alone);
  return named ?? (code === undefined || code === alone ? undefined : byName(code));
}

/** A code of ThingSpace's table in a text; the gateway's own answer has its number alone. */
function codeIn(text: string): string | undefined {
  const [code] =
    /\b(?:INPUT_INVALID|REQUEST_FAILED|Gateway)\.[\w.]*\w|\bDeserializationFailed\b/.exec(text) ?? [];
  const numbers = [...text.matchAll(/(?<!\d)\d{6}(?!\d)/g)].map(([number]) => `${GATEWAY}${number}`);
  return [...(code === undefined ? [] : [code]), ...numbers].find(isListed);
}

/** A name that ends in a dot or a line begins a family of codes. */
function placeIn(text: string, name: string): number {
  const end = /[._]$/.test(name) ? '' : '(?![\\w-])';
  return text.search(new RegExp(`(?<![\\w-])${name.replaceAll('.', '\\.')}${end}`));
}
