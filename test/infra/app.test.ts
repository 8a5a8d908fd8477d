import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import { configurations, vpc } from './configurations.ts';
import { configWith, synthesize, synthesizeAnew, synthesizeChecked, twoDepartments } from './synthesize.ts';

const [fleet] = twoDepartments.credentials;

/** Every part that is optional, at once. */
const everything = configWith({
  tracing: true,
  vpc,
  operators: ['arn:aws:iam::123456789012:role/operators'],
  runbookUrl: 'https://example.com/runbook',
  reservedConcurrency: 'none',
  credentials: [
    fleet,
    {
      name: 'imported',
      username: 'Imported',
      secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:vendor-AbC123',
      secretKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0a0a0a0a-0000-4000-8000-000000000000',
    },
  ],
});

const replicas = { replicas: [{ region: 'us-west-2' }] };

test.each([
  ['the example', readConfig('infra/example.config.json')],
  ['the example of REST', readConfig('infra/example.rest.config.json')],
  ['every option at once', everything],
  ['a proxy, the access function and replicas', { ...configurations.Vpc, ...replicas }],
])('passes cdk-nag’s AWS Solutions in %s', (_, config) => {
  const { app } = synthesizeChecked(config);
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});

test('acknowledges only calls without resources, secrets by tag, subnets by id and a long template', () => {
  const acknowledgements = (config: object) =>
    synthesize(config)
      .app.node.findAll()
      .flatMap((construct) =>
        construct.node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .map(({ data }) => [construct.node.path, data]),
      );
  const secrets = 'Resource::arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/*';
  const acknowledged = (place: string, what: string) => [
    `ThingSpaceRotation/Service/${place}`,
    { [`Annotation::AwsSolutions-IAM5[${what}]`]: expect.any(String) },
  ];
  const ofOperators = [acknowledged('Operators', secrets), acknowledged('Operators', 'Resource::*')];
  const ofFunction = [acknowledged('FunctionRole', 'Resource::*')];
  const warning = (place: string, id: string) => [
    `ThingSpaceRotation${place}`,
    { [`Annotation::@aws-cdk/${id}`]: expect.any(String) },
  ];
  const ofStack = [warning('', 'core:Stack.templateSize')];
  const ofSubnets = vpc.subnetIds.map((id) => warning(`/${id}`, 'aws-ec2:noSubnetRouteTableId'));
  expect(acknowledgements(twoDepartments)).toEqual([...ofStack, ...ofFunction, ...ofOperators]);
  expect(acknowledgements(everything)).toEqual([...ofStack, ...ofSubnets, ...ofFunction, ...ofOperators]);
});

/** Runs the program that `cdk` runs, with the context that `-c config=…` gives. */
const app = (context: object) =>
  spawnSync(process.execPath, ['infra/app.ts'], {
    encoding: 'utf8',
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });

test('creates no stack without a configuration, and names the file in one sentence', () => {
  expect(existsSync('thingspace.config.json')).toBe(false);
  const { status, stderr } = app({});
  expect(status).toBe(1);
  expect(stderr).toMatch(/^There is no thingspace.config.json, so nothing is made: copy .*\n$/);
});

test('reports a named file that is missing', () => {
  const { status, stderr } = app({ config: 'nowhere.json' });
  expect(status).toBe(1);
  expect(stderr).toContain('nowhere.json cannot be deployed.\nThere is no such file');
});

test('makes the same template from the same configuration, so cdk diff is empty', () => {
  expect(synthesizeAnew().json).toEqual(synthesizeAnew().json);
});

test('an imported secret keeps its own policy, and the function may use its own key through Secrets Manager', () => {
  const { ofType, one } = synthesize(everything);
  expect(ofType('AWS::SecretsManager::ResourcePolicy')).toHaveLength(1);
  const [secret, key] = [
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:vendor-AbC123',
    'arn:aws:kms:us-east-1:123456789012:key/0a0a0a0a-0000-4000-8000-000000000000',
  ];
  const text = (type: string, name: string) => JSON.stringify(one(type, name).Properties.PolicyDocument);
  expect(text('AWS::IAM::ManagedPolicy', 'ServiceFunctionRoleSecrets')).toContain(secret);
  expect(text('AWS::IAM::Policy', 'ServiceFunctionRoleDefault')).toContain(key);
  expect(text('AWS::IAM::ManagedPolicy', 'ServiceOperators')).toContain(secret);
  expect(text('AWS::IAM::ManagedPolicy', 'ServiceOperators')).toContain(key);
});
