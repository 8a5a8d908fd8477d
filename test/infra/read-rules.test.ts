import { expect, test } from 'vitest';
import { configWith, readable, resourcesOf, twoDepartments } from './synthesize.ts';

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const issuer = (...arn: unknown[]) => ({ userIdentity: { sessionContext: { sessionIssuer: { arn } } } });

type Rule = { EventPattern: { detail: Record<string, unknown> }; State: string; Targets: unknown[] };
const rulesOf = (config: object): Rule[] =>
  Object.entries(resourcesOf(configWith(config)).Resources)
    .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.includes('SecretRead'))
    .map(([, { Properties }]) => readable(Properties) as Rule);

test('a read of the secret by a stranger, or by an operator without the tool, comes to the function', () => {
  const [rule, ...others] = rulesOf({ operators: [role('operators')] });
  expect(others).toEqual([]);
  expect(rule?.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  expect(rule?.Targets).toMatchObject([{ Arn: '{ServiceFunction.Arn}', InputPath: '$.detail' }]);
  const { detail } = (rule as Rule).EventPattern;
  expect(detail).toMatchObject({
    eventName: ['GetSecretValue'],
    errorCode: [{ exists: false }],
    requestParameters: {
      secretId: ['{fleetSecret}', 'thingspace/fleet', '{meteringSecret}', 'thingspace/metering'],
    },
  });
  expect(detail.$or).toEqual([
    issuer({ exists: false }),
    {
      ...issuer({
        'anything-but': [
          role('ThingSpaceRotation-rotation-us-east-1'),
          // The role of CDK's bootstrap, whose partition is known at deployment.
          expect.anything(),
          role('fleet-app'),
          role('metering-app'),
        ],
      }),
      userAgent: [{ 'anything-but': { wildcard: '*app/thingspace-rotation*' } }],
    },
  ]);
});

test('a deploying role by a pattern is excluded as a pattern', () => {
  const deploymentRoles = [
    'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Deployers_*',
  ];
  const [rule] = rulesOf({ deploymentRoles });
  const [, strangers] = (rule as Rule).EventPattern.detail.$or as object[];
  expect(strangers).toMatchObject(
    issuer({ 'anything-but': { wildcard: expect.arrayContaining(deploymentRoles) } }),
  );
});

test('a pattern without room for the readers watches operators and principals without a role', () => {
  const [fleet] = twoDepartments.credentials;
  const readers = Array.from({ length: 30 }, (_, index) => role(`reader-with-a-long-name-${index}`));
  const [rule] = rulesOf({ operators: [role('operators')], credentials: [{ ...fleet, readers }] });
  const conditions = (rule as Rule).EventPattern.detail.$or as object[];
  expect(conditions).toHaveLength(2);
  expect(conditions[1]).toMatchObject(issuer({ wildcard: role('operators') }));
});

test('leaves out a secret whose readers are not known here, and all where it is switched off', () => {
  const [fleet] = twoDepartments.credentials;
  const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs-AbCdEf';
  const { readers: _, clients: __, ...plain } = { readers: [], clients: [], ...fleet };
  expect(rulesOf({ credentials: [{ ...plain, secretArn }] })).toEqual([]);
  expect(rulesOf({ readAlarm: false })).toEqual([]);
});
