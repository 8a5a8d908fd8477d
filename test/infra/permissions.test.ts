import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { TESTED_METRIC } from '../../cli/test-through-cloudwatch.ts';
import { parseConfig } from '../../infra/config.ts';
import { GrantError, ThingSpaceCredential } from '../../infra/credential.ts';
import { keyAdvice } from '../../infra/key-advice.ts';
import { RotationService } from '../../infra/rotation-service.ts';
import { SERVICE } from '../../lambda/ledger/holds.ts';
import { FOR_A_REASON, RIGHTS } from '../cli/rights.ts';
import {
  configWith,
  construct,
  type Resource,
  readable,
  statements,
  synthesize,
  twoDepartments,
} from './synthesize.ts';

const { ofType, one, json } = synthesize();

const policyOf = (prefix: string) => statements(one('AWS::IAM::Policy', prefix).Properties.PolicyDocument);
const permissions = () => ofType('AWS::Lambda::Permission').map(([, { Properties }]) => readable(Properties));

test('the function may make exactly its calls, on its own resources only', () => {
  const ofManaged = ['Secrets', 'Sealing'].flatMap((name) => {
    const { Properties } = one('AWS::IAM::ManagedPolicy', `ServiceFunctionRole${name}`);
    expect(readable(Properties.Roles)).toEqual(['{ServiceFunctionRole}']);
    return statements(Properties.PolicyDocument);
  });
  expect([...ofManaged, ...policyOf('ServiceFunctionRole'), ...policyOf('ServiceStarting')]).toEqual([
    'Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:RotateSecret secretsmanager:UpdateSecretVersionStage on {fleetSecret} {meteringSecret}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:EncryptionContext:secretArn":["{fleetSecret}","{meteringSecret}"]},"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["secretArn","token"]},"Null":{"kms:EncryptionContext:token":"false"}}',
    'Allow dynamodb:BatchWriteItem dynamodb:DescribeTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query on {ServiceLedger.Arn}',
    'Allow sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
    'Allow logs:CreateLogStream logs:FilterLogEvents logs:PutLogEvents on {ServiceLog.Arn}',
    'Allow cloudtrail:LookupEvents on *',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com"},"Null":{"kms:EncryptionContext:SecretARN":"false"}}',
    'Allow lambda:InvokeFunction on {ServiceFunction.Arn}',
  ]);
});

const ofOperators = one('AWS::IAM::ManagedPolicy', 'ServiceOperators').Properties;

test('operators may make the tool’s calls on this service’s secrets by tag, once given the policy', () => {
  expect(ofOperators.Roles).toBeUndefined();
  expect(ofOperators.ManagedPolicyName).toBe('ThingSpaceRotation-operators-us-east-1');
  expect(statements(ofOperators.PolicyDocument)).toEqual([
    'Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:RotateSecret secretsmanager:UpdateSecretVersionStage on arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/* if {"StringEquals":{"aws:ResourceTag/thingspace-rotation-service":"ThingSpaceRotation"}}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com"}}',
    'Allow kms:Decrypt on {ServiceSealingKey.Arn} if {"Null":{"kms:EncryptionContext:token":"false"}}',
    'Allow dynamodb:BatchWriteItem dynamodb:DescribeTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query on {ServiceLedger.Arn}',
    'Allow sns:ListSubscriptionsByTopic sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
    'Allow logs:FilterLogEvents on {ServiceLog.Arn}',
    'Allow lambda:GetFunctionConfiguration lambda:InvokeFunction on {ServiceFunction.Arn}',
    'Allow kms:DescribeKey kms:GetKeyPolicy on {ServiceOperationsKey.Arn} {ServiceSealingKey.Arn}',
    'Allow cloudwatch:SetAlarmState on {ServiceNotAnnouncedAlarm.Arn}',
    'Allow cloudtrail:DescribeTrails cloudtrail:GetEventSelectors cloudtrail:GetTrailStatus cloudtrail:LookupEvents cloudwatch:DescribeAlarms logs:DescribeLogGroups secretsmanager:ListSecrets sns:GetSMSSandboxAccountStatus on *',
  ]);
});

test('operators may set the alarm that the tool finds by its metric and topic, and no other', () => {
  const { Properties } = one('AWS::CloudWatch::Alarm', 'ServiceNotAnnouncedAlarm');
  expect(Properties.MetricName).toBe(TESTED_METRIC);
  expect(readable(Properties.AlarmActions)).toEqual(['{ServiceAlarms}']);
  // OK without data: CloudWatch ends the test even where the tool could not.
  expect(Properties.TreatMissingData).toBe('notBreaching');
  const sameMetric = ofType('AWS::CloudWatch::Alarm').filter(
    ([, alarm]) => alarm.Properties.MetricName === TESTED_METRIC,
  );
  expect(sameMetric).toHaveLength(1);
});

test('the operators’ policy allows every call that the tool’s own code makes, and no other', () => {
  const { Statement } = readable(ofOperators.PolicyDocument) as {
    Statement: { Action: string | string[] }[];
  };
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));
  expect([...allowed].sort()).toEqual([...callsOfTheTool()].sort());
});

test('the rights that docs/reference/commands.md names are those of the operators’ policy', () => {
  const named = new Set([...Object.values(RIGHTS).flatMap(({ actions }) => actions), ...FOR_A_REASON]);
  const { Statement } = readable(ofOperators.PolicyDocument) as {
    Statement: { Action: string | string[] }[];
  };
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));
  // Secrets Manager and SNS call KMS for the caller; the tool imports the relabeling with the rest of its file, unused.
  for (const action of ['kms:GenerateDataKey', 'secretsmanager:UpdateSecretVersionStage'])
    allowed.delete(action);
  expect([...named].sort()).toEqual([...allowed].sort());
});

/**
 * `GetItemCommand` of `@aws-sdk/client-dynamodb` is `dynamodb:GetItem`, and `paginateQuery` is `dynamodb:Query`, in every
 * file that cli/ imports. The agent has the rights of a client instead.
 */
function callsOfTheTool(): Set<string> {
  const services: Record<string, string> = { 'cloudwatch-logs': 'logs', 'secrets-manager': 'secretsmanager' };
  const calls = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || file.endsWith('/cli/agent.ts')) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, names = '', service = ''] of text.matchAll(
      /import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g,
    )) {
      for (const [, one, paged] of names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)) {
        const name = one ?? paged;
        const action = `${services[service] ?? service}:${name}`;
        calls.add(action === 'lambda:Invoke' ? 'lambda:InvokeFunction' : action);
      }
    }
    for (const [, imported = ''] of text.matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      visit(path.resolve(path.dirname(file), imported));
    }
  };
  visit(path.resolve(import.meta.dirname, '../../cli/main.ts'));
  return calls;
}

test('the stack has only these roles and policies, none managed by AWS', () => {
  const roles = ofType('AWS::IAM::Role');
  expect(roles.flatMap(([, { Properties }]) => Properties.ManagedPolicyArns ?? [])).toEqual([]);
  expect(roles.map(([id]) => id.slice(0, -8)).sort()).toEqual(['ServiceDailyRole', 'ServiceFunctionRole']);
  expect(ofType('AWS::IAM::ManagedPolicy').map(([id]) => id.slice(0, -8))).toEqual([
    'ServiceFunctionRoleSecrets',
    'ServiceFunctionRoleSealing',
    'ServiceOperators',
  ]);
  expect(ofType('AWS::IAM::Policy')).toHaveLength(4);
});

test('Scheduler may invoke the function for this account and its own group only', () => {
  expect(policyOf('ServiceDailyRole')).toEqual(['Allow lambda:InvokeFunction on {ServiceFunction.Arn}']);
  const trust = (role: Resource) => JSON.stringify(readable(role.Properties.AssumeRolePolicyDocument));
  expect(trust(one('AWS::IAM::Role', 'ServiceDailyRole'))).toContain(
    '"aws:SourceArn":"arn:aws:scheduler:us-east-1:123456789012:schedule-group/ThingSpaceRotation-daily"',
  );
});

test('only Secrets Manager of this account and the rules of the stack invoke the function', () => {
  expect(permissions()).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: '{ServiceFunction.Arn}',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '123456789012',
    },
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: '{ServiceFunction.Arn}',
      Principal: 'events.amazonaws.com',
      SourceArn: expect.stringMatching(/:rule\/ThingSpaceRotation-secret-read-\*$/),
    },
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: '{ServiceFunction.Arn}',
      Principal: 'events.amazonaws.com',
      SourceArn: '{ServiceRotationFailed.Arn}',
    },
  ]);
});

/** The policy denies no more than this: administrators can always repair it, the value and the labels. */
test('only its readers, the function and CloudFormation read a secret, whatever other policies allow', () => {
  const policy = (name: string) =>
    statements(one('AWS::SecretsManager::ResourcePolicy', name).Properties.ResourcePolicy);
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
  for (const [name, reader] of [
    ['fleet', role('fleet-app')],
    ['metering', role('metering-app')],
  ] as const) {
    expect(policy(name)).toEqual([
      `Deny secretsmanager:GetSecretValue by {"AWS":"*"} if {"ArnNotLike":{"aws:PrincipalArn":["${role('ThingSpaceRotation-rotation-us-east-1')}",{"Fn::Sub":"arn:\${AWS::Partition}:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"},"${reader}"]}}`,
      'Deny secretsmanager:DeleteSecret by {"AWS":"*"}',
      `Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue by {"AWS":["${reader}"]}`,
    ]);
  }
});

test('readers decrypt a secret through Secrets Manager, also from another account', () => {
  const keyPolicy = (of: typeof one) =>
    statements(of('AWS::KMS::Key', 'ServiceSealingKey').Properties.KeyPolicy);
  const reading = (accounts: string) =>
    `Allow kms:Decrypt by {"AWS":"*"} if {"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com","kms:CallerAccount":[${accounts}]}}`;
  const [toTheAccount, toReaders] = keyPolicy(one);
  expect(toTheAccount).toBe('Allow kms:* by {"AWS":"arn:aws:iam::123456789012:root"}');
  expect(toReaders).toBe(reading('"123456789012"'));

  const readers = ['arn:aws:iam::999999999999:role/their-app'];
  const shared = synthesize(configWith({ credentials: [{ name: 'fleet', username: 'FleetApi', readers }] }));
  expect(keyPolicy(shared.one)[1]).toBe(reading('"123456789012","999999999999"'));
  expect(
    shared.ofType('AWS::IAM::Policy').flatMap(([, { Properties }]) => readable(Properties.Roles)),
  ).toEqual(['{ServiceFunctionRole}', '{ServiceFunctionRole}', '{ServiceDailyRole}']);
});

/** The policy denies no more than this: administrators can always repair it. */
test('only the function and operators open sealed passwords, by names that outlive the stack', () => {
  const operators = ['arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_*'];
  const { one: oneOf } = synthesize(configWith({ operators }));
  expect(statements(oneOf('AWS::KMS::Key', 'ServiceSealingKey').Properties.KeyPolicy).slice(2)).toEqual([
    `Deny kms:CreateGrant kms:Decrypt kms:ReEncrypt* by {"AWS":"*"} if {"Null":{"kms:EncryptionContext:token":"false"},"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/ThingSpaceRotation-rotation-us-east-1","${operators[0]}"]}}`,
  ]);
  const secret = oneOf('AWS::SecretsManager::ResourcePolicy', 'fleet').Properties.ResourcePolicy;
  expect(JSON.stringify(secret.Statement[0].Condition)).toContain(operators[0]);
  // Read by their own policies; a pattern is not a principal.
  expect(JSON.stringify(secret.Statement.slice(1))).not.toContain('AWSReservedSSO');
});

test('a client, unlike a reader, also gets its ledger item, its session and the alarm topic', () => {
  expect(policyOf('Role')).toEqual([
    'Allow dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem on {ServiceLedger.Arn} if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["meterapi"]},"Null":{"dynamodb:LeadingKeys":"false"}}',
    'Allow kms:Decrypt kms:Encrypt on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:EncryptionContext:secretArn":["{meteringSecret}"],"kms:EncryptionContext:purpose":"session"},"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["secretArn","purpose"]}}',
    'Allow dynamodb:DescribeTable on {ServiceLedger.Arn}',
    'Allow sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
  ]);
  expect(one('AWS::IAM::Policy', 'Role').Properties.Roles).toEqual(['metering-app']);
});

test('two roles whose names differ by path and hyphens alone are both clients', () => {
  const clients = ['a/b', 'a--b'].map((name) => `arn:aws:iam::123456789012:role/${name}`);
  const { ofType: of } = synthesize(
    configWith({ credentials: [{ name: 'fleet', username: 'FleetApi', clients }] }),
  );
  const roles = of('AWS::IAM::Policy').flatMap(([, { Properties }]) => Properties.Roles);
  expect(roles).toEqual(expect.arrayContaining(['b', 'a--b']));
});

test('no client may reach the item of holds, whose key cannot be a configured username', () => {
  const keys = JSON.stringify(ofType('AWS::IAM::Policy')).match(/"dynamodb:LeadingKeys":\[[^\]]*\]/g);
  expect(keys).toEqual(['"dynamodb:LeadingKeys":["meterapi"]']);
  const [fleet] = twoDepartments.credentials;
  expect(() => parseConfig(configWith({ credentials: [{ ...fleet, username: SERVICE }] }))).toThrow(
    'is one that ThingSpace refuses',
  );
});

test('a role of another account is never taken for its namesake here', () => {
  const fromAbroad = 'arn:aws:iam::999999999999:role/app';
  const grants = (env: object) => {
    const stack = new Stack(new App(), 'Stack', env);
    const service = new RotationService(stack, 'Service', { bundle: import.meta.dirname });
    const credential = new ThingSpaceCredential(stack, 'fleet', { service, username: 'FleetApi' });
    return { service, credential, role: Role.fromRoleArn(stack, 'App', fromAbroad) };
  };
  const here = { env: { account: '123456789012', region: 'us-east-1' } };
  for (const env of [here, {}]) {
    const { service, credential, role } = grants(env);
    expect(() => credential.grantClient(role)).toThrow(GrantError);
    expect(service.grantOperate(role)).toBe(false);
    expect(() => credential.grantRead(role)).not.toThrow();
  }
});

test('the advice for an imported sealing key names the account of a reader abroad', () => {
  const sealingKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/0a000000-0000-4000-8000-000000000000';
  const [fleet] = twoDepartments.credentials;
  const readers = ['arn:aws:iam::999999999999:role/app'];
  const { stack } = construct(configWith({ sealingKeyArn, credentials: [{ ...fleet, readers }] }));
  expect(keyAdvice(stack.service).join()).toMatch(
    /"kms:CallerAccount": \[\s*"123456789012",\s*"999999999999"/,
  );
});

test('the topic accepts messages over TLS only, and only CloudWatch’s alarms of this account', () => {
  const [tls, alarms, ...others] = statements(one('AWS::SNS::TopicPolicy').Properties.PolicyDocument);
  expect(tls).toBe('Deny sns:Publish by "*" on {ServiceAlarms} if {"Bool":{"aws:SecureTransport":"false"}}');
  expect(alarms).toBe(
    'Allow sns:Publish by {"Service":"cloudwatch.amazonaws.com"} on {ServiceAlarms} if {"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"}}',
  );
  expect(others).toEqual([]);
});

test('the operations key serves the alarms and the one log group', () => {
  const [, alarms, logs, ...others] = statements(
    one('AWS::KMS::Key', 'ServiceOperationsKey').Properties.KeyPolicy,
  );
  expect(alarms).toContain('"aws:SourceAccount":"123456789012"');
  expect(logs).toContain('log-group:/thingspace/ThingSpaceRotation/rotation"');
  expect(others).toEqual([]);
});

test('writes no password into the template', () => {
  const values = ofType('AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties.SecretString);
  expect(new Set(values)).toEqual(new Set(['{"username":"<not yet set>","password":"<not yet set>"}']));
  expect(JSON.stringify(json)).not.toContain('GenerateSecretString');
});
