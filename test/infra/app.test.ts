import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import { configWith, synthesize, twoDepartments } from './synthesize.ts';

const [fleet] = twoDepartments.credentials;

/** Every part that is optional, at once. */
const everything = configWith({
  tracing: true,
  vpc: {
    vpcId: 'vpc-0a1b2c3d',
    subnetIds: ['subnet-0a1b2c3d', 'subnet-0b1c2d3e'],
    securityGroupIds: ['sg-0a1b2c3d'],
  },
  operators: ['arn:aws:iam::123456789012:role/operators'],
  runbookUrl: 'https://example.com/runbook',
  reservedConcurrency: 'none',
  credentials: [
    fleet,
    {
      name: 'imported',
      username: 'Imported',
      secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:vendor-AbC123',
      secretKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0a0a',
    },
  ],
});

test.each([
  ['the example', readConfig('infra/example.config.json')],
  ['every option at once', everything],
])('cdk-nag finds no violation of AWS Solutions in %s', (_, config) => {
  const { app } = synthesize(config);
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});

test('cdk-nag is acknowledged only on the function’s role, and only for what knows no resources', () => {
  const acknowledgements = (config: object) =>
    synthesize(config)
      .app.node.findAll()
      .flatMap((construct) =>
        construct.node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .map(({ data }) => [construct.node.path, data]),
      );
  expect(acknowledgements(twoDepartments)).toEqual([]);
  const [[place, data] = [], ...others] = acknowledgements(everything);
  expect(place).toBe('ThingSpaceRotation/Service/FunctionRole');
  expect(JSON.stringify(data)).toContain('AwsSolutions-IAM5[Resource::*]');
  expect(others).toEqual([]);
});

test('the same configuration makes the same template, so cdk diff after no change is empty', () => {
  expect(synthesize().json).toEqual(synthesize().json);
});

test('an imported secret keeps its own policy, and the function may use its own key through Secrets Manager', () => {
  const { ofType, one } = synthesize(everything);
  expect(ofType('AWS::SecretsManager::ResourcePolicy')).toHaveLength(1);
  const policy = (name: string) =>
    JSON.stringify(one('AWS::IAM::ManagedPolicy', `ServiceFunctionRole${name}`).Properties);
  expect(policy('Secrets')).toContain('arn:aws:secretsmanager:us-east-1:123456789012:secret:vendor-AbC123');
  expect(policy('SecretKeys')).toContain('arn:aws:kms:us-east-1:123456789012:key/0a0a');
});

test('in a VPC the function runs in the given subnets behind the given security groups', () => {
  expect(synthesize(everything).one('AWS::Lambda::Function').Properties).toMatchObject({
    VpcConfig: { SubnetIds: ['subnet-0a1b2c3d', 'subnet-0b1c2d3e'], SecurityGroupIds: ['sg-0a1b2c3d'] },
    TracingConfig: { Mode: 'Active' },
  });
});
