import { type Command, Option } from 'commander';
import { DEFAULT_BASE_URL } from '../lambda/defaults.ts';
import { PROGRAM } from '../lambda/operator-tool.ts';
import type { AgentOptions } from './agent.ts';
import type { Fetch } from './contract.ts';
import type { Desk, Terminal } from './desk.ts';
import {
  type Acting,
  all,
  as,
  dryRun,
  type Options,
  reachOptions,
  reason,
  secret,
  username,
  yes,
} from './options.ts';

/** The parts of the process that commands need beside the terminal. */
export type Reading = {
  /** Reads a file, or stdin for `-`. @throws FileError */
  readText(file: string): Promise<string>;
  /** Fetches a document of ThingSpace's, without a password. */
  fetch: Fetch;
  env: NodeJS.ProcessEnv;
  /** The whole tool, as commander has it. */
  tree: Command;
};

/** A command of the tool. `onDesk` needs AWS; `alone` calls no AWS service, or makes its own clients. */
export type ToolCommand = {
  name: string;
  description: string;
  /** Beside those of every command, and of every command on a desk. */
  options: readonly Option[];
  example: string;
  /** A text of one or more words beside the options: its name as help shows it, and what it is. */
  argument?: readonly [name: string, description: string, choices?: readonly string[]];
} & (
  | { onDesk: (desk: Desk, options: Acting, reading: Reading) => Promise<void> }
  | { alone: (terminal: Terminal, options: Options & { words: string[] }, reading: Reading) => Promise<void> }
);

const named = [secret, username];
const byOperator = [as, reason, yes];
const accessTable = new Option('--access-table <name>', 'where the deployment does not lead to it').env(
  'ACCESS_TABLE',
);

export const commands: readonly ToolCommand[] = [
  {
    name: 'status',
    description: 'show the state and the next step of a credential, or all as a table',
    options: [...named, all],
    example: 'status --secret thingspace/acme',
    onDesk: async (desk, options) => (await import('./status.ts')).status(desk, options),
  },
  {
    name: 'open',
    description: 'open the sealed answers of a username, or those in a file',
    options: [
      ...named,
      as,
      reason,
      new Option('--file <file>', 'read sealed answers or log lines from a file (- is stdin)'),
      new Option(
        '--out <file>',
        'write the raw answer to this new file, and the password to <file>.password',
      ),
      new Option('--reveal', 'print the password on the terminal'),
      new Option('--force', 'with --reveal: print it even where stdout is not a terminal'),
      new Option('--key <id>', "the KMS key (default: the secret's own)").env('SEALING_KEY_ID'),
    ],
    example: 'open --secret thingspace/acme --out "$HOME/answer"',
    onDesk: async (desk, options, { readText }) => {
      const text = options.file === undefined ? undefined : await readText(options.file);
      return (await import('./open.ts')).open(desk, { ...options, text });
    },
  },
  {
    name: 'trial',
    description: "log in once with AWSCURRENT, from the operators' share; a success clears the ledger",
    options: [...named, ...byOperator],
    example: 'trial --secret thingspace/acme --as ann',
    onDesk: async (desk, options) => (await import('./trial.ts')).trial(desk, options),
  },
  {
    name: 'unlocked',
    description: 'say that M2M Support has unlocked the username',
    options: [
      ...named,
      ...byOperator,
      new Option('--at <time>', 'when support unlocked it, e.g. 2026-01-05T03:10:00Z').makeOptionMandatory(),
    ],
    example: 'unlocked --secret thingspace/acme --at 2026-01-05T03:10:00Z',
    onDesk: async (desk, options) => (await import('./unlocked.ts')).unlocked(desk, options),
  },
  {
    name: 'rotate',
    description: 'start a rotation, or continue the one that is not over, and watch it',
    options: [
      ...named,
      ...byOperator,
      dryRun,
      new Option('--wait-minutes <minutes>', 'how long to watch (default: 20)'),
      new Option(
        '--held',
        'start all rotations of the service that another credential held, one after another',
      ),
    ],
    example: 'rotate --secret thingspace/acme',
    onDesk: async (desk, options) => (await import('./rotate.ts')).rotate(desk, options),
  },
  {
    name: 'release',
    description: 'override the hold that a failed exchange of one credential puts on the others',
    options: [secret, ...byOperator, dryRun],
    example: 'release --secret thingspace/acme --dry-run',
    onDesk: async (desk, options) => (await import('./release.ts')).release(desk, options),
  },
  {
    name: 'pause',
    description: 'keep rotations of a credential from beginning until a time; recovery continues',
    options: [
      ...named,
      ...byOperator,
      dryRun,
      new Option('--until <time>', 'e.g. 2026-01-08T08:00:00Z, 3d or 12h; at most 30d').makeOptionMandatory(),
    ],
    example: 'pause --secret thingspace/acme --until 3d --reason "CHG-4711: billing run"',
    onDesk: async (desk, options) => (await import('./pause.ts')).pause(desk, options),
  },
  {
    name: 'resume',
    description: 'end a pause, or open a closed calendar for one credential and a day',
    options: [...named, ...byOperator, dryRun],
    example: 'resume --secret thingspace/acme',
    onDesk: async (desk, options) => (await import('./pause.ts')).resume(desk, options),
  },
  {
    name: 'recover',
    description: 'make the function finish pending work now, and wait for it',
    options: [...named, ...byOperator, dryRun],
    example: 'recover --secret thingspace/acme --yes',
    onDesk: async (desk, options) => (await import('./recover.ts')).recover(desk, options),
  },
  {
    name: 'store',
    description:
      'store a first or restored password, or REST’s key: prompt without echo, pipe, or a sealed answer',
    options: [
      ...named,
      ...byOperator,
      dryRun,
      new Option('--set-username <username>', 'write this username into the secret, too'),
      new Option('--from-sealed', 'the password in the sealed answer that the ledger keeps'),
      new Option('--anyway', 'store the password even if it is known to have been refused'),
      new Option('--trial', 'prove it by one log-in without asking'),
      new Option(
        '--api-key',
        'store the application key and secret that REST needs instead; the password stays as it is',
      ).conflicts(['setUsername', 'fromSealed', 'anyway', 'trial']),
    ],
    example: 'store --secret thingspace/acme',
    onDesk: async (desk, options) =>
      options.apiKey
        ? (await import('./store-key.ts')).storeApiKey(desk, options)
        : (await import('./store.ts')).store(desk, options),
  },
  {
    name: 'changes',
    description: 'list who changed the secret, its labels or its rotation, and when, from CloudTrail',
    options: [...named, new Option('--days <days>', 'how far back (default: 7, at most 90)')],
    example: 'changes --secret thingspace/acme',
    onDesk: async (desk, options) => (await import('./changes.ts')).changes(desk, options),
  },
  {
    name: 'adopt',
    description: 'let this secret rotate its username from now on',
    options: [secret, ...byOperator, dryRun],
    example: 'adopt --secret thingspace/acme',
    onDesk: async (desk, options) => (await import('./adopt.ts')).adopt(desk, options),
  },
  {
    name: 'audit',
    description: 'list the log-in attempts (actor, time, and outcome), and the events of the rotation',
    options: [...named, new Option('--days <days>', 'how far back (default: 30)')],
    example: 'audit --secret thingspace/acme --days 7',
    onDesk: async (desk, options) => (await import('./audit.ts')).audit(desk, options),
  },
  {
    name: 'access-log',
    description: 'list the requests through the access function: caller, operation, device, and outcome',
    options: [
      secret,
      new Option(
        '--device <identifier...>',
        'changes of this device, by any of its names (ICCID, IMEI, MDN, …)',
      ),
      new Option('--user <name-or-arn>', 'requests of this application user, person, caller or role'),
      new Option('--operation <pattern>', 'such as ChangeDevice* or ChangeDeviceState/Deactivate'),
      new Option('--since <time>', 'e.g. 2026-01-05T03:10:00Z (default: 30 days before --until)'),
      new Option('--until <time>', '(default: now)'),
      accessTable,
    ],
    example: 'access-log --secret thingspace/acme --device 89148000000800139708',
    onDesk: async (desk, options) => (await import('./access-log.ts')).accessLog(desk, options),
  },
  {
    name: 'report',
    description:
      'make the auditor’s report: the age of each password, rotations, failures, acts of people, requests',
    options: [
      secret,
      all,
      new Option(
        '--from <date>',
        'the first day, e.g. 2026-01-01 (UTC), or a time (default: 365 days before --to)',
      ),
      new Option('--to <date>', 'the last day, or a time (default: now)'),
      new Option('--format <format>', 'html, json or csv (default: html)').choices(['html', 'json', 'csv']),
      new Option('--out <file>', 'a new file for it, which only you may read; JSON needs none'),
      new Option('--force', 'replace the file'),
      accessTable,
    ],
    example: 'report --all --from 2026-01-01 --to 2026-12-31 --out report.html',
    onDesk: async (desk, options) => (await import('./report.ts')).report(desk, options),
  },
  {
    name: 'access-may',
    description:
      'say whether a policy of the access function gives a request, and which rule decides (calls no service)',
    options: [
      new Option(
        '--policy <file>',
        'the stack’s configuration, or access.json of a deployed function (- is stdin)',
      ).makeOptionMandatory(),
      new Option(
        '--as <arn>',
        'the caller, or its role or user; a session where rules name persons',
      ).makeOptionMandatory(),
      new Option('--user <name>', 'the application user for whom the caller speaks'),
      new Option('--person-group <name...>', 'groups that the user’s token names'),
      new Option('--credential <name>', 'the credential').makeOptionMandatory(),
      new Option('--service <name>', 'such as CarrierService (default: any)'),
      new Option('--operation <name>', 'such as ChangeDeviceState/Suspend').makeOptionMandatory(),
      new Option('--device <identifier...>', 'devices that the request names'),
      new Option('--account <name...>', 'accounts that it names'),
      new Option('--group <name...>', 'device groups that it names'),
    ],
    example:
      'access-may --policy thingspace.config.json --as arn:aws:iam::123456789012:role/portal --credential fleet --operation ChangeDeviceState/Suspend',
    async alone(terminal, options, { readText }) {
      const { accessMay } = await import('./access-may.ts');
      accessMay(terminal, await readText(options.policy ?? '-'), options);
    },
  },
  {
    name: 'access-changes',
    description:
      'say in sentences what changes between two policies of the access function (calls no service)',
    options: [
      new Option(
        '--before <file>',
        'the policy of now: access.json of the deployed function, or a configuration',
      ).makeOptionMandatory(),
      new Option(
        '--after <file>',
        'the policy to be: the stack’s configuration (- is stdin)',
      ).makeOptionMandatory(),
    ],
    example: 'access-changes --before deployed-access.json --after thingspace.config.json',
    async alone(terminal, options, { readText }) {
      const { accessChanges } = await import('./access-changes.ts');
      const [before, after] = [await readText(options.before ?? '-'), await readText(options.after ?? '-')];
      accessChanges(terminal, { before, after }, options);
    },
  },
  {
    name: 'doctor',
    description: 'check everything that a rotation needs; makes no log-in',
    options: [
      ...named,
      new Option('--rest', 'check what REST needs, too, before a switch to it'),
      new Option('--token-url <url>', 'with --rest: the token’s address (default: the function’s)'),
    ],
    example: 'doctor --secret thingspace/acme',
    onDesk: async (desk, options, { fetch }) => (await import('./doctor.ts')).doctor(desk, fetch, options),
  },
  {
    name: 'test-alarm',
    description: 'send tests to the receivers of alarms',
    options: [...named, as, yes, dryRun],
    example: 'test-alarm --secret thingspace/acme --yes',
    onDesk: async (desk, options) => (await import('./test-alarm.ts')).testAlarm(desk, options),
  },
  {
    name: 'agent',
    description:
      'hold a live session in a process of its own, and give it to programs on this machine (docs/apps.md)',
    options: [
      new Option('--secret <name-or-arn>', 'the secret; once for each credential (also <name>=<secret>)')
        .env('THINGSPACE_SECRET')
        .argParser((text: string, others: string[] | undefined) => [...(others ?? []), text]),
      new Option(
        '--token-file <file>',
        'the token that programs must send; made if it does not exist',
      ).makeOptionMandatory(),
      new Option('--address-file <file>', 'written when the agent listens; removed when it stops'),
      new Option('--port <port>', 'a port on the loopback interface (default: a free one)'),
      new Option('--actor <name>', 'the name for alarms and the audit trail (default: agent on <host>)'),
      new Option('--patience <seconds>', 'how long a program waits for a session (default: 30)'),
      new Option('--username <username>', 'joins a live session while Secrets Manager is away (SOAP alone)'),
      new Option('--without-ledger', 'share no session with other programs, and count log-ins alone'),
      ...reachOptions,
    ],
    example:
      'agent --secret thingspace/acme --token-file "$HOME/agent.token" --address-file "$HOME/agent.address"',
    async alone(terminal, options, { env }) {
      process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
      if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
      // Its secrets are a list.
      return (await import('./agent.ts')).agent(terminal, options as unknown as AgentOptions, env);
    },
  },
  {
    name: 'explain',
    description: 'explain a pasted message, error or state (calls no service)',
    options: [],
    example: 'explain CredentialLostError',
    async alone(terminal, { json = false, words }, { readText }) {
      const { explain } = await import('./explain.ts');
      explain(terminal, words.length > 0 ? words.join(' ') : await readText('-'), { json });
    },
    argument: ['[text...]', 'the text (default: stdin)'],
  },
  {
    name: 'contract',
    description:
      'SOAP only: name the element that GetNewPassword expects, by the live contract (no log-in, no AWS)',
    options: [
      new Option('--base-url <url>', 'the address above SessionService.svc and AccountService.svc')
        .env('THINGSPACE_BASE_URL')
        .default(DEFAULT_BASE_URL),
      new Option('--password-element <name>', 'the element that is configured').env(
        'THINGSPACE_PASSWORD_ELEMENT',
      ),
    ],
    example: 'contract --base-url https://uws.apps.nphase.com/api/v2',
    alone: async (terminal, { baseUrl = DEFAULT_BASE_URL, passwordElement }, { fetch }) =>
      (await import('./contract.ts')).contract({ terminal }, fetch, { baseUrl, passwordElement }),
  },
  {
    name: 'completion',
    description: 'print the script that completes commands and options in a shell',
    options: [],
    example: `completion bash > ~/.local/share/bash-completion/completions/${PROGRAM}`,
    async alone(terminal, { words: [shell = ''] }, { tree }) {
      (await import('./completion.ts')).completion(terminal, tree, shell);
    },
    argument: ['<shell>', 'the shell', ['bash', 'zsh', 'fish']],
  },
];
