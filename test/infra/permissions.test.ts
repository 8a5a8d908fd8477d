import { expect, test } from 'vitest';
import { type Resource, readable, synthesize } from './synthesize.ts';

const { ofType, one, json } = synthesize();

/** A policy's statements, one line each: effect, actions, resources or principals, conditions. */
function lines(policy: unknown): string[] {
  const { Statement } = readable(policy) as { Statement: Record<string, unknown>[] };
  return Statement.map(({ Effect, Action, Resource: on, Principal, Condition }) =>
    [
      Effect,
      [Action].flat().join(' '),
      ...(Principal ? [`by ${JSON.stringify(Principal)}`] : []),
      ...(on === '*' && Principal ? [] : [`on ${[on].flat().join(' ')}`]),
      ...(Condition ? [`if ${JSON.stringify(Condition)}`] : []),
    ].join(' '),
  );
}

const policyOf = (prefix: string) => lines(one('AWS::IAM::Policy', prefix).Properties.PolicyDocument);
const permissions = () => ofType('AWS::Lambda::Permission').map(([, { Properties }]) => readable(Properties));

test('the function may do exactly what it calls, on exactly its own secrets, table, topic, log and keys', () => {
  const ofManaged = ofType('AWS::IAM::ManagedPolicy').flatMap(([, { Properties }]) => {
    expect(readable(Properties.Roles)).toEqual(['{ServiceFunctionRole}']);
    return lines(Properties.PolicyDocument);
  });
  expect([...ofManaged, ...policyOf('ServiceFunctionRole')]).toEqual([
    'Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on {fleetSecret} {meteringSecret}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:EncryptionContext:secretArn":["{fleetSecret}","{meteringSecret}"]},"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["secretArn","token"]},"Null":{"kms:EncryptionContext:token":"false"}}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:ViaService":"secretsmanager.{AWS::Region}.amazonaws.com","kms:EncryptionContext:SecretARN":["{fleetSecret}","{meteringSecret}"]}}',
    'Allow dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query on {ServiceLedger.Arn}',
    'Allow sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
    'Allow logs:CreateLogStream logs:FilterLogEvents logs:PutLogEvents on {ServiceLog.Arn}',
  ]);
});

test('no role has a policy managed by AWS, and there are no other roles and policies than these', () => {
  const roles = ofType('AWS::IAM::Role');
  expect(roles.flatMap(([, { Properties }]) => Properties.ManagedPolicyArns ?? [])).toEqual([]);
  expect(roles.map(([id]) => id.slice(0, -8)).sort()).toEqual([
    'ServiceDailyRole',
    'ServiceEventsRole',
    'ServiceFunctionRole',
  ]);
  expect(ofType('AWS::IAM::Policy')).toHaveLength(4);
});

test('EventBridge may publish to the topic and Scheduler may invoke the function, for this account only', () => {
  expect(policyOf('ServiceEventsRole')).toEqual([
    'Allow sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
  ]);
  expect(policyOf('ServiceDailyRole')).toEqual(['Allow lambda:InvokeFunction on {ServiceFunction.Arn}']);
  const trust = (role: Resource) => JSON.stringify(readable(role.Properties.AssumeRolePolicyDocument));
  expect(trust(one('AWS::IAM::Role', 'ServiceEventsRole'))).toContain(
    '"Condition":{"StringEquals":{"aws:SourceAccount":"{AWS::AccountId}"}}',
  );
  expect(trust(one('AWS::IAM::Role', 'ServiceDailyRole'))).toContain(
    '"aws:SourceArn":"arn:{AWS::Partition}:scheduler:{AWS::Region}:{AWS::AccountId}:schedule-group/ThingSpaceRotation-daily"',
  );
});

test('only Secrets Manager of this account and the named rules invoke the function', () => {
  expect(permissions()).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: '{ServiceFunction.Arn}',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '{AWS::AccountId}',
    },
    ...['fleet', 'metering'].map((name) => ({
      Action: 'lambda:InvokeFunction',
      FunctionName: '{ServiceFunction.Arn}',
      Principal: 'events.amazonaws.com',
      SourceArn: `{${name}Failed.Arn}`,
    })),
  ]);
});

test('a secret is read by its own readers and the function, whatever the policies of others allow', () => {
  const policy = (name: string) =>
    lines(one('AWS::SecretsManager::ResourcePolicy', name).Properties.ResourcePolicy);
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
  for (const [name, reader] of [
    ['fleet', role('fleet-app')],
    ['metering', role('metering-app')],
  ] as const) {
    expect(policy(name)).toEqual([
      `Deny secretsmanager:GetSecretValue by {"AWS":"*"} if {"ArnNotEquals":{"aws:PrincipalArn":["{ServiceFunctionRole.Arn}","${reader}"]}}`,
      'Deny secretsmanager:DeleteSecret by {"AWS":"*"}',
      `Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue by {"AWS":["${reader}"]}`,
    ]);
  }
});

test('administrators can always repair a secret: its policy, its value and its labels are refused to nobody', () => {
  const denied = ofType('AWS::SecretsManager::ResourcePolicy').flatMap(([, { Properties }]) =>
    Properties.ResourcePolicy.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Deny').flatMap(
      ({ Action }: { Action: string }) => Action,
    ),
  );
  expect(new Set(denied)).toEqual(new Set(['secretsmanager:GetSecretValue', 'secretsmanager:DeleteSecret']));
});

test('a reader decrypts its own secret through Secrets Manager and nothing else with the sealing key', () => {
  const [toTheAccount, ...toReaders] = lines(one('AWS::KMS::Key', 'ServiceSealingKey').Properties.KeyPolicy);
  expect(toTheAccount).toBe('Allow kms:* by {"AWS":"arn:{AWS::Partition}:iam::{AWS::AccountId}:root"}');
  expect(toReaders).toEqual(
    ['fleet', 'metering'].map(
      (name) =>
        `Allow kms:Decrypt by {"AWS":"arn:aws:iam::123456789012:role/${name}-app"} if {"StringEquals":{"kms:ViaService":"secretsmanager.{AWS::Region}.amazonaws.com"},"StringLike":{"kms:EncryptionContext:SecretARN":"arn:{AWS::Partition}:secretsmanager:{AWS::Region}:{AWS::AccountId}:secret:thingspace/${name}-??????"}}`,
    ),
  );
});

test('a client also gets the ledger of its own username in lower case; a plain reader gets nothing of it', () => {
  expect(policyOf('Role')).toEqual([
    'Allow dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem on {ServiceLedger.Arn} if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["meterapi"]},"Null":{"dynamodb:LeadingKeys":"false"}}',
  ]);
  expect(one('AWS::IAM::Policy', 'Role').Properties.Roles).toEqual(['metering-app']);
});

test('the topic takes messages over TLS only, and of services only from CloudWatch’s alarms of this account', () => {
  const [tls, alarms, ...others] = lines(one('AWS::SNS::TopicPolicy').Properties.PolicyDocument);
  expect(tls).toBe('Deny sns:Publish by "*" on {ServiceAlarms} if {"Bool":{"aws:SecureTransport":"false"}}');
  expect(alarms).toBe(
    'Allow sns:Publish by {"Service":"cloudwatch.amazonaws.com"} on {ServiceAlarms} if {"StringEquals":{"aws:SourceAccount":"{AWS::AccountId}"},"ArnLike":{"aws:SourceArn":"arn:{AWS::Partition}:cloudwatch:{AWS::Region}:{AWS::AccountId}:alarm:*"}}',
  );
  expect(others).toEqual([]);
});

test('the operations key serves the alarms and the one log group', () => {
  const [, alarms, logs, ...others] = lines(
    one('AWS::KMS::Key', 'ServiceOperationsKey').Properties.KeyPolicy,
  );
  expect(alarms).toContain('"aws:SourceAccount":"{AWS::AccountId}"');
  expect(logs).toContain('log-group:/thingspace/ThingSpaceRotation/rotation"');
  expect(others).toEqual([]);
});

test('nothing in the template is a password', () => {
  const values = ofType('AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties.SecretString);
  expect(new Set(values)).toEqual(new Set(['{"username":"<not yet set>","password":"<not yet set>"}']));
  expect(JSON.stringify(json)).not.toContain('GenerateSecretString');
});
