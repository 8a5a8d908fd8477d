import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { DEFAULT_BASE_URL } from '../lambda/defaults.ts';
import type { AgentOptions } from './agent.ts';
import type { Fetch } from './contract.ts';
import type { Desk, Terminal } from './desk.ts';
import {
  all,
  as,
  deploymentOptions,
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
  options: readonly Option[];
  example: string;
  /** A text of one or more words beside the options: its name as help shows it, and what it is. */
  argument?: readonly [name: string, description: string, choices?: readonly string[]];
} & (
  | { onDesk: (desk: Desk, options: Options, reading: Reading) => Promise<void> }
  | { alone: (terminal: Terminal, options: Options & { words: string[] }, reading: Reading) => Promise<void> }
);

/** A command that needs AWS. */
function add(
  name: string,
  description: string,
  options: readonly Option[],
  {
    example,
    run,
  }: { example: string; run: (desk: Desk, options: Options, reading: Reading) => Promise<void> },
): ToolCommand {
  return {
    name,
    description,
    options: [...options, ...deploymentOptions, ...reachOptions],
    example,
    onDesk: run,
  };
}

/** A command that calls no AWS service, or makes its own clients. */
const command = (
  name: string,
  description: string,
  options: readonly Option[],
  example: string,
  alone: Extract<ToolCommand, { alone: unknown }>['alone'],
  argument?: ToolCommand['argument'],
): ToolCommand => ({ name, description, options, example, alone, ...(argument && { argument }) });

/** The name of the operator in the audit trail. */
const actorOf = (options: Options): string => options.as ?? userInfo().username;

const named = [secret, username];
const rest = new Option('--rest', 'check what REST needs, too, before a switch to it');
const tokenUrl = new Option(
  '--token-url <url>',
  'with --rest: the token’s address (default: the function’s)',
);

export const commands: readonly ToolCommand[] = [
  add('status', 'show the state and the next step of a credential, or all as a table', [...named, all], {
    example: 'status --secret thingspace/acme',
    run: async (desk, options) => (await import('./status.ts')).status(desk, options),
  }),
  add(
    'open',
    'open the sealed answers of a username, or those in a file',
    [
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
    {
      example: 'open --secret thingspace/acme --out "$HOME/answer"',
      run: async (desk, options, { readText }) =>
        (await import('./open.ts')).open(desk, {
          ...options,
          actor: actorOf(options),
          text: options.file === undefined ? undefined : await readText(options.file),
        }),
    },
  ),
  add(
    'trial',
    "log in once with AWSCURRENT, from the operators' share; a success clears the ledger",
    [...named, as, reason, yes],
    {
      example: 'trial --secret thingspace/acme --as ann',
      run: async (desk, options) =>
        (await import('./trial.ts')).trial(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'unlocked',
    'say that M2M Support has unlocked the username',
    [
      ...named,
      as,
      reason,
      yes,
      new Option('--at <time>', 'when support unlocked it, e.g. 2026-01-05T03:10:00Z').makeOptionMandatory(),
    ],
    {
      example: 'unlocked --secret thingspace/acme --at 2026-01-05T03:10:00Z',
      run: async (desk, options) =>
        (await import('./unlocked.ts')).unlocked(desk, {
          ...options,
          at: options.at ?? '',
          actor: actorOf(options),
        }),
    },
  ),
  add(
    'rotate',
    'start a rotation, or continue the one that is not over, and watch it',
    [
      ...named,
      as,
      reason,
      yes,
      dryRun,
      new Option('--wait-minutes <minutes>', 'how long to watch (default: 20)'),
      new Option(
        '--held',
        'start all rotations of the service that another credential held, one after another',
      ),
    ],
    {
      example: 'rotate --secret thingspace/acme',
      run: async (desk, options) =>
        (await import('./rotate.ts')).rotate(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'release',
    'override the hold that a failed exchange of one credential puts on the others',
    [secret, as, reason, yes, dryRun],
    {
      example: 'release --secret thingspace/acme --dry-run',
      run: async (desk, options) =>
        (await import('./release.ts')).release(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'pause',
    'keep rotations of a credential from beginning until a time; recovery continues',
    [
      ...named,
      as,
      reason,
      yes,
      dryRun,
      new Option('--until <time>', 'e.g. 2026-01-08T08:00:00Z, 3d or 12h; at most 30d').makeOptionMandatory(),
    ],
    {
      example: 'pause --secret thingspace/acme --until 3d --reason "CHG-4711: billing run"',
      run: async (desk, options) =>
        (await import('./pause.ts')).pause(desk, {
          ...options,
          until: options.until ?? '',
          actor: actorOf(options),
        }),
    },
  ),
  add(
    'resume',
    'end a pause, or open a closed calendar for one credential and a day',
    [...named, as, reason, yes, dryRun],
    {
      example: 'resume --secret thingspace/acme',
      run: async (desk, options) =>
        (await import('./pause.ts')).resume(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'recover',
    'make the function finish pending work now, and wait for it',
    [...named, as, reason, yes, dryRun],
    {
      example: 'recover --secret thingspace/acme --yes',
      run: async (desk, options) =>
        (await import('./recover.ts')).recover(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'store',
    'store a first or restored password, or REST’s key: prompt without echo, pipe, or a sealed answer',
    [
      ...named,
      as,
      reason,
      yes,
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
    {
      example: 'store --secret thingspace/acme',
      run: async (desk, options) =>
        options.apiKey
          ? (await import('./store-key.ts')).storeApiKey(desk, { ...options, actor: actorOf(options) })
          : (await import('./store.ts')).store(desk, { ...options, actor: actorOf(options) }),
    },
  ),
  add(
    'changes',
    'list who changed the secret, its labels or its rotation, and when, from CloudTrail',
    [...named, new Option('--days <days>', 'how far back (default: 7, at most 90)')],
    {
      example: 'changes --secret thingspace/acme',
      run: async (desk, options) => (await import('./changes.ts')).changes(desk, options),
    },
  ),
  add('adopt', 'let this secret rotate its username from now on', [secret, as, reason, yes, dryRun], {
    example: 'adopt --secret thingspace/acme',
    run: async (desk, options) =>
      (await import('./adopt.ts')).adopt(desk, { ...options, actor: actorOf(options) }),
  }),
  add(
    'audit',
    'list the log-in attempts (actor, time, and outcome), and the events of the rotation',
    [...named, new Option('--days <days>', 'how far back (default: 30)')],
    {
      example: 'audit --secret thingspace/acme --days 7',
      run: async (desk, options) => (await import('./audit.ts')).audit(desk, options),
    },
  ),
  add(
    'access-log',
    'list the requests through the access function: caller, operation, device, and outcome',
    [
      secret,
      new Option(
        '--device <identifier...>',
        'changes of this device, by any of its names (ICCID, IMEI, MDN, …)',
      ),
      new Option('--user <name-or-arn>', 'requests of this application user, person, caller or role'),
      new Option('--operation <pattern>', 'such as ChangeDevice* or ChangeDeviceState/Deactivate'),
      new Option('--since <time>', 'e.g. 2026-01-05T03:10:00Z (default: 30 days before --until)'),
      new Option('--until <time>', '(default: now)'),
      new Option('--access-table <name>', 'where the deployment does not lead to it').env('ACCESS_TABLE'),
    ],
    {
      example: 'access-log --secret thingspace/acme --device 89148000000800139708',
      run: async (desk, options) => (await import('./access-log.ts')).accessLog(desk, options),
    },
  ),
  add(
    'report',
    'make the auditor’s report: the age of each password, rotations, failures, acts of people, requests',
    [
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
      new Option('--access-table <name>', 'where the deployment does not lead to it').env('ACCESS_TABLE'),
    ],
    {
      example: 'report --all --from 2026-01-01 --to 2026-12-31 --out report.html',
      run: async (desk, options) => (await import('./report.ts')).report(desk, options),
    },
  ),
  command(
    'access-may',
    'say whether a policy of the access function gives a request, and which rule decides (calls no service)',
    [
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
    'access-may --policy thingspace.config.json --as arn:aws:iam::123456789012:role/portal --credential fleet --operation ChangeDeviceState/Suspend',
    async (terminal, options, { readText }) => {
      const { accessMay } = await import('./access-may.ts');
      accessMay(terminal, await readText(options.policy ?? '-'), options);
    },
  ),
  command(
    'access-changes',
    'say in sentences what changes between two policies of the access function (calls no service)',
    [
      new Option(
        '--before <file>',
        'the policy of now: access.json of the deployed function, or a configuration',
      ).makeOptionMandatory(),
      new Option(
        '--after <file>',
        'the policy to be: the stack’s configuration (- is stdin)',
      ).makeOptionMandatory(),
    ],
    'access-changes --before deployed-access.json --after thingspace.config.json',
    async (terminal, options, { readText }) => {
      const { accessChanges } = await import('./access-changes.ts');
      const [before, after] = [await readText(options.before ?? '-'), await readText(options.after ?? '-')];
      accessChanges(terminal, { before, after }, options);
    },
  ),
  add('doctor', 'check everything that a rotation needs; makes no log-in', [...named, rest, tokenUrl], {
    example: 'doctor --secret thingspace/acme',
    run: async (desk, options, { fetch }) => (await import('./doctor.ts')).doctor(desk, fetch, options),
  }),
  add('test-alarm', 'send tests to the receivers of alarms', [...named, as, yes, dryRun], {
    example: 'test-alarm --secret thingspace/acme --yes',
    run: async (desk, options) =>
      (await import('./test-alarm.ts')).testAlarm(desk, { ...options, actor: actorOf(options) }),
  }),
  command(
    'agent',
    'hold a live session in a process of its own, and give it to programs on this machine (docs/apps.md)',
    [
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
    'agent --secret thingspace/acme --token-file "$HOME/agent.token" --address-file "$HOME/agent.address"',
    async (terminal, options, { env }) => {
      process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
      if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
      // Its secrets are a list.
      return (await import('./agent.ts')).agent(terminal, options as unknown as AgentOptions, env);
    },
  ),
  command(
    'explain',
    'explain a pasted message, error or state (calls no service)',
    [],
    'explain CredentialLostError',
    async (terminal, { json = false, words }, { readText }) => {
      const { explain } = await import('./explain.ts');
      explain(terminal, words.length > 0 ? words.join(' ') : await readText('-'), { json });
    },
    ['[text...]', 'the text (default: stdin)'],
  ),
  command(
    'contract',
    'SOAP only: name the element that GetNewPassword expects, by the live contract (no log-in, no AWS)',
    [
      new Option('--base-url <url>', 'the address above SessionService.svc and AccountService.svc')
        .env('THINGSPACE_BASE_URL')
        .default(DEFAULT_BASE_URL),
      new Option('--password-element <name>', 'the element that is configured').env(
        'THINGSPACE_PASSWORD_ELEMENT',
      ),
    ],
    'contract --base-url https://uws.apps.nphase.com/api/v2',
    async (terminal, { baseUrl = DEFAULT_BASE_URL, passwordElement }, { fetch }) =>
      (await import('./contract.ts')).contract({ terminal }, fetch, { baseUrl, passwordElement }),
  ),
  command(
    'completion',
    'print the script that completes commands and options in a shell',
    [],
    'completion bash > ~/.local/share/bash-completion/completions/thingspace-rotation',
    async (terminal, { words: [shell = ''] }, { tree }) => {
      (await import('./completion.ts')).completion(terminal, tree, shell);
    },
    ['<shell>', 'the shell', ['bash', 'zsh', 'fish']],
  ),
];
