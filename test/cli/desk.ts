import type { Account } from '../../cli/account.ts';
import type { Desk, Terminal } from '../../cli/desk.ts';
import type { Settings } from '../../cli/settings.ts';
import type { Surroundings } from '../../cli/surroundings.ts';
import { VERSION, VERSION_VARIABLE } from '../../lambda/version.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, type World } from '../world/world.ts';

export type FakeTerminal = Terminal & {
  said: string[];
  warned: string[];
  asked: string[];
  progressed: (string | undefined)[];
};

/** A terminal in memory; `answer` is what the person says to every question. */
export function fakeTerminal({
  isTty = true,
  answer = 'yes' as 'yes' | 'no' | 'cancelled',
  secret = '' as string | ((prompt: string) => string),
} = {}): FakeTerminal {
  const said: string[] = [];
  const warned: string[] = [];
  const asked: string[] = [];
  const progressed: (string | undefined)[] = [];
  return {
    isTty,
    said,
    warned,
    asked,
    progressed,
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
    progress: (text) => void progressed.push(text),
    confirm: async (question) => {
      asked.push(question);
      return answer;
    },
    secret: async (prompt) => {
      asked.push(prompt);
      return typeof secret === 'string' ? secret : secret(prompt);
    },
    onInterrupt: () => () => undefined,
  };
}

export const BUDGETS = { limit: 5, budget: 3, rotation: 2 };

/** The operator's desk beside a world in memory. */
export function deskIn(world: World, terminal: Terminal): Desk {
  const { store, ledger, api, sealer, clock } = world.wireUp(startProcess());
  return {
    terminal,
    store,
    ledger,
    api,
    rest: () => ({ prepare: async () => ({ outcome: 'done' }) }),
    tunnelFailure: async () => undefined,
    sealerFor: () => sealer,
    clock,
    isSimulated: false,
    budgets: BUDGETS,
    account: accountIn(world),
    surroundings: surroundingsIn(world),
    accessRecords: () => ({ between: async () => [], get: async () => undefined }),
    settings: SETTINGS,
    function: FUNCTION,
  };
}

const FUNCTION = {
  arn: 'arn:aws:lambda:us-east-1:111122223333:function:rotation',
  environment: { [VERSION_VARIABLE]: VERSION },
  logGroup: 'log',
  timeoutSeconds: 900,
  modifiedAt: undefined,
  state: 'Active',
};

export const SETTINGS: Settings = {
  table: 'ledger',
  thingSpace: {
    transport: 'soap',
    baseUrl: 'https://uws.example/api/v2',
    passwordElement: 'OldPassword',
  },
  alarmTopicArn: 'arn:aws:sns:us-east-1:111122223333:alarms',
  sealingKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1',
  runbookUrl: undefined,
  budgets: BUDGETS,
  function: FUNCTION,
};

export const REST_SETTINGS: Settings = {
  ...SETTINGS,
  thingSpace: {
    transport: 'rest',
    baseUrl: 'https://rest.example/m2m/v1',
    tokenUrl: 'https://rest.example/token',
    tokenHostMayDiffer: false,
  },
};

/** The policy of both keys, as the stack writes them. */
export const KEY_POLICY = JSON.stringify({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncrypt*'],
      Condition: { Null: { 'kms:EncryptionContext:token': 'false' } },
    },
  ],
});

/** Everything is as it should be; a test plants a fault. */
function surroundingsIn(world: World): Surroundings {
  return {
    auditItems: async () => world.aws.audit.map((row) => ({ ...row })),
    errorsSince: async () =>
      world.told.flatMap((line) => {
        const [, errorName, message] = /^(\w+Error): (.*)$/s.exec(line) ?? [];
        return errorName && message ? [{ errorName, message }] : [];
      }),
    logLines: async (_group, terms, sinceMs) =>
      world.aws.log
        .filter(({ at, line }) => at >= sinceMs && line.includes(terms))
        .map(({ at, line }) => ({ at, message: line })),
    key: async () => ({ state: 'Enabled', manager: 'CUSTOMER', usage: 'ENCRYPT_DECRYPT' }),
    table: async () => ({ status: 'ACTIVE', keys: ['credential', 'item'] }),
    subscriptions: async () => [{ protocol: 'email', confirmed: true }],
    publish: async () => 'message-1',
    alarmOf: async () => ({ name: 'rotation-NotAnnouncedAlarm', state: 'OK', actionsEnabled: true }),
    setAlarmState: async () => undefined,
    logGroupExists: async () => true,
    keyOfLogGroup: async () => 'arn:aws:kms:us-east-1:123456789012:key/operations',
    keyPolicy: async () => KEY_POLICY,
    trails: async () => [{ name: 'account', logging: true, managementWrites: true }],
    changes: async () => [],
    smsSandbox: async () => true,
  };
}

/** AWS beside the world in memory: RotateSecret and Invoke run the function at once. */
export function accountIn(world: World): Account {
  const secret = () => ({
    arn: world.aws.identity.arn,
    name: 'fleet',
    rotationEnabled: world.aws.rotation.enabled,
    functionArn: FUNCTION.arn,
    lastRotatedAt: undefined,
    nextRotationAt: undefined,
    deletedAt: undefined,
  });
  return {
    place: 'region us-east-1',
    secret: async () => secret(),
    secrets: async () => [secret()],
    function: async () => FUNCTION,
    rotate: async (_arn, token) => {
      const { refused } = world.aws.rotate(token);
      await world.rotate({ token });
      return { again: refused };
    },
    invoke: async (_arn, event) => {
      const ended = await world.invoke(event);
      if (ended.outcome === 'done') return { ok: true };
      if (ended.outcome === 'killed') return { ok: false, errorName: 'Sandbox.Timedout', message: 'killed' };
      return { ok: false, errorName: ended.error.name, message: ended.error.message };
    },
  };
}

export function startDesk(options: Parameters<typeof fakeTerminal>[0] = {}) {
  const world = createWorld();
  const terminal = fakeTerminal(options);
  return { world, terminal, desk: deskIn(world, terminal) };
}
