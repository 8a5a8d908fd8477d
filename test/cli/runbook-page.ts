import { readFileSync } from 'node:fs';
import { situations } from '../../lambda/situations/all.ts';
import {
  KEEP_THE_SEALED,
  NO_LOG_INS,
  NOT_BEFORE_STORED,
  OLD_ARE_DEAD,
} from '../../lambda/situations/password.ts';
import type { Situation } from '../../lambda/situations/situation.ts';
import {
  type Do,
  type Place,
  type Step,
  stepCommands,
  stepWords,
  WORDS,
} from '../../lambda/situations/steps.ts';

const PLACE: Place = {
  secret: '--secret "$THINGSPACE_SECRET"',
  username: 'USERNAME',
  support: 'the number is in your Verizon agreement',
  until: 'the time that `status` gives',
};
const WIDTH = 130;

/** The warnings that the page gives once, for every situation. */
const ALWAYS = [NO_LOG_INS, NOT_BEFORE_STORED, OLD_ARE_DEAD, KEEP_THE_SEALED];

/** A part that the situations print: `<!-- situation: NAME NAME -->` to `<!-- end -->`. */
const PART = /<!-- (situation|alarms): ([\w -]+) -->\n[\s\S]*?<!-- end -->/g;
const STEPS = /<!-- steps -->\n[\s\S]*?<!-- end -->/;

const page = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** The situations that the page prints. */
export const printed = [...page.matchAll(PART)].flatMap(([, , names = '']) => names.split(' '));

/** Returns docs/runbook.md with each marked part as its situations print it. */
export const runbookPage = (): string =>
  page
    .replace(STEPS, `<!-- steps -->\n${stepsTable()}\n<!-- end -->`)
    .replace(PART, (_, kind: string, names: string) => {
      const list = names.split(' ');
      const text = kind === 'alarms' ? alarmsTable(list) : list.map(part).join('\n\n');
      return `<!-- ${kind}: ${names} -->\n${text}\n<!-- end -->`;
    });

function alarmsTable(names: readonly string[]): string {
  const rows = names.map((name) => {
    const { short, means, byItself, todo } = situationNamed(name);
    return `| **${short}** | ${means} | ${byItself} | ${todo.map(stepOf).join(' ')} |`;
  });
  return ['| alarm | means | by itself | steps |', '|---|---|---|---|', ...rows].join('\n');
}

function situationNamed(name: string): Situation {
  const situation = situations[name];
  if (!situation) throw new Error(`no situation "${name}"`);
  return situation;
}

/** A step that asks for nothing is not in the table of the steps. */
const stepOf = ({ do: what, when }: Step): string =>
  [when ?? '', what === 'nothing' ? WORDS.nothing : `[${what}](#steps)`].join(' ').trim();

function stepsTable(): string {
  const rows = (Object.keys(WORDS) as Do[])
    .filter((step) => step !== 'nothing')
    .map((step) => {
      const commands = stepCommands({ do: step }, PLACE).map((command) => `\`${command}\``);
      return `| ${step} | ${stepWords({ do: step }, PLACE)} | ${commands.join('<br>')} |`;
    });
  const warnings = ALWAYS.map((warning) => `- ${warning}`);
  return [...warnings, '', '| step | | command |', '|---|---|---|', ...rows].join('\n');
}

/** One paragraph for a situation, without what it shares with the first one of its part; several steps are a list. */
function part(name: string, index: number, [first = name]: string[]): string {
  const { short, means, byItself, todo, never = [] } = situationNamed(name);
  const shared = index === 0 ? undefined : situations[first];
  const warnings = never.filter((warning) => !ALWAYS.includes(warning) && !shared?.never?.includes(warning));
  const events = byItself.replace(/^No event\.\s*/, '');
  const steps = todo.map(stepOf);
  const isList = index === 0 && todo.length > 1 && todo.some(({ when }) => when !== undefined);
  const inline = todo === shared?.todo ? 'The same steps.' : `*Steps:* ${steps.join('. ')}.`;
  const paragraph = [
    `**${short}**: ${means}`,
    ...(byItself === shared?.byItself || events === '' ? [] : [`*By itself:* ${events}`]),
    ...warnings,
    ...(isList || steps.length === 0 ? [] : [inline]),
  ];
  const list = isList ? steps.map((step, at) => wrapped(`${at + 1}. ${step}`, '   ')) : [];
  return [wrapped(paragraph.join(' ')), ...(list.length === 0 ? [] : [list.join('\n')])].join('\n\n');
}

function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  for (const word of text.trim().split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${indent}${word}`);
  }
  return lines.join('\n');
}
