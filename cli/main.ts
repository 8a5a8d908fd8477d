import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_BASE_URL } from '../lambda/defaults.ts';
import { presentable } from '../lambda/rotation/failure.ts';
import { adopt } from './adopt.ts';
import { contract } from './contract.ts';
import type { Desk } from './desk.ts';
import { FileError } from './errors.ts';
import { exitCodeOf, lineOf } from './failure.ts';
import { fetchDocument } from './fetch-document.ts';
import { open } from './open.ts';
import { type CommonOptions, readSettings } from './settings.ts';
import { status } from './status.ts';
import { processTerminal as terminal } from './terminal.ts';
import { trial } from './trial.ts';
import { unlocked } from './unlocked.ts';
import { wire } from './wiring.ts';

type Options = CommonOptions & {
  username?: string;
  json?: boolean;
  file?: string;
  out?: string;
  reveal?: boolean;
  force?: boolean;
  key?: string;
  as?: string;
  at?: string;
  yes?: boolean;
};

const secret = new Option('--secret <name-or-arn>', 'the secret that holds the credential').env(
  'THINGSPACE_SECRET',
);
const username = new Option('--username <username>', 'the username, where its secret need not be named');
const table = new Option('--table <name>', "the ledger's DynamoDB table").env('LEDGER_TABLE');
const baseUrl = new Option('--base-url <url>', 'the address above SessionService.svc and AccountService.svc')
  .env('THINGSPACE_BASE_URL')
  .default(DEFAULT_BASE_URL);
const passwordElement = new Option(
  '--password-element <name>',
  'the element of the current password in GetNewPassword',
).env('THINGSPACE_PASSWORD_ELEMENT');
const json = new Option('--json', 'print JSON');
const as = new Option('--as <name>', 'who you are, for the audit trail (default: your user name here)');
const yes = new Option('--yes', 'do not ask');

const program = new Command('npm run cli --')
  .description(
    "The operator's tool of the ThingSpace password rotation. AWS region and credentials come from the AWS SDK's own " +
      'environment; other settings from options or the rotation function’s environment variables. See docs/runbook.md.',
  )
  .option('--debug', 'show stack traces')
  .exitOverride()
  .configureHelp({ sortOptions: true });

add(
  'status',
  'where the credential stands, and what happens next',
  [secret, username, table, json],
  (desk, options) => status(desk, options),
);
add(
  'open',
  'open the sealed answers of a username, or those in a file',
  [
    secret,
    username,
    table,
    new Option('--file <file>', 'read sealed answers or log lines from a file (- is stdin)'),
    new Option('--out <file>', 'write the raw answer to this new file, and the password to <file>.password'),
    new Option('--reveal', 'print the password on the terminal'),
    new Option('--force', 'with --reveal: print it even where stdout is no terminal'),
    new Option('--key <id>', "the KMS key (default: the secret's own)").env('SEALING_KEY_ID'),
  ],
  (desk, options) =>
    open(desk, { ...options, text: options.file === undefined ? undefined : readText(options.file) }),
);
add(
  'trial',
  "log in once with AWSCURRENT, from the people's share; a success clears the ledger",
  [secret, username, table, baseUrl, as, yes],
  (desk, options) => trial(desk, { ...options, actor: actorOf(options) }),
);
add(
  'unlocked',
  'say that M2M Support has unlocked the username',
  [
    secret,
    username,
    table,
    as,
    yes,
    new Option('--at <time>', 'when support unlocked it, e.g. 2026-01-05T03:10:00Z').makeOptionMandatory(),
  ],
  (desk, options) => unlocked(desk, { ...options, at: options.at ?? '', actor: actorOf(options) }),
);
add(
  'adopt',
  'let a secret rotate the username that it names, where another secret rotated it, or it another username',
  [secret, table, as, yes],
  (desk, options) => adopt(desk, { ...options, actor: actorOf(options) }),
);
command('contract', 'which element GetNewPassword wants, by the live contract (no log-in)', [
  baseUrl,
  passwordElement,
]).action(({ baseUrl = DEFAULT_BASE_URL, passwordElement }: Options) =>
  contract({ terminal }, fetchDocument, { baseUrl, passwordElement }),
);

/** A command that needs the ledger and AWS. */
function add(
  name: string,
  description: string,
  options: Option[],
  run: (desk: Desk, options: Options) => Promise<void>,
): void {
  command(name, description, options).action((given: Options) => {
    // An answer from a file needs no ledger.
    const table = given.table ?? (given.file === undefined ? undefined : 'none');
    const settings = readSettings({ ...given, ...(table === undefined ? {} : { table }) }, process.env);
    return run(wire(settings, terminal), given);
  });
}

function command(name: string, description: string, options: Option[]): Command {
  const made = program.command(name).description(description).exitOverride();
  for (const option of options) made.addOption(option);
  return made;
}

function actorOf(options: Options): string {
  return options.as ?? userInfo().username;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (failure) {
    throw new FileError(`The file ${file} cannot be read (${(failure as NodeJS.ErrnoException).code}).`);
  }
}

try {
  await program.parseAsync();
} catch (failure) {
  process.exitCode = exitCodeOf(failure);
  // Commander has printed its own.
  if (!(failure instanceof CommanderError)) {
    terminal.warn(`Error: ${lineOf(failure)}`);
    if (program.opts().debug) terminal.warn(String(presentable(failure).stack));
  }
}
