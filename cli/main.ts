#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_BASE_URL } from '../lambda/defaults.ts';
import { presentable } from '../lambda/errors.ts';
import { INSTALLED_TOOL, operatorTool, quoted } from '../lambda/operator-tool.ts';
import { VERSION } from '../lambda/version.ts';
import type { AgentOptions } from './agent.ts';
import type { Desk, Terminal } from './desk.ts';
import { FileError, NotWellError } from './errors.ts';
import { exitCodeOf, inLines, lineOf } from './failure.ts';
import { type Ended, keptTerminal, OWN_DOCUMENT } from './json-document.ts';
import {
  as,
  deploymentOptions,
  dryRun,
  json,
  type Options,
  reachOptions,
  secret,
  username,
  yes,
} from './options.ts';
import { processTerminal as terminal } from './terminal.ts';

// Outside a checkout the tool speaks of itself, as it was started.
if (!import.meta.url.endsWith('.ts')) process.env.OPERATOR_TOOL ??= startedAs(process.argv[1] ?? '');

// A variable that is set to nothing says nothing, as in every other tool.
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];

const program = new Command(operatorTool())
  .description(
    'The operator’s tool of the ThingSpace password rotation. It finds its settings from the secret: the rotation function’s ' +
      'own configuration. Start with `status`. Exit codes: 0 all is well, 1 an operator must act or the command failed, ' +
      '2 called wrongly, 3 unfinished and continues by itself. See docs/runbook.md.',
  )
  .version(VERSION, '--version', 'show the version')
  .option('--debug', 'show stack traces')
  .exitOverride()
  .configureHelp({ sortOptions: true });

const named = [secret, username];

add('status', 'show the state and the next step of a credential, or all as a table', [...named], {
  example: 'status --secret thingspace/acme',
  run: async (desk, options) => (await import('./status.ts')).status(desk, options),
});
add(
  'open',
  'open the sealed answers of a username, or those in a file',
  [
    ...named,
    new Option('--file <file>', 'read sealed answers or log lines from a file (- is stdin)'),
    new Option('--out <file>', 'write the raw answer to this new file, and the password to <file>.password'),
    new Option('--reveal', 'print the password on the terminal'),
    new Option('--force', 'with --reveal: print it even where stdout is not a terminal'),
    new Option('--key <id>', "the KMS key (default: the secret's own)").env('SEALING_KEY_ID'),
  ],
  {
    example: 'open --secret thingspace/acme --out "$HOME/answer"',
    run: async (desk, options) =>
      (await import('./open.ts')).open(desk, {
        ...options,
        text: options.file === undefined ? undefined : await readText(options.file),
      }),
  },
);
add(
  'trial',
  "log in once with AWSCURRENT, from the operators' share; a success clears the ledger",
  [...named, as, yes],
  {
    example: 'trial --secret thingspace/acme --as ann',
    run: async (desk, options) =>
      (await import('./trial.ts')).trial(desk, { ...options, actor: actorOf(options) }),
  },
);
add(
  'unlocked',
  'say that M2M Support has unlocked the username',
  [
    ...named,
    as,
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
);
add(
  'rotate',
  'start a rotation, or continue the one that is not over, and watch it',
  [
    ...named,
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
    run: async (desk, options) => (await import('./rotate.ts')).rotate(desk, options),
  },
);
add(
  'release',
  'override the hold that a failed exchange of one credential puts on the others',
  [secret, as, yes, dryRun],
  {
    example: 'release --secret thingspace/acme --dry-run',
    run: async (desk, options) =>
      (await import('./release.ts')).release(desk, { ...options, actor: actorOf(options) }),
  },
);
add('recover', 'make the function finish or settle pending work, and wait for it', [...named, yes, dryRun], {
  example: 'recover --secret thingspace/acme --yes',
  run: async (desk, options) => (await import('./recover.ts')).recover(desk, options),
});
add(
  'store',
  'store a first or restored password, or REST’s key: prompt without echo, pipe, or a sealed answer',
  [
    ...named,
    as,
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
        ? (await import('./store-key.ts')).storeApiKey(desk, options)
        : (await import('./store.ts')).store(desk, { ...options, actor: actorOf(options) }),
  },
);
add(
  'changes',
  'list who changed the secret, its labels or its rotation, and when, from CloudTrail',
  [...named, new Option('--days <days>', 'how far back (default: 7, at most 90)')],
  {
    example: 'changes --secret thingspace/acme',
    run: async (desk, options) => (await import('./changes.ts')).changes(desk, options),
  },
);
add('adopt', 'let this secret rotate its username from now on', [secret, as, yes, dryRun], {
  example: 'adopt --secret thingspace/acme',
  run: async (desk, options) =>
    (await import('./adopt.ts')).adopt(desk, { ...options, actor: actorOf(options) }),
});
add(
  'audit',
  'list the log-in attempts: actor, time, and outcome',
  [...named, new Option('--days <days>', 'how far back (default: 30)')],
  {
    example: 'audit --secret thingspace/acme --days 7',
    run: async (desk, options) => (await import('./audit.ts')).audit(desk, options),
  },
);
add(
  'access-log',
  'list the requests through the access function: caller, operation, device, and outcome',
  [
    secret,
    new Option(
      '--device <identifier...>',
      'changes of this device, by any of its names (ICCID, IMEI, MDN, …)',
    ),
    new Option('--user <name-or-arn>', 'requests of this application user, caller or role'),
    new Option('--operation <pattern>', 'such as ChangeDevice* or ChangeDeviceState/Deactivate'),
    new Option('--since <time>', 'e.g. 2026-01-05T03:10:00Z (default: 30 days before --until)'),
    new Option('--until <time>', '(default: now)'),
    new Option('--access-table <name>', 'where the deployment does not lead to it').env('ACCESS_TABLE'),
  ],
  {
    example: 'access-log --secret thingspace/acme --device 89148000000800139708',
    run: async (desk, options) => (await import('./access-log.ts')).accessLog(desk, options),
  },
);
command(
  'access-may',
  'say whether a policy of the access function gives a request, and which rule decides (calls no service)',
  [
    new Option(
      '--policy <file>',
      'the stack’s configuration, or access.json of a deployed function (- is stdin)',
    ).makeOptionMandatory(),
    new Option('--as <arn>', 'the caller, or its role or user').makeOptionMandatory(),
    new Option('--user <name>', 'the application user for whom the caller speaks'),
    new Option('--credential <name>', 'the credential').makeOptionMandatory(),
    new Option('--service <name>', 'such as CarrierService (default: any)'),
    new Option('--operation <name>', 'such as ChangeDeviceState/Suspend').makeOptionMandatory(),
    new Option('--device <identifier...>', 'devices that the request names'),
    new Option('--account <name...>', 'accounts that it names'),
    new Option('--group <name...>', 'device groups that it names'),
  ],
  'access-may --policy thingspace.config.json --as arn:aws:iam::123456789012:role/portal --credential fleet --operation ChangeDeviceState/Suspend',
).action((options: Options) =>
  ending('access-may', options, async (terminal) => {
    const { accessMay } = await import('./access-may.ts');
    accessMay(terminal, await readText(options.policy ?? '-'), options);
  }),
);
const rest = new Option('--rest', 'check what REST needs, too, before a switch to it');
const tokenUrl = new Option(
  '--token-url <url>',
  'with --rest: the token’s address (default: the function’s)',
);
add('doctor', 'check everything that a rotation needs; makes no log-in', [...named, rest, tokenUrl], {
  example: 'doctor --secret thingspace/acme',
  run: async (desk, options) => {
    const { fetchDocument } = await import('./fetch-document.ts');
    return (await import('./doctor.ts')).doctor(desk, fetchDocument, options);
  },
});
add('test-alarm', 'publish a test to every receiver of the alarms', [...named, as, yes, dryRun], {
  example: 'test-alarm --secret thingspace/acme --yes',
  run: async (desk, options) =>
    (await import('./test-alarm.ts')).testAlarm(desk, { ...options, actor: actorOf(options) }),
});
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
).action((options: AgentOptions) =>
  ending('agent', options, async (terminal) => {
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
    return (await import('./agent.ts')).agent(terminal, options, process.env);
  }),
);
command(
  'explain',
  'explain a pasted message, error or state (calls no service)',
  [],
  'explain CredentialLostError',
)
  .argument('[text...]', 'the text (default: stdin)')
  .action((words: string[], options: Options) =>
    ending('explain', options, async () => {
      const { explain } = await import('./explain.ts');
      const { json = false } = options;
      explain(terminal, words.length > 0 ? words.join(' ') : await readText('-'), { json });
    }),
  );
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
).action((options: Options) =>
  ending('contract', options, async (terminal) => {
    const [{ contract }, { fetchDocument }] = await Promise.all([
      import('./contract.ts'),
      import('./fetch-document.ts'),
    ]);
    const { baseUrl = DEFAULT_BASE_URL, passwordElement } = options;
    return contract({ terminal }, fetchDocument, { baseUrl, passwordElement });
  }),
);

function startedAs(file: string): string {
  if (process.env.npm_command === 'exec') return INSTALLED_TOOL;
  return file.endsWith('.mjs') ? `node ${/^[\w./-]+$/.test(file) ? file : quoted(file)}` : basename(file);
}

/** A command that needs AWS. */
function add(
  name: string,
  description: string,
  options: Option[],
  { example, run }: { example: string; run: (desk: Desk, options: Options) => Promise<void> },
): void {
  command(name, description, [...options, ...deploymentOptions, ...reachOptions], example).action(
    (given: Options) =>
      ending(name, given, async (terminal) => {
        // The SDK's notice of later versions is not the operator's business.
        process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
        // AWS clients take longest to load: not for --help, nor for a mistyped option.
        const [{ reachAccount, wire }, { findSettings, givenIn }] = await Promise.all([
          import('./wiring.ts'),
          import('./settings.ts'),
        ]);
        if (given.profile !== undefined) process.env.AWS_PROFILE = given.profile;
        const reach = { region: given.region ?? regionOf(given.secret), endpoint: given.endpoint };
        const account = await reachAccount(reach);
        // An answer from a file needs neither ledger nor function.
        const settings = await findSettings(
          givenIn(given, process.env),
          given,
          account,
          given.file === undefined ? (text) => terminal.warn(text) : undefined,
        );
        return run(wire(settings, reach, account, terminal), given);
      }),
  );
}

function command(name: string, description: string, options: Option[], example: string): Command {
  const made = program.command(name).description(description).exitOverride();
  for (const option of [...options, json]) made.addOption(option);
  return made.addHelpText('after', `\nExample:\n  ${operatorTool()} ${example}`);
}

/** With --json stdout is one document, whatever comes of it; one sentence of what failed is on stderr as well. */
async function ending(
  command: string,
  { json = false }: Pick<Options, 'json'>,
  run: (terminal: Terminal) => Promise<void>,
): Promise<void> {
  if (!json) return run(terminal);
  const kept = keptTerminal(terminal);
  const own = OWN_DOCUMENT.has(command);
  let ended: Ended = { command, exitCode: 0, said: kept.said };
  try {
    await run(own ? terminal : kept.terminal);
  } catch (failure) {
    const { name } = presentable(failure);
    ended = { ...ended, exitCode: exitCodeOf(failure), error: { name, message: lineOf(failure) } };
    if (own && failure instanceof NotWellError) throw failure;
    if (own) terminal.say(JSON.stringify(ended, null, 2));
    throw failure;
  } finally {
    if (!own) terminal.say(JSON.stringify(ended, null, 2));
  }
}

/** The table and the key are beside the secret. */
const regionOf = (secretId: string | undefined): string | undefined =>
  /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(secretId ?? '')?.[1];

const actorOf = (options: Options): string => options.as ?? userInfo().username;

/** Reads stdin as a stream: a terminal cannot be read at once (EAGAIN). */
async function readText(file: string): Promise<string> {
  if (file === '-' && process.stdin.isTTY) {
    terminal.warn('Paste the text, then press Enter and Ctrl-D.');
  }
  try {
    return file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  } catch (failure) {
    throw new FileError(`The file ${file} cannot be read (${(failure as NodeJS.ErrnoException).code}).`);
  }
}

try {
  await program.parseAsync();
} catch (failure) {
  process.exitCode = exitCodeOf(failure);
  // Commander has printed its own, and what is not well has been said.
  if (!(failure instanceof CommanderError || failure instanceof NotWellError)) {
    terminal.warn(inLines(failure));
    if (program.opts().debug) terminal.warn(String(presentable(failure).stack));
  }
}
