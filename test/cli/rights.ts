/** By these the tool finds its settings: secret, rotation function, configuration. */
const FINDS = ['secretsmanager:DescribeSecret', 'lambda:GetFunctionConfiguration'];
const READS = [...FINDS, 'secretsmanager:GetSecretValue', 'dynamodb:GetItem', 'logs:FilterLogEvents'];
const TRIAL = ['dynamodb:PutItem', 'sns:Publish'];

type Rights = {
  /** The command needs the rights of `status`, and these. */
  asStatus?: boolean;
  actions: readonly string[];
  /** Needs that are not an AWS action of the caller. */
  also?: string;
};

const NO_RIGHT: Rights = { actions: [] };
const PATH_TO_THINGSPACE = 'the network path to ThingSpace';

/** The rights of the operator that each command needs, for docs/reference/commands.md. */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  status: {
    actions: [...READS, 'secretsmanager:ListSecrets'],
    also: '`ListSecrets` for the table alone; without the right to the log it shows no last errors',
  },
  open: { asStatus: true, actions: ['dynamodb:Query', 'kms:Decrypt', ...TRIAL] },
  trial: { asStatus: true, actions: TRIAL, also: PATH_TO_THINGSPACE },
  unlocked: { asStatus: true, actions: ['dynamodb:PutItem'] },
  rotate: { asStatus: true, actions: ['secretsmanager:RotateSecret', 'lambda:InvokeFunction'] },
  release: {
    actions: [...FINDS, 'dynamodb:GetItem', ...TRIAL],
  },
  pause: { asStatus: true, actions: TRIAL },
  resume: { asStatus: true, actions: TRIAL },
  recover: { asStatus: true, actions: ['lambda:InvokeFunction'] },
  store: {
    asStatus: true,
    actions: ['secretsmanager:PutSecretValue'],
    also: 'as `trial` for the trial',
  },
  changes: { asStatus: true, actions: ['cloudtrail:LookupEvents'], also: '`dynamodb:Query` for reasons' },
  adopt: { asStatus: true, actions: ['dynamodb:PutItem'] },
  audit: { actions: [...FINDS, 'dynamodb:GetItem', 'dynamodb:Query'] },
  'access-log': {
    actions: [...FINDS, 'dynamodb:GetItem', 'dynamodb:Query'],
    also: 'the last two on the table of the access function; `kms:Decrypt` through DynamoDB',
  },
  report: {
    actions: [...FINDS, 'dynamodb:GetItem', 'dynamodb:Query', 'cloudtrail:LookupEvents'],
    also: '`secretsmanager:ListSecrets` for `--all`; `kms:Decrypt` through DynamoDB. It reads no password',
  },
  'access-may': NO_RIGHT,
  'access-changes': NO_RIGHT,
  doctor: {
    asStatus: true,
    actions: [
      'kms:DescribeKey',
      'kms:GetKeyPolicy',
      'dynamodb:DescribeTable',
      'dynamodb:Query',
      'sns:ListSubscriptionsByTopic',
      'sns:GetSMSSandboxAccountStatus',
      'logs:DescribeLogGroups',
      'cloudtrail:DescribeTrails',
      'cloudtrail:GetTrailStatus',
      'cloudtrail:GetEventSelectors',
    ],
  },
  'test-alarm': {
    actions: [...FINDS, 'sns:Publish', 'cloudwatch:DescribeAlarms', 'cloudwatch:SetAlarmState'],
    also: 'the key of the topic',
  },
  explain: NO_RIGHT,
  contract: { actions: [], also: PATH_TO_THINGSPACE },
  completion: NO_RIGHT,
};

/** Each command that takes --reason also writes its reason. */
export const FOR_A_REASON = ['dynamodb:PutItem', 'dynamodb:BatchWriteItem'];

/** Returns the needs of a command in one line. */
export function needsOf(name: string): string {
  const { asStatus = false, actions, also } = RIGHTS[name] ?? NO_RIGHT;
  const rights = actions.map((action) => `\`${action}\``).join(', ');
  const parts = [asStatus ? 'as `status`' : '', rights, also ?? ''].filter((part) => part !== '');
  return `Needs: ${parts.length === 0 ? 'no right' : parts.join('; ')}.`;
}
