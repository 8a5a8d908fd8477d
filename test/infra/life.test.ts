import { expect, test } from 'vitest';
import {
  type Account,
  DeploymentError,
  type DeployOptions,
  deleteSecretPolicies,
  deploy,
  destroy,
  leftBehind,
  newAccount,
} from './cloudformation.ts';
import { configWith, synthesize, synthesizeChecked, twoDepartments } from './synthesize.ts';

const stack = 'ThingSpaceRotation';
const { json: template, resources } = synthesize();
const roles = ['fleet', 'metering'].map((name) => `arn:aws:iam::123456789012:role/${name}-app`);
const [fleet, metering] = twoDepartments.credentials;
const sealingKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/0a000000-0000-4000-8000-000000000000';

const failureOf = (account: Account, of: typeof template, options?: DeployOptions): string | undefined => {
  try {
    deploy(account, stack, of, options);
    return undefined;
  } catch (failure) {
    if (failure instanceof DeploymentError) return failure.message;
    throw failure;
  }
};

test.each(Object.keys(resources))('a first deployment that fails at %s does not block the next one', (id) => {
  const account = newAccount(roles);
  expect(failureOf(account, template, { failAt: id })).toBe(`${id}: refused`);
  expect([...account.resources]).toEqual([]);
  expect(failureOf(account, template)).toBeUndefined();
});

test('a reader whose role does not exist stops the deployment, and blocks no later one', () => {
  const account = newAccount([]);
  expect(failureOf(account, template)).toMatch(/the role .*fleet-app does not exist/);
  for (const role of roles) account.roles.add(role);
  expect(failureOf(account, template)).toBeUndefined();
});

test('removing the stack keeps unrepeatable resources and the policies of readers', () => {
  const account = newAccount(roles);
  deploy(account, stack, template);
  destroy(account, stack, template);
  const kept = [...account.resources.values()].map(({ id }) => id.slice(0, -8)).sort();
  expect(kept).toEqual([
    'ServiceLedger',
    'ServiceLog',
    'ServiceOperationsKey',
    'ServiceSealingKey',
    'fleetReaders',
    'fleetSecret',
    'meteringReaders',
    'meteringSecret',
  ]);
});

/** As docs/deploy.md has it: the kept keys and secrets by their ARNs, adopted. */
const again = (credentials: readonly object[] = [fleet, metering].map((given) => adopted(given))) =>
  configWith({
    sealingKeyArn,
    operationsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0b000000-0000-4000-8000-000000000000',
    credentials,
  });

const adopted = (given: { name: string; username: string } | undefined) => ({
  ...given,
  adopt: true,
  secretArn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/${given?.name}-AbC123`,
  secretKeyArn: sealingKeyArn,
});

test('a removed stack is deployed again by the documented steps, over what was kept', () => {
  const account = newAccount(roles);
  deploy(account, stack, template);
  destroy(account, stack, template);
  expect(failureOf(account, template)).toMatch(/already exists$/);

  const { json } = synthesize(again());
  deleteSecretPolicies(account);
  expect(failureOf(account, json, { importExisting: true })).toBeUndefined();
  expect(leftBehind(account, 'AWS::DynamoDB::Table')).toEqual([]);
  expect(leftBehind(account, 'AWS::Logs::LogGroup')).toEqual([]);
});

test('readers of another account still read after a removed stack was deployed again', () => {
  const readers = ['arn:aws:iam::999999999999:role/their-app'];
  expect(() => synthesizeChecked(again([{ ...adopted(fleet), readers }]))).not.toThrow();
});

test('the function may read by kept policies, which name it, after it is deployed again', () => {
  const role = (of: typeof template) =>
    Object.values<{ Type: string; Properties: { RoleName?: string } }>(of.Resources)
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .flatMap(({ Properties }) => Properties.RoleName ?? []);
  expect(role(synthesize(again()).json)).toEqual(role(template));
  const keptPolicies = Object.values(resources).filter(({ Type }) =>
    ['AWS::SecretsManager::ResourcePolicy', 'AWS::KMS::Key'].includes(Type),
  );
  // No reference to a role that goes with the stack: its name, as text.
  expect(JSON.stringify(keptPolicies)).not.toContain('ServiceFunctionRole');
  expect(JSON.stringify(keptPolicies).match(/role\/ThingSpaceRotation-rotation-us-east-1/g)).toHaveLength(3);
});

test('a removed credential can be added again by its ARN only', () => {
  const account = newAccount(roles);
  deploy(account, stack, template);
  const alone = synthesize(configWith({ credentials: [metering] })).json;
  deploy(account, stack, alone);
  expect(leftBehind(account, 'AWS::SecretsManager::Secret')).toEqual([
    'AWS::SecretsManager::Secret thingspace/fleet',
  ]);
  expect(failureOf(account, template)).toMatch(/thingspace\/fleet already exists$/);

  deleteSecretPolicies(account);
  const { json } = synthesize(configWith({ credentials: [metering, adopted(fleet)] }));
  expect(failureOf(account, json)).toBeUndefined();
});

test('an added credential whose deployment fails is removed whole, and the others stay', () => {
  const account = newAccount(roles);
  const alone = synthesize(configWith({ credentials: [metering] })).json;
  deploy(account, stack, alone);
  const before = [...account.resources.keys()];
  const added = Object.keys(resources).filter((id) => !(id in alone.Resources));
  expect(added).toHaveLength(4);
  for (const id of added) {
    expect(failureOf(account, template, { failAt: id })).toBe(`${id}: refused`);
    expect([...account.resources.keys()]).toEqual(before);
  }
  expect(failureOf(account, template)).toBeUndefined();
});

test('two services live in one account, and the same service in two regions, with no name in common', () => {
  const account = newAccount(roles);
  deploy(account, stack, template);
  const other = synthesize(
    configWith({ stackName: 'Other', credentials: [{ name: 'third', username: 'Third' }] }),
  );
  expect(failureOf(account, other.json)).toBeUndefined();
  // Names of roles, policies and dashboards are one space for all regions.
  const global = (of: typeof template) =>
    Object.values<{ Type: string; Properties: Record<string, string> }>(of.Resources).flatMap(
      ({ Properties: { RoleName, ManagedPolicyName, DashboardName } }) =>
        [RoleName, ManagedPolicyName, DashboardName].filter((name) => name !== undefined),
    );
  const there = synthesize(
    configWith({ region: 'eu-west-1', credentials: [{ name: 'fleet', username: 'F' }] }),
  );
  expect(global(template)).toHaveLength(3);
  expect(global(there.json).filter((name) => global(template).includes(name))).toEqual([]);
});

test('a table that is protected from deletion would block a failed first deployment’s cleanup', () => {
  const account = newAccount(roles);
  const { json } = synthesize(configWith({ ledgerDeletionProtection: true }));
  expect(failureOf(account, json, { failAt: Object.keys(json.Resources).at(-1) ?? '' })).toMatch(
    /deletion protection/,
  );
});
