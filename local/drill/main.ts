/** `npm run drill`: an operator solves an incident with the operator's tool, and is judged. */
import { randomInt } from 'node:crypto';
import { Command, Option } from 'commander';
import { bundleCli } from '../../cli/bundle.ts';
import { bundleRotation } from '../../infra/bundle.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { TRANSPORTS } from '../../lambda/transport.ts';
import { aheadOf, readConsole } from '../console.ts';
import { writeShellFile } from '../shell-file.ts';
import { type Drill, startDrill } from './drill.ts';
import type { Situation } from './situation.ts';
import { situations } from './situations.ts';

const names = situations.map(({ name }) => name);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const options = new Command('npm run drill --')
  .description(
    'Rehearses an incident: you have only the messages that arrive, and the tool in a second shell.',
  )
  .addOption(new Option('--situation <name>', 'which one (default: drawn)').choices(names))
  .addOption(
    new Option('--transport <api>', 'the API of ThingSpace that the function calls')
      .choices(TRANSPORTS)
      .default('soap'),
  )
  .option('--list', 'list the situations', false)
  .parse()
  .opts<{ situation?: string; transport: Transport; list: boolean }>();

if (options.list) {
  for (const { name, shows } of situations) say(`${name.padEnd(21)}${shows}`);
} else {
  const drawn = options.situation ?? names[randomInt(names.length)];
  process.exitCode = await play(situations.find(({ name }) => name === drawn) as Situation);
}

/** @returns 0 when it was solved, or was left to go on by itself */
async function play(situation: Situation): Promise<number> {
  say('Building the rotation function, and letting something happen to it …');
  await Promise.all([bundleRotation(), bundleCli()]);
  const drill = await startDrill(situation, { transport: options.transport });
  const file = writeShellFile(drill.variables);
  try {
    say(`\n${situation.shows} This message woke you:\n\n${indented(drill.message)}\n`);
    say('In a second shell, in this folder:\n');
    say(`  . ${file.path}\n  npm run cli -- status    (docs/runbook.md)\n\n${aheadOf(drill.world)}\n`);
    say(await drill.type('help'));
    say('Leave with Ctrl-C.\n');
    return await untilSolved(drill);
  } finally {
    file.remove();
    await drill.close();
  }
}

/** The person is done when they say so and it is solved, or when they leave. */
async function untilSolved(drill: Drill): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const answer = async (line: string): Promise<string> => {
    if (line.trim() !== 'done') return drill.type(line);
    const { solved, lines } = await drill.judgement();
    if (solved) setImmediate(() => resolve(0));
    return lines.join('\n');
  };
  readConsole(process.stdin, answer, say);
  const leave = async () => {
    const { goesOn, lines } = await drill.judgement();
    say(lines.join('\n'));
    resolve(goesOn ? 0 : 1);
  };
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  const code = await promise;
  process.stdin.destroy();
  return code;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  | ${line}`.trimEnd())
    .join('\n');
}
