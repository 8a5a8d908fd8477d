import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import { presentable } from '../lambda/errors.ts';
import { operatorTool } from '../lambda/operator-tool.ts';
import { VERSION } from '../lambda/version.ts';
import type { Account } from './account.ts';
import { commands, type Reading, type ToolCommand } from './commands.ts';
import type { Desk, Terminal } from './desk.ts';
import { NotWellError, UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, inLines, lineOf } from './failure.ts';
import { type Ended, keptTerminal, OWN_DOCUMENT } from './json-document.ts';
import { as, deploymentOptions, json, type Options, reachOptions, reason } from './options.ts';
import type { Settings } from './settings.ts';

/** Everything that the tool has of its process and of AWS. */
export type Seat = {
  terminal: Terminal;
  /** Where commander prints: help to stdout, a wrong call to stderr. @default the process's */
  output?: { out(text: string): void; error(text: string): void };
  reading: Omit<Reading, 'tree'>;
  /** @throws UsageError when no region is known */
  reach(options: Options): Promise<Account>;
  wire(settings: Settings, options: Options, account: Account, terminal: Terminal): Promise<Desk>;
};

/** Runs one command. @param argv without the program itself @returns the exit code */
export async function runTool(seat: Seat, argv: readonly string[]): Promise<ExitCode> {
  const { terminal } = seat;
  const program = programOf(seat);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (failure) {
    const exitCode = exitCodeOf(failure);
    // Commander has printed its own, and what is not well has been said.
    if (failure instanceof CommanderError) {
      if (exitCode !== 0 && argv.includes('--json')) terminal.say(wrongCall(argv, failure.message, exitCode));
    } else if (!(failure instanceof NotWellError)) {
      terminal.warn(inLines(failure));
      if (program.opts().debug) terminal.warn(String(presentable(failure).stack));
    }
    return exitCode;
  }
}

/** Builds the tool's commands. */
export function programOf(seat: Seat): Command {
  const codes = Object.entries(EXIT_CODES).map(([code, means]) => `  ${code.padEnd(4)}${means}`);
  const program = new Command(operatorTool())
    .description(
      'The operator’s tool of the ThingSpace password rotation. It finds its settings from the secret: the rotation function’s ' +
        'own configuration. Start with `status`. See docs/runbook.md.',
    )
    .version(VERSION, '--version', 'show the version')
    .option('--debug', 'show stack traces')
    .addHelpText('after', ['', 'Exit codes:', ...codes].join('\n'))
    .exitOverride()
    .configureHelp({ sortOptions: true });
  for (const one of commands) addCommand(program, one, seat);
  return program;
}

function addCommand(program: Command, one: ToolCommand, seat: Seat): void {
  const { out, error } = seat.output ?? {};
  const made = program.command(one.name).description(one.description).exitOverride();
  for (const command of [program, made]) {
    command.configureOutput({ ...(out && { writeOut: out }), ...(error && { writeErr: error }) });
  }
  const ofDesk = 'onDesk' in one ? [...deploymentOptions, ...reachOptions] : [];
  for (const option of [...one.options, ...ofDesk, json]) made.addOption(option);
  if (one.argument) {
    const [name, description, choices] = one.argument;
    const argument = made.createArgument(name, description);
    made.addArgument(choices ? argument.choices([...choices]) : argument);
  }
  made.addHelpText('after', `\nExample:\n  ${operatorTool()} ${one.example}`);
  const reading = { ...seat.reading, tree: program };
  made.action((...given: unknown[]) => {
    const options = made.opts<Options>();
    const words = one.argument ? [given[0]].flat().map(String) : [];
    return ending(one.name, options, seat.terminal, async (terminal) => {
      if ('alone' in one) return one.alone(terminal, { ...options, words }, reading);
      const desk = await deskFor(one.name, options, seat, terminal);
      mustGiveReason(one, options, desk);
      // A machine may have no name for its user: only a command that acts asks for it.
      const actor = one.options.includes(as) ? (options.as ?? userInfo().username) : '';
      return one.onDesk(desk, { ...options, actor }, reading);
    });
  });
}

async function deskFor(name: string, options: Options, seat: Seat, terminal: Terminal): Promise<Desk> {
  const [{ findSettings, givenIn }, { listingOnce }] = await Promise.all([
    import('./settings.ts'),
    import('./find-function.ts'),
  ]);
  const reached = await seat.reach(options);
  const account = name === 'status' || name === 'report' ? listingOnce(reached) : reached;
  // An answer from a file needs neither ledger nor function.
  const warn = options.file === undefined ? (text: string) => terminal.warn(text) : undefined;
  const settings = await findSettings(givenIn(options, seat.reading.env), options, account, warn);
  return seat.wire(settings, options, account, terminal);
}

/** @throws UsageError where the deployment wants a reason for each act, and none is given */
function mustGiveReason({ options: known }: ToolCommand, options: Options, { function: found }: Desk): void {
  if (!known.includes(reason) || options.reason !== undefined || options.dryRun) return;
  if (found?.environment.REASON_REQUIRED !== 'yes') return;
  throw new UsageError(
    'This deployment wants a reason for each act (reasonRequired): add --reason, such as --reason INC-1234. No change was made.',
  );
}

/** With --json stdout is one document, whatever comes of it; one sentence of what failed is on stderr as well. */
async function ending(
  command: string,
  { json = false }: Pick<Options, 'json'>,
  terminal: Terminal,
  run: (terminal: Terminal) => Promise<void>,
): Promise<void> {
  if (!json) return run(terminal);
  const kept = keptTerminal(terminal);
  const own = OWN_DOCUMENT.has(command);
  let hasDocument = false;
  const saying = {
    ...terminal,
    say(text: string) {
      hasDocument = true;
      terminal.say(text);
    },
  };
  let ended: Ended = { command, exitCode: 0, said: kept.said };
  try {
    await run(own ? saying : kept.terminal);
  } catch (failure) {
    ended = { ...ended, exitCode: exitCodeOf(failure), error: errorOf(failure) };
    throw failure;
  } finally {
    if (!hasDocument) terminal.say(JSON.stringify(ended, null, 2));
  }
}

const errorOf = (failure: unknown): NonNullable<Ended['error']> => ({
  name: presentable(failure).name,
  message: lineOf(failure),
});

/** The document of a command line that commander does not take. */
function wrongCall(argv: readonly string[], text: string, exitCode: ExitCode): string {
  const command = argv.find((word) => commands.some(({ name }) => name === word)) ?? '';
  const error = { name: 'UsageError', message: text.replace(/^error: /, '') };
  const ended: Ended = { command, exitCode, said: [], error };
  return JSON.stringify(ended, null, 2);
}
