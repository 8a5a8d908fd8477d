import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { cliBundle } from '../../cli/bundle.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import { clientAt } from '../../local/aws/client.ts';
import type { Fate } from '../../local/faults.ts';
import { diesWithThePassword, meets } from '../../local/meets.ts';
import type { WorldOptions } from '../../local/world.ts';
import { type Story, type Told, tell } from './story.ts';

type Scenario = {
  title: string;
  /** The story in one line, for the table. */
  story: string;
  world?: WorldOptions;
  /** How often the alarms are evaluated. @default every minute */
  stepMs?: number;
  /** Prepares the default play. */
  before?(story: Story): Promise<void> | void;
  /** @default the scheduled rotation with its retries, then three days in which nobody does anything */
  play?(story: Story): Promise<void>;
  /** Messages within the first 24 hours, at most. */
  firstDay: number;
  /** A text that the messages must contain. */
  says?: string;
};

const days = 24;

/** A fault at every call of an operation, until it is switched off. */
function faultAt({ world }: Story, operations: string[], fate: Fate): { over(): void } {
  let on = true;
  world.gateway.decide = ({ operation }) => (on && operations.includes(operation) ? fate : 'ok');
  return {
    over: () => {
      on = false;
    },
  };
}

/** An operator runs the tool beside the world. */
async function tool({ world }: Story, ...args: string[]): Promise<void> {
  const env = { PATH: process.env.PATH, ...world.operatorEnv } as NodeJS.ProcessEnv;
  const whole = [cliBundle, ...args, '--secret', world.secretArn, '--as', 'ann'];
  await promisify(execFile)(process.execPath, whole, { env, cwd: tmpdir() });
}

/** CloudTrail's record of a read in the console, as EventBridge hands it over. */
const readInConsole = ({ secretArn, clock }: Story['world']) => ({
  eventID: 'read-1',
  eventTime: new Date(clock.nowMs()).toISOString(),
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  sourceIPAddress: '198.51.100.7',
  userAgent: 'AWS Internal',
  userIdentity: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::111122223333:assumed-role/operators/ann@example.com',
  },
  requestParameters: { secretId: secretArn },
});

const scenarios: Scenario[] = [
  {
    title: 'A rotation without trouble',
    story: 'the scheduled rotation, then three days',
    firstDay: 1,
    says: 'password-rotated',
  },
  {
    title: 'A scheduled rotation comes',
    story: 'the secret rotates every ten days, and was rotated on day 1',
    firstDay: 1,
    says: 'rotation-soon',
    async play(story) {
      await story.rotate();
      const { secretsManagerClient, secretArn } = story.world;
      const rules = { RotationRules: { AutomaticallyAfterDays: 10 }, RotateImmediately: false };
      await secretsManagerClient.send(new RotateSecretCommand({ SecretId: secretArn, ...rules }));
      await story.until(10 * days);
      await story.rotate();
    },
  },
  {
    title: 'A scheduled rotation comes due during a pause',
    story: 'rotated on day 1, paused at once for three days, and due on day 2',
    firstDay: 1,
    says: 'pause-over',
    async play(story) {
      await story.rotate();
      await tool(story, 'pause', '--until', '3d', '--reason', 'CHG-4711', '--yes');
      await story.until(days);
      await story.rotate();
      // Secrets Manager carries out the rotation beside the check that has it started.
      const rotated = Promise.withResolvers<void>();
      story.world.conductor.subscribe(({ kind }) => {
        if (kind === 'RotationSucceeded') rotated.resolve();
      });
      await story.until(3 * days + 11.35);
      await rotated.promise;
      await story.until(5 * days);
    },
  },
  {
    title: 'The password is read out of turn',
    story: 'an operator looks at the secret in the console, twice within a minute',
    firstDay: 1,
    says: 'secret-read',
    async play(story) {
      await story.until(2);
      await story.world.invoke(readInConsole(story.world));
      await story.world.invoke({ ...readInConsole(story.world), eventID: 'read-2' });
      await story.until(3 * days);
    },
  },
  {
    title: 'An operator opens a sealed answer',
    story: 'the tool opens the answer of the last rotation',
    firstDay: 2,
    says: 'sealed-answer-opened',
    async play(story) {
      await story.rotate();
      await story.until(2);
      await tool(story, 'open', '--reveal', '--force');
      await story.until(3 * days);
    },
  },
  {
    title: 'Deployment; nothing is stored yet',
    story: 'the secret holds its placeholder for three days',
    world: { storedPassword: PLACEHOLDER.password },
    firstDay: 0,
    async play(story) {
      await story.until(3 * days);
    },
  },
  {
    title: 'A wrong password is stored',
    story: 'the scheduled rotation and its retries; no operator acts for three days',
    world: { storedPassword: 'mistyped-by-somebody' },
    firstDay: 1,
    says: 'failed-log-in',
  },
  {
    title: 'The answer with the new password is lost',
    story: 'the scheduled rotation and its retries; no operator acts for three days',
    firstDay: 2,
    says: 'password-lost',
    before: ({ world }) => void meets(world, 'GetNewPassword', 'response-lost'),
  },
  {
    title: 'The function dies before it has stored the new password',
    story: 'killed right after the answer; the next retry finds it sealed',
    firstDay: 1,
    says: 'rolled-forward',
    before: ({ world }) => void diesWithThePassword(world),
  },
  {
    title: 'The new password cannot be stored at first',
    story: 'the right to PutSecretValue is gone, and is back for the next retry',
    firstDay: 2,
    says: 'rolled-forward',
    before(story) {
      const fault = faultAt(story, ['PutSecretValue'], 'denied');
      story.world.conductor.subscribe(({ kind }) => {
        if (kind === 'time-passes') fault.over();
      });
    },
  },
  {
    title: 'The ledger’s item is damaged',
    story: 'an operator edited it by hand; no operator acts for three days',
    firstDay: 1,
    says: 'SilentFailure',
    async before(story) {
      const { env, tableName, username } = story.world;
      const client = new DynamoDBClient(clientAt(env.AWS_ENDPOINT_URL_DYNAMODB));
      const text = (value: string) => ({ S: value });
      const item = {
        credential: text(username.toLowerCase()),
        item: text('state'),
        revision: text('edited'),
      };
      await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
      client.destroy();
    },
  },
  {
    title: 'Messages cannot be published for a day',
    story: 'a wrong password is stored, and the right to publish is gone until the second day',
    world: { storedPassword: 'mistyped-by-somebody' },
    firstDay: 1,
    says: 'NotAnnounced',
    async play(story) {
      const fault = faultAt(story, ['Publish'], 'denied');
      await story.rotate();
      await story.until(1.2 * days);
      fault.over();
      await story.until(3 * days);
    },
  },
  {
    title: 'The function is no longer invoked',
    story: 'after the second daily check the schedules are gone',
    firstDay: 0,
    says: 'Unchecked',
    async play(story) {
      await story.until(1.9 * days);
      story.stopChecks();
      await story.until(6 * days);
    },
  },
  {
    title: 'Secrets Manager never rotates',
    story: 'the password gets 95 days old',
    stepMs: 600_000,
    firstDay: 0,
    says: 'Overdue',
    async play(story) {
      await story.until(95 * days);
    },
  },
];

async function play(scenario: Scenario, story: Story): Promise<void> {
  if (scenario.play) return scenario.play(story);
  await scenario.before?.(story);
  await story.rotate();
  await story.until(3 * days);
}

const played: { scenario: Scenario; told: Told[] }[] = [];

test.each(scenarios)('$title: at most $firstDay message(s) on the first day', async (scenario) => {
  const told = await tell(scenario.world ?? {}, (story) => play(scenario, story), scenario.stepMs);
  played.push({ scenario, told });
  const firstDay = told.filter(({ atMs }) => atMs < days * 3_600_000);
  expect(firstDay.length, JSON.stringify(told)).toBeLessThanOrEqual(scenario.firstDay);
  if (scenario.says) expect(told.map(({ what }) => what)).toContain(scenario.says);
});

test('docs/reference/messages.md has the messages of the runs', async () => {
  expect(played).toHaveLength(scenarios.length);
  await expect(page()).toMatchFileSnapshot('../../docs/reference/messages.md');
});

function page(): string {
  const rows = played.map(({ scenario: { title, story }, told }) => {
    const messages = told.map(({ atMs, by, what, severity }) => {
      const sender = by === 'function' ? `\`${what}\` (${severity})` : `CloudWatch: ${what}`;
      return `${whenOf(atMs)}: ${sender}`;
    });
    return `| ${title}: ${story} | ${messages.length === 0 ? 'nothing' : messages.join('<br>')} |`;
  });
  return [
    '# Who is told what, and when',
    '',
    'Generated by `npm run docs:messages`; do not edit.',
    '',
    'Every message to a receiver without a filter, from runs of the deployed bundle in the local world: with the retries',
    'of Secrets Manager (five, a quarter of an hour apart), the recovery that EventBridge starts after them, the daily check at',
    '11:20 UTC, and the alarms of the synthesized template. The rotation begins at midnight of day 1.',
    '',
    '| what happens | messages |',
    '|---|---|',
    ...rows,
    '',
    "CloudWatch's alarms report only what the function could not. [alarms.md](alarms.md) has the text of each of the function's messages.",
    '',
  ].join('\n');
}

function whenOf(atMs: number): string {
  const hours = Math.floor(atMs / 3_600_000);
  return `day ${Math.floor(hours / 24) + 1}, hour ${hours % 24}`;
}
