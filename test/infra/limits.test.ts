import { App, Stack } from 'aws-cdk-lib';
import { CfnSubnet, SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { ReceiverFilterError } from '../../infra/alarm-receivers.ts';
import { ThingSpaceCredential } from '../../infra/credential.ts';
import { limits, limitViolations } from '../../infra/limits.ts';
import { RotationService } from '../../infra/rotation-service.ts';
import { hundred as config, hundredAdopted, longestName } from './configurations.ts';
import { configWith, construct, many, readable, sentencesOf, synthesize } from './synthesize.ts';

let synthesized: ReturnType<typeof synthesize> | undefined;
/** Synthesized by the first test that needs it: a failure is that test's. */
const hundred = () => {
  synthesized ??= synthesize(config);
  return synthesized;
};

test('a hundred credentials with the longest names fit into one stack, and synthesize in under a minute', () => {
  const startedAtMs = performance.now();
  const { stack, resources } = hundred();
  const tookMs = performance.now() - startedAtMs;
  expect(limitViolations(stack)).toEqual([]);
  expect(Object.keys(resources).length).toBeLessThanOrEqual(limits.resources);
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

type Policies = { inline: string[]; managed: string[] };

/** The policies of a role as AWS would store them. */
function policiesOf(role: string, { ofType } = hundred()): Policies {
  const of = (type: string) =>
    ofType(type)
      .filter(([, { Properties }]) => [readable(Properties.Roles)].flat().includes(role))
      .map(([, { Properties }]) => stored(Properties.PolicyDocument));
  return { inline: of('AWS::IAM::Policy'), managed: of('AWS::IAM::ManagedPolicy') };
}

test('no policy of the function, and no pattern, grows beyond what AWS takes', () => {
  const { managed } = policiesOf('{ServiceFunctionRole}');
  expect(Math.max(...managed.map(({ length }) => length))).toBeLessThanOrEqual(limits.managedPolicy);
  // All hundred are in them, once in each of the two kinds.
  expect(managed.join().match(/thingspace\/x{48}/g)).toHaveLength(200);
  const patterns = hundred()
    .ofType('AWS::Events::Rule')
    .map(([, { Properties }]) => stored(Properties.EventPattern));
  expect(Math.max(...patterns.map(({ length }) => length))).toBeLessThanOrEqual(limits.eventPattern);
  // Once for the recovery, and once for reads out of turn.
  expect(patterns.join().match(/secret:thingspace\/x{48}/g)).toHaveLength(200);
});

test.each(['app', '{AccessRole}'])(
  'names all hundred usernames and sessions once in the policies of the client %s',
  (role) => {
    const { inline, managed } = policiesOf(role);
    expect(inline.join('').length).toBeLessThanOrEqual(limits.inlinePoliciesOfARole / 2);
    expect(managed.length).toBeLessThanOrEqual(limits.managedPoliciesOfARole - 1);
    expect(Math.max(...managed.map(({ length }) => length))).toBeLessThanOrEqual(limits.managedPolicy);
    const statements = [...inline, ...managed].flatMap((policy) => JSON.parse(policy).Statement);
    expect(statements.filter(({ Action }) => Action === 'sns:Publish')).toHaveLength(1);
    const named = (key: string) =>
      statements.flatMap(({ Condition }) => Condition?.StringEquals?.[key] ?? []);
    const sessions = named('kms:EncryptionContext:secretArn');
    expect([sessions.length, new Set(sessions).size]).toEqual([100, 1]);
    const usernames = statements.flatMap(
      ({ Condition }) => Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys'] ?? [],
    );
    expect([...usernames].sort()).toEqual(config.credentials.map(({ username }) => username).sort());
    // A secret is never named without the purpose, which a sealed password does not have.
    const ofSessions = statements.filter(({ Condition }) => JSON.stringify(Condition)?.includes('secretArn'));
    expect(
      new Set(ofSessions.map(({ Condition }) => Condition.StringEquals['kms:EncryptionContext:purpose'])),
    ).toEqual(new Set(['session']));
  },
);

test('sends a mailbox of all credentials its severities, without CloudWatch’s alarms', () => {
  const filters = hundred()
    .ofType('AWS::SNS::Subscription')
    .map(([, { Properties }]) => [Properties.Endpoint, Properties.FilterPolicy]);
  expect(filters).toEqual([
    ['operations@example.com', undefined],
    ['fleet@example.com', { credential: [{ exists: true }], severity: ['critical', 'warning'] }],
    ['most@example.com', { credential: expect.any(Array), severity: ['critical'] }],
  ]);
  expect(filters[2]?.[1].credential).toHaveLength(99 + 1);
});

test('a hundred kept secrets are adopted with keys of the company’s own', () => {
  const { stack, ofType, json } = synthesize(hundredAdopted);
  expect(limitViolations(stack)).toEqual([]);
  const operators = ofType('AWS::IAM::ManagedPolicy').filter(([id]) => id.startsWith('ServiceOperators'));
  const policies = operators.map(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument));
  for (const { secretArn } of hundredAdopted.credentials) {
    expect(policies.filter((policy) => policy.includes(`"${secretArn}"`))).toHaveLength(1);
  }
  // The tool's user finds each policy by an output, and each has a name that a permission set can name.
  const outputs = Object.keys(json.Outputs).filter((name) => name.startsWith('OperatorsPolicyArn'));
  expect(outputs).toHaveLength(operators.length);
  expect(operators.map(([, { Properties }]) => Properties.ManagedPolicyName)[1]).toMatch(
    /-operators-ap-southeast-1-2$/,
  );
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

test('rejects a role with more policies than IAM takes, in one sentence', () => {
  const { stack } = construct();
  const role = Role.fromRoleArn(stack, 'Crowded', 'arn:aws:iam::123456789012:role/crowded');
  const statement = (length: number) =>
    new PolicyStatement({ actions: ['sns:Publish'], resources: [`arn:aws:sns:::${'x'.repeat(length)}`] });
  new Policy(stack, 'Long', { roles: [role], statements: [statement(10_240)] });
  for (let number = 0; number < 11; number += 1) {
    new ManagedPolicy(stack, `Policy${number}`, { roles: [role], statements: [statement(1)] });
  }
  expect(limitViolations(stack)).toEqual([
    expect.stringMatching(/^The role crowded would get \d+ characters of policies and IAM takes 10240/),
    expect.stringMatching(/^The role crowded would have 11 managed policies and IAM takes 10/),
  ]);
});

test('a stack beyond a limit is not synthesized', () => {
  expect(() => synthesize(configWith({ credentials: many(125) }))).toThrow(/CloudFormation takes 500/);
});

test('rejects a stack in China in one sentence, and takes one without a region', () => {
  const violationsIn = (env: object) => {
    const stack = new Stack(new App(), 'Stack', env);
    new RotationService(stack, 'Service', { bundle: import.meta.dirname });
    return limitViolations(stack);
  };
  expect(violationsIn({ env: { region: 'cn-north-1' } })).toEqual([
    expect.stringMatching(/^The stack would be in cn-north-1, where .* nobody has verified/),
  ]);
  expect(violationsIn({ env: { region: 'us-gov-west-1' } })).toEqual([]);
  expect(violationsIn({})).toEqual([]);
});

test('rejects a subnet of IPv6 alone in one sentence, and takes a dual-stack one', () => {
  const { stack } = construct();
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0a', availabilityZones: ['any'] });
  const made = [true, false].map(
    (ipv6Native) => new CfnSubnet(stack, `Native${ipv6Native}`, { vpcId: vpc.vpcId, ipv6Native }),
  );
  const subnets = made.map(({ ref, node }) => Subnet.fromSubnetId(stack, `${node.id}Imported`, ref));
  new RotationService(stack, 'InVpc', {
    ...{ serviceName: 'InVpc', bundle: import.meta.dirname, ipv6: true },
    ...{ vpc, vpcSubnets: { subnets } },
    securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a')],
  });
  expect(limitViolations(stack)).toEqual([
    'The subnet Nativetrue has IPv6 alone, and Lambda runs in none such: give the function dual-stack subnets.',
  ]);
});

test('assumes the longest ARN in a stack without a known account', () => {
  const stack = new Stack(new App(), 'Stack');
  const service = new RotationService(stack, 'Service', { bundle: import.meta.dirname });
  for (const { name, username } of many(100, longestName))
    new ThingSpaceCredential(stack, name, { service, username });
  expect(limitViolations(stack)).toEqual([]);
});

test('rejects a receiver of more credentials and severities than a filter takes, in one sentence', () => {
  const receivers = [{ email: 'a@example.com', severities: ['critical', 'warning'] }];
  const credentials = many(80).map((given, index) => ({
    ...given,
    alarmReceivers: index === 0 ? [{ email: 'first@example.com' }] : receivers,
  }));
  expect(sentencesOf(configWith({ credentials }))).toEqual([
    "credentials[1].alarmReceivers[0]: write this address at every credential, or with fewer severities, or in the stack's alarmReceivers: its credentials and severities make 160 combinations, and a filter of SNS takes 150.",
  ]);
  const { service } = construct().stack;
  const usernames = credentials.map(({ username }) => username);
  const add = () =>
    service.addReceiver({ email: 'a@example.com', severities: ['critical', 'info'] }, usernames);
  expect(add).toThrow(ReceiverFilterError);
});
