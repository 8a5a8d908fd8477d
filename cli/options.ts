import { InvalidArgumentError, Option } from 'commander';
import { kindOfCharacter } from '../lambda/visible.ts';

/** Options as commander gives them. */
export type Options = {
  profile?: string | undefined;
  region?: string | undefined;
  endpoint?: string | undefined;
  secret?: string | undefined;
  username?: string | undefined;
  function?: string | undefined;
  stack?: string | undefined;
  table?: string | undefined;
  baseUrl?: string | undefined;
  passwordElement?: string | undefined;
  json?: boolean | undefined;
  all?: boolean | undefined;
  yes?: boolean | undefined;
  dryRun?: boolean | undefined;
  as?: string | undefined;
  reason?: string | undefined;
  at?: string | undefined;
  file?: string | undefined;
  out?: string | undefined;
  reveal?: boolean | undefined;
  force?: boolean | undefined;
  key?: string | undefined;
  setUsername?: string | undefined;
  fromSealed?: boolean | undefined;
  anyway?: boolean | undefined;
  trial?: boolean | undefined;
  apiKey?: boolean | undefined;
  rest?: boolean | undefined;
  tokenUrl?: string | undefined;
  days?: string | undefined;
  waitMinutes?: string | undefined;
  held?: boolean | undefined;
  device?: string[] | undefined;
  policy?: string | undefined;
  before?: string | undefined;
  after?: string | undefined;
  personGroup?: string[] | undefined;
  credential?: string | undefined;
  service?: string | undefined;
  account?: string[] | undefined;
  group?: string[] | undefined;
  user?: string | undefined;
  operation?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  accessTable?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  format?: string | undefined;
};

/** The operator, and the reason that was given. */
export type By = { actor: string; reason?: string | undefined };
/** The options of a command that acts for an operator. */
export type Acting = Options & By;

export const all = new Option(
  '--all',
  'every credential of the function that rotates the secret, as a table',
);

/** How AWS is reached; without them, the SDK's own environment and configuration. */
export const reachOptions = [
  new Option('--profile <name>', 'the AWS profile'),
  new Option('--region <region>', 'the AWS region'),
  new Option('--endpoint <url>', 'the address of every AWS service, e.g. of a simulation'),
];

export const secret = new Option('--secret <name-or-arn>', 'the secret that holds the credential').env(
  'THINGSPACE_SECRET',
);
export const username = new Option(
  '--username <username>',
  'the username, where its secret need not be named',
);

/** Where the function is, and what it is set to: found by itself, and checked where it is given. */
export const deploymentOptions = [
  new Option('--function <name-or-arn>', 'the rotation function, where the secret does not lead to it'),
  new Option('--stack <name>', 'the deployment, by the name of its stack'),
  new Option('--table <name>', 'the ledger’s table; must agree with the function’s LEDGER_TABLE'),
  new Option('--base-url <url>', 'ThingSpace’s address; must agree with the function'),
];

export const json = new Option('--json', 'print JSON');
export const as = new Option(
  '--as <name>',
  'who you are, for the audit trail (default: your user name here)',
);

/** A message, a table and a report show it. */
const MAX_REASON_CHARS = 200;

/** @throws InvalidArgumentError for a text that does not fit one line of a message */
function reasonIn(text: string): string {
  const reason = text.trim();
  const length = [...reason].length;
  if (length === 0) throw new InvalidArgumentError('It is empty: write a ticket or a few words.');
  if (length > MAX_REASON_CHARS) {
    throw new InvalidArgumentError(`It has ${length} characters, and ${MAX_REASON_CHARS} are the most.`);
  }
  const hidden = [...reason].find((character) => /[\p{C}\p{Zl}\p{Zp}]/u.test(character));
  if (hidden === undefined) return reason;
  throw new InvalidArgumentError(`It holds ${kindOfCharacter(hidden)}: write visible characters alone.`);
}
export const reason = new Option(
  '--reason <text>',
  'why you do this, such as a ticket: kept in the audit trail and shown in the messages that follow',
).argParser(reasonIn);
export const yes = new Option('--yes', 'do not ask');
export const dryRun = new Option('--dry-run', 'say what would be done, and do nothing');
