import { situations } from '../lambda/situations/all.ts';
import { situationOf } from '../lambda/situations/of-event.ts';
import type { Situation } from '../lambda/situations/situation.ts';
import { stepCommands, stepWords } from '../lambda/situations/steps.ts';
import type { Terminal } from './desk.ts';
import { UsageError } from './errors.ts';
import { placeOf } from './next-words.ts';

export type Explanation = { about: string; situation: Situation; secretArn?: string };

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
      'The text holds no known name. Paste a whole message, or an error’s name such as CredentialLostError, or ask `status`.',
    );
  }
  const { about, situation, secretArn } = explained;
  const { short, means, byItself, todo, never = [], section } = situation;
  const place = placeOf(secretArn);
  const steps = todo.map((step) => ({ text: stepWords(step, place), commands: stepCommands(step, place) }));
  if (json) {
    const named = secretArn === undefined ? {} : { secretArn };
    const told = { about, short, means, byItself, todo: steps, never, section, ...named };
    terminal.say(JSON.stringify(told, null, 2));
    return;
  }
  terminal.say(`${about}: ${short}. ${means}`);
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

/** Returns the situation of which a text reports: by what its layout marks, before any name in it. */
export function explanationOf(text: string): Explanation | undefined {
  // A mail may also name the secret of the credential that holds this one.
  const secretArn = (/^secret: .*$/m.exec(text)?.[0] ?? text).match(SECRET)?.[0];
  const about = byMembers(text) ?? byHeadline(text.trimStart()) ?? byAlarm(text) ?? byName(text);
  const situation = about === undefined ? undefined : situations[about];
  if (about === undefined || situation === undefined) return undefined;
  return { about, situation, ...(secretArn === undefined ? {} : { secretArn }) };
}

/** A message's JSON, alone or in SNS's own. */
function byMembers(text: string): string | undefined {
  try {
    const { event, Message } = JSON.parse(text);
    if (typeof Message === 'string') return explanationOf(Message)?.about;
    if (event === undefined) return undefined;
    const wanted = situationOf(JSON.parse(text));
    return entries.find(([, situation]) => situation === wanted)?.[0];
  } catch {
    return undefined;
  }
}

/** The beginning of a subject, an e-mail, an SMS, or the text of `status`. */
const HEAD = /^(?:ThingSpace )?(?:CRITICAL|WARNING|INFO)(?=:| ThingSpace )|^(?:OK|GOES ON|ACT)(?=:)/;

/** Looks behind each colon: a username stands before it in an SMS, and may have one itself. */
function byHeadline(text: string): string | undefined {
  const [line = ''] = text.split('\n', 1);
  if (!HEAD.test(line)) return undefined;
  for (const { index } of line.matchAll(/: /g)) {
    const headline = line.slice(index + 2);
    const found = longest(
      ({ short }) => headline.startsWith(short) && /^(?:$|[.,:]| - | \()/.test(headline.slice(short.length)),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function longest(fits: (situation: Situation) => boolean): string | undefined {
  const found = entries.filter(([, situation]) => fits(situation));
  return found.sort(([, a], [, b]) => b.short.length - a.short.length)[0]?.[0];
}

/** The name or the description of an alarm of the template. CloudWatch's mail has both, and the metric. */
const byAlarm = (text: string): string | undefined =>
  entries.find(([name]) => /^[A-Z]\w+Alarm$/.test(name) && text.includes(name))?.[0] ??
  longest(({ short, means }) => text.includes(`: ${short}. ${means}`));

/** The places where a line of the log, a fault, and the tool itself write a name. */
const MARKED = /"errorName"\s*:\s*"(\w+)"|\bThingSpaceAccess\.(\w+)|\[(\w+)\]$/;

/** The marked name, or the first one in the text; one that is also a usual word counts only alone. */
function byName(text: string): string | undefined {
  const alone = text.trim();
  const marked = MARKED.exec(alone)
    ?.slice(1)
    .find((name) => name !== undefined);
  if (Object.hasOwn(situations, alone)) return alone;
  const found = entries.flatMap(([about, { names = [] }]) =>
    names.flatMap((name) => {
      const isWhole = name === alone || name === marked;
      const at = isWhole ? -1 : /[a-z][A-Z]|[-_.]/.test(name) ? placeIn(text, name) : undefined;
      return at === undefined || (at < 0 && !isWhole) ? [] : [{ about, at }];
    }),
  );
  const inOrder = found.sort((a, b) => a.at - b.at).map(({ about }) => about);
  // Such an error quotes the one that it ended in.
  return inOrder.find((about) => about !== 'not-done') ?? inOrder[0];
}

/** A name that ends in a dot or a line begins a family of codes. */
function placeIn(text: string, name: string): number {
  const end = /[._]$/.test(name) ? '' : '(?![\\w-])';
  return text.search(new RegExp(`(?<![\\w-])${name.replaceAll('.', '\\.')}${end}`));
}
