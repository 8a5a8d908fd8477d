import { App, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { ThingSpaceCredential } from '../../infra/credential.ts';
import { limits, limitViolations } from '../../infra/limits.ts';
import { RotationService } from '../../infra/rotation-service.ts';
import { configWith, construct, many, readable, synthesize } from './synthesize.ts';

/** 48 characters, as long as a credential's name may be. */
const longName = (index: number) => `credential-with-the-longest-name-allowed-no_${index}`.padEnd(48, '_');

const credentials = many(100, longName).map((credential) => ({
  ...credential,
  readers: ['arn:aws:iam::123456789012:role/app', 'arn:aws:iam::999999999999:role/app'],
}));
const startedAtMs = performance.now();
const hundred = synthesize(configWith({ region: 'ap-southeast-1', credentials }));
const tookMs = performance.now() - startedAtMs;

test('a hundred credentials with the longest names fit into one stack, and synthesize in under a minute', () => {
  expect(limitViolations(hundred.stack)).toEqual([]);
  expect(Object.keys(hundred.resources).length).toBeLessThanOrEqual(limits.resources);
  // Asserted because the requirement has the number; it takes some seconds.
  expect(tookMs).toBeLessThan(60_000);
});

test('every credential adds only its secret, policy, schedule and daily check', () => {
  const of = (count: number) => synthesize(configWith({ credentials: many(count) })).resources;
  const [two, three] = [of(2), of(3)];
  const added = Object.keys(three).filter((id) => !(id in two));
  expect(added.map((id) => three[id]?.Type).sort()).toEqual([
    'AWS::Scheduler::Schedule',
    'AWS::SecretsManager::ResourcePolicy',
    'AWS::SecretsManager::RotationSchedule',
    'AWS::SecretsManager::Secret',
  ]);
});

/** A policy as AWS would store it: references are the ARNs that they stand for. */
const stored = (document: unknown) =>
  JSON.stringify(readable(document)).replaceAll(
    /\{(credential-?\w*?)Secret\}/g,
    `arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:thingspace/${'x'.repeat(48)}-AbC123`,
  );

test('no policy of the function, and no pattern, grows beyond what AWS takes', () => {
  const managed = hundred
    .ofType('AWS::IAM::ManagedPolicy')
    .map(([, { Properties }]) => stored(Properties.PolicyDocument));
  expect(Math.max(...managed.map(({ length }) => length))).toBeLessThanOrEqual(limits.managedPolicy);
  // All hundred are in them, once in each of the two kinds.
  expect(managed.join().match(/thingspace\/x{48}/g)).toHaveLength(200);
  const patterns = hundred
    .ofType('AWS::Events::Rule')
    .map(([, { Properties }]) => stored(Properties.EventPattern));
  expect(Math.max(...patterns.map(({ length }) => length))).toBeLessThanOrEqual(limits.eventPattern);
  expect(patterns.join().match(/thingspace\/x{48}/g)).toHaveLength(100);
});

const violations = (changes: object) => limitViolations(construct(configWith(changes)).stack);

test.each([
  [
    'more credentials than resources allow',
    { credentials: many(125) },
    /^The stack would have 5\d\d resources and CloudFormation takes 500: write some of the credentials into a second configuration/,
  ],
  [
    'more readers than a secret’s policy holds',
    {
      credentials: [
        {
          name: 'fleet',
          username: 'FleetApi',
          readers: Array.from(
            { length: 130 },
            (_, i) => `arn:aws:iam::123456789012:role/${i}${'x'.repeat(55)}`,
          ),
        },
      ],
    },
    /^The policy fleetReaders\w+ would have \d+ characters and AWS takes 20480: name fewer readers/,
  ],
  [
    'a role that is client of more usernames than its policies hold',
    {
      credentials: Array.from({ length: 60 }, (_, i) => ({
        name: `c${i}`,
        username: `${i}${'u'.repeat(200)}`,
        clients: ['arn:aws:iam::123456789012:role/app'],
      })),
    },
    /^The role app would get \d+ characters of policies and IAM takes 10240/,
  ],
  [
    'more rotations of their own than the environment holds',
    {
      credentials: Array.from({ length: 40 }, (_, i) => ({
        name: `c${i}`,
        username: `${i}${'u'.repeat(100)}`,
        rotation: { everyDays: 30 },
      })),
    },
    /^The function's environment would have \d+ bytes and Lambda takes 4096/,
  ],
  [
    'more receivers with a choice than a topic takes',
    {
      alarmReceivers: Array.from({ length: 201 }, (_, i) => ({ sms: `+1202555${1000 + i}` })),
    },
    /^201 receivers would choose messages and SNS takes 200/,
  ],
])('rejects %s in one sentence before a deployment', (_, changes, sentence) => {
  expect(violations(changes)).toEqual([expect.stringMatching(sentence)]);
});

test('a stack beyond a limit is not synthesized', () => {
  const clients = ['arn:aws:iam::123456789012:role/app'];
  const credentials = many(60).map((given, i) => ({ ...given, username: `${i}${'u'.repeat(200)}`, clients }));
  expect(() => synthesize(configWith({ credentials }))).toThrow(/The role app would get/);
});

test('assumes the longest ARN in a stack without a known account', () => {
  const stack = new Stack(new App(), 'Stack');
  const service = new RotationService(stack, 'Service', { bundle: import.meta.dirname });
  for (const { name, username } of many(100, longName))
    new ThingSpaceCredential(stack, name, { service, username });
  expect(limitViolations(stack)).toEqual([]);
});

test('rejects a receiver of more credentials and severities than a filter takes', () => {
  const receivers = [{ email: 'a@example.com', severities: ['critical', 'warning'] }];
  const credentials = many(80).map((given) => ({ ...given, alarmReceivers: receivers }));
  expect(() => construct(configWith({ credentials }))).toThrow(/150/);
});
