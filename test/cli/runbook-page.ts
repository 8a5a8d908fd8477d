import { readFileSync } from 'node:fs';
import { situations } from '../../lambda/situations/all.ts';
import { NO_LOG_INS } from '../../lambda/situations/password.ts';
import { type Do, type Place, stepCommands, stepWords, WORDS } from '../../lambda/situations/steps.ts';

const PLACE: Place = {
  secret: '--secret "$THINGSPACE_SECRET"',
  username: 'USERNAME',
  support: 'the number is in your Verizon agreement',
  until: 'the time that `status` gives',
};
const WIDTH = 130;

/** A part that the situations print: `<!-- situation: NAME NAME -->` to `<!-- end -->`; `<!-- steps -->` is the table. */
const PART = /<!-- (?:situation: ([\w -]+)|steps) -->\n[\s\S]*?<!-- end -->/g;

const page = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** The situations that the page prints. */
export const printed = [...page.matchAll(PART)].flatMap(([, names = '']) => names.split(' '));

/** Returns docs/runbook.md with each marked part as its situations print it. */
export const runbookPage = (): string =>
  page.replace(PART, (_, names?: string) =>
    names === undefined
      ? `<!-- steps -->\n${stepsTable()}\n<!-- end -->`
      : `<!-- situation: ${names} -->\n${names.split(' ').map(part).join('\n\n')}\n<!-- end -->`,
  );

function stepsTable(): string {
  const rows = (Object.keys(WORDS) as Do[])
    .filter((step) => step !== 'nothing')
    .map((step) => {
      const commands = stepCommands({ do: step }, PLACE).map((command) => `\`${command}\``);
      return `| ${step} | ${stepWords({ do: step }, PLACE)} | ${commands.join('<br>')} |`;
    });
  return ['| step | | command |', '|---|---|---|', ...rows].join('\n');
}

/** The first situation of a part has a numbered list; the others are a paragraph, without what they share with it. */
function part(name: string, index: number, [first = name]: string[]): string {
  const situation = situations[name];
  if (!situation) throw new Error(`no situation "${name}"`);
  const { short, means, byItself, todo, never = [] } = situation;
  const warnings = never.filter((warning) => warning !== NO_LOG_INS).join(' ');
  const steps = todo.map((step) => `${step.when ? `${step.when} ` : ''}[${step.do}](#the-steps)`);
  if (index > 0) {
    const shared = situations[first];
    const next = byItself === shared?.byItself ? '' : ` *By itself:* ${byItself}`;
    const list = steps.length === 0 ? '' : ` *Steps:* ${steps.join('. ')}.`;
    const rest = todo === shared?.todo ? ' The steps are the same.' : `${list} ${warnings}`;
    return wrapped(`**${short}**: ${means}${next}${rest}`);
  }
  return [
    wrapped(`**${short}**: ${means} *By itself:* ${byItself}`),
    ...(steps.length === 0 ? [] : [steps.map((step, at) => wrapped(`${at + 1}. ${step}`, '   ')).join('\n')]),
    ...(warnings === '' ? [] : [wrapped(warnings)]),
  ].join('\n\n');
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
