import type { Option } from 'commander';
import { commands } from '../../cli/commands.ts';
import type { Desk } from '../../cli/desk.ts';
import { cancelled } from '../../cli/errors.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { dryRun } from '../../cli/options.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { place, SERVICE } from '../../lambda/ledger/holds.ts';
import { beginPause } from '../../lambda/ledger/pause.ts';
import type { CredentialState } from '../../lambda/ledger/state.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, SECRET_ARN, USERNAME, type World } from '../world/world.ts';
import { FOR_A_REASON, needsOf } from './rights.ts';
import { type Run, toolIn } from './seat.ts';

/** Every command in every situation of its operator, over a desk in memory. */
const SECRET = 'thingspace/fleet';

/** The arguments of a command that does its work; `{secret}` is where a command names one. */
const GOOD: Readonly<Record<string, string>> = {
  status: '{secret}',
  open: '{secret}',
  trial: '{secret} --as ann --yes',
  unlocked: '{secret} --as ann --at 2026-01-04T23:59:00Z --yes',
  rotate: '{secret} --yes',
  release: '{secret} --as ann --yes',
  pause: '{secret} --as ann --until 3d --reason CHG-4711 --yes',
  resume: '{secret} --as ann --yes',
  recover: '{secret} --yes',
  store: '{secret} --as ann --yes',
  changes: '{secret}',
  adopt: '{secret} --as ann --yes',
  audit: '{secret}',
  'access-log': '{secret}',
  report: '{secret} --format json',
  'access-may':
    '--policy policy.json --as arn:aws:iam::123456789012:role/portal --credential fleet --operation GetDeviceList',
  'access-changes': '--before policy.json --after policy.json',
  doctor: '{secret}',
  'test-alarm': '{secret} --as ann --yes',
  // It listens until a signal ends it: test/cli/agent-process.test.ts plays it.
  agent: '--secret a=thingspace/fleet',
  explain: 'CredentialLostError',
  contract: '',
  completion: 'bash',
};

const POLICY = JSON.stringify({
  access: {
    rules: [
      {
        name: 'readers',
        principals: ['arn:aws:iam::123456789012:role/portal'],
        credentials: ['fleet'],
        operations: ['Get*'],
      },
    ],
  },
});

type Situation = {
  name: string;
  applies: (good: string, options: readonly Option[]) => boolean;
  play: (name: string, good: string) => Promise<Seen>;
};
/** The printed texts, the exit code, and the calls with an effect that were made meanwhile. */
export type Seen = Run & { done: string[] };

const EFFECTS = /^(LogIn|GetNewPassword|PutSecretValue|UpdateSecretVersionStage|PutItem|Publish)/;

type How = {
  changed?: (desk: Desk) => Desk;
  terminal?: NonNullable<Parameters<typeof toolIn>[0]>['terminal'];
  json?: boolean;
};

const OTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf';
const RESTORED = 'Restored&Password 1';

const changeItem = async (world: World, change: (state: CredentialState) => void): Promise<void> => {
  await world.wireUp(startProcess()).ledger.change(USERNAME, Number.POSITIVE_INFINITY, change);
};

/** The state in which a command is needed. */
const PREPARED: Readonly<Record<string, (world: World) => unknown>> = {
  store: ({ platform }) => platform.support.reset(USERNAME, RESTORED),
  unlocked: (world) =>
    changeItem(world, (state) => {
      state.failed = 4;
      state.secretArn = SECRET_ARN;
    }),
  adopt: (world) =>
    changeItem(world, (state) => {
      state.secretArn = OTHER_ARN;
    }),
  resume: (world) =>
    changeItem(world, (state) =>
      beginPause(
        state,
        { until: Date.UTC(2026, 0, 8), actor: 'ben', reason: 'CHG-4711' },
        Date.UTC(2026, 0, 5),
      ),
    ),
  release(world) {
    // A hold whose own item cannot be read stands.
    world.aws.table.set('other-api', JSON.stringify({ revision: 1, credential: 5 }));
    const hold = { username: 'Other-Api', secretArn: OTHER_ARN, attempt: 'its', why: 'unknown' } as const;
    const { holds } = world.wireUp(startProcess()).ledger;
    return holds.change(SERVICE, Number.POSITIVE_INFINITY, (item, now) => place(item, hold, now));
  },
};

async function play(name: string, args: string, how: How = {}): Promise<Seen> {
  const world = createWorld();
  // A log-in after the unlocking would count.
  if (name !== 'unlocked') await world.rotate();
  await PREPARED[name]?.(world);
  const before = world.calls.length;
  const terminal = { secret: RESTORED, ...how.terminal };
  const published: string[] = [];
  const counted = (desk: Desk): Desk => ({
    ...desk,
    surroundings: {
      ...desk.surroundings,
      async publish() {
        published.push('Publish');
        return 'message-1';
      },
      async setAlarmState() {
        published.push('SetAlarmState');
      },
    },
  });
  const changed = (desk: Desk) => (how.changed ?? ((one) => one))(counted(desk));
  const { run } = toolIn({ world, files: { 'policy.json': POLICY }, terminal, changed });
  const argv = [name, ...args.split(' ').filter((word) => word !== ''), ...(how.json ? ['--json'] : [])];
  const ended = await run(argv);
  const done = world.calls.slice(before).flatMap(({ name: call }) => EFFECTS.exec(call)?.[0] ?? []);
  return { ...ended, done: [...new Set([...done, ...published])] };
}

const withSecret = (good: string, secret = `--secret ${SECRET}`) => good.replace('{secret}', secret).trim();
const asks = (good: string) => good.includes('--yes');
const withoutYes = (good: string) => withSecret(good).replace(' --yes', '');

/** Every call to AWS fails so. */
function failing(errorName: string, only?: RegExp) {
  const fails = <T extends object>(parts: T, service: string): T =>
    new Proxy(parts, {
      get(target, member, receiver) {
        const value = Reflect.get(target, member, receiver);
        if (typeof value === 'object' && value !== null) return fails(value, service);
        if (typeof value !== 'function' || (only && !only.test(`${service}.${String(member)}`))) return value;
        const operation = OPERATIONS[`${service}.${String(member)}`] ?? `${service}:${String(member)}`;
        return () => Promise.reject(new AwsCallError(operation, { name: errorName }));
      },
    });
  return (desk: Desk): Desk => ({
    ...desk,
    account: fails(desk.account, 'account'),
    store: fails(desk.store, 'store'),
    ledger: fails(desk.ledger, 'ledger'),
    surroundings: fails(desk.surroundings, 'surroundings'),
    accessRecords: () => fails(desk.accessRecords(''), 'access'),
  });
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'account.secret': 'secretsmanager:DescribeSecret',
  'account.secrets': 'secretsmanager:ListSecrets',
  'account.function': 'lambda:GetFunctionConfiguration',
  'store.describe': 'secretsmanager:DescribeSecret',
  'store.read': 'secretsmanager:GetSecretValue',
  'ledger.read': 'dynamodb:GetItem',
  'ledger.usernameOf': 'dynamodb:GetItem',
  'ledger.change': 'dynamodb:PutItem',
  'ledger.reserve': 'dynamodb:PutItem',
  'store.put': 'secretsmanager:PutSecretValue',
  'account.rotate': 'secretsmanager:RotateSecret',
  'account.invoke': 'lambda:InvokeFunction',
  'surroundings.publish': 'sns:Publish',
  'surroundings.alarmOf': 'cloudwatch:DescribeAlarms',
  'surroundings.setAlarmState': 'cloudwatch:SetAlarmState',
};

const WRITES =
  /^(store\.(put|moveStage)|ledger\.(change|reserve|settle)|account\.(rotate|invoke)|surroundings\.(publish|setAlarmState))$/;

const needsAws = (good: string) => good.includes('{secret}');

export const situations: readonly Situation[] = [
  { name: 'good', applies: () => true, play: (name, good) => play(name, withSecret(good)) },
  { name: 'no secret named', applies: needsAws, play: (name, good) => play(name, withSecret(good, '')) },
  {
    name: 'a secret that is not there',
    applies: needsAws,
    play: (name, good) =>
      play(name, withSecret(good, '--secret thingspace/flete'), {
        changed: failing('ResourceNotFoundException', /^(account\.secret|store\.describe)$/),
      }),
  },
  {
    name: 'a mistyped option',
    applies: () => true,
    play: (name, good) => play(name, `${withSecret(good)} --secrte x`),
  },
  ...[
    ['every call denied', 'AccessDeniedException'],
    ['the AWS session is over', 'ExpiredTokenException'],
    ['throttled', 'ThrottlingException'],
  ].map(([name = '', errorName = '']) => ({
    name,
    applies: needsAws,
    play: (command: string, good: string) => play(command, withSecret(good), { changed: failing(errorName) }),
  })),
  {
    name: 'the ledger denied',
    applies: needsAws,
    play: (name, good) =>
      play(name, withSecret(good), { changed: failing('AccessDeniedException', /^ledger\./) }),
  },
  {
    name: 'the write denied',
    applies: asks,
    play: (name, good) => play(name, withSecret(good), { changed: failing('AccessDeniedException', WRITES) }),
  },
  {
    name: 'Ctrl-C at the question',
    applies: asks,
    play: (name, good) =>
      play(name, withoutYes(good), {
        terminal: {
          answer: 'cancelled',
          ...(name === 'store' && {
            secret: () => {
              throw cancelled();
            },
          }),
        },
      }),
  },
  {
    name: 'the answer no',
    applies: asks,
    play: (name, good) => play(name, withoutYes(good), { terminal: { answer: 'no' } }),
  },
  {
    name: 'a dry run',
    applies: (_good, options) => options.includes(dryRun),
    play: (name, good) => play(name, `${withoutYes(good)} --dry-run`),
  },
  {
    name: 'a pipe, without --yes',
    applies: asks,
    play: (name, good) => play(name, withoutYes(good), { terminal: { isTty: false } }),
  },
];

/** The same with --json. */
export const inJson = (name: string, args = withSecret(GOOD[name] ?? '')): Promise<Seen> =>
  play(name, args, { json: true });
export const inJsonDenied = (name: string): Promise<Seen> =>
  play(name, withSecret(GOOD[name] ?? ''), { json: true, changed: failing('AccessDeniedException') });

export const played = commands.filter(({ name }) => name !== 'agent');

export async function everyCommand(): Promise<{ name: string; situation: string; seen: Seen }[]> {
  const all: { name: string; situation: string; seen: Seen }[] = [];
  for (const { name, options } of played) {
    const good = GOOD[name];
    if (good === undefined) throw new Error(`the table has no arguments for ${name}`);
    for (const { name: situation, applies, play: playIt } of situations) {
      if (applies(good, options)) all.push({ name, situation, seen: await playIt(name, good) });
    }
  }
  return all;
}

type All = Awaited<ReturnType<typeof everyCommand>>;

/** The page that shows them. */
export function commandsPage(all: All): string {
  const codes = Object.entries(EXIT_CODES).map(([code, means]) => `| ${code} | ${means} |`);
  const alike = endsAlike(all);
  const sections = played.flatMap(({ name, description }) => [
    `## ${name}`,
    '',
    `${description[0]?.toUpperCase()}${description.slice(1)}. ${needsOf(name)}`,
    '',
    ...HEAD,
    ...rowsOf(all.filter((one) => one.name === name && !alike.has(rowOf(one)))),
    '',
  ]);
  return `${[
    '<!-- Generated by `npm run docs:tool`; do not edit. -->',
    '# Every command in every situation',
    '',
    'A test plays each command of the operator’s tool over a desk in memory. The first line is that of stderr where there is',
    'one, else that of stdout; a line that names a fault comes before others. *Done* names the calls with an effect. On a narrow',
    'terminal only the breaks between words differ; a pipe and `NO_COLOR` get the same text without color. With `--json` each of',
    'these prints one document, as [tool-schema.json](tool-schema.json) has it.',
    '',
    '| exit code | means |',
    '|---|---|',
    ...codes,
    '',
    '## Many commands',
    '',
    `Each command has the rights that it needs in its section. With \`--reason\` it also needs ${FOR_A_REASON.map((right) => `\`${right}\``).join(' and ')}.`,
    'The policy of the stack’s output `OperatorsPolicyArn` has them all.',
    '',
    '| situation | commands | exit code | first line | done |',
    '|---|---|---|---|---|',
    ...[...alike.values()].map((same) => manyRow(same)),
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()}\n`;
}

const HEAD = ['| situation | exit code | first line | done |', '|---|---|---|---|'];

const endOf = ({ seen }: All[number]) =>
  `${seen.code} | ${firstLine(seen)} | ${seen.done.join(', ') || 'nothing'}`;
const rowOf = (one: All[number]) => `${one.situation} | ${endOf(one)}`;

/** The rows that three commands or more have, by the row. */
function endsAlike(all: All): Map<string, All> {
  const byRow = Map.groupBy(all, rowOf);
  return new Map([...byRow].filter(([, same]) => same.length > 2));
}

function manyRow(same: All): string {
  const [first] = same as [All[number]];
  const names = same.map(({ name }) => name);
  const others = played.map(({ name }) => name).filter((name) => !names.includes(name));
  const list = (some: readonly string[]) => some.map((name) => `\`${name}\``).join(', ');
  const except = others.length === 0 ? 'all' : `all except ${list(others)}`;
  return `| ${first.situation} | ${names.length > played.length / 2 ? except : list(names)} | ${endOf(first)} |`;
}

/** Situations that end alike share a row. */
function rowsOf(all: All): string[] {
  const bySame = Map.groupBy(all, endOf);
  return [...bySame].map(
    ([same, some]) => `| ${some.map(({ situation }) => situation).join('; ')} | ${same} |`,
  );
}

const UUID = /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export function firstLine({ out, error }: Seen): string {
  const lines = (error === '' ? out : error).trim().split('\n');
  // A fault comes after the parts that are right, and after a word about the work.
  const line = lines.find((one) => /^(NOT |Error:)/.test(one)) ?? lines[0] ?? '';
  return line.replaceAll(UUID, '(id)').replaceAll(TIME, '(time)').replaceAll('|', '\\|');
}
