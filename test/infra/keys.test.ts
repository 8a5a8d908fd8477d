import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { importedStatements, keyAdvice } from '../../infra/key-advice.ts';
import { operationsKeyArn, sealingKeyArn } from './configurations.ts';
import { configWith, construct, sentencesOf, synthesize } from './synthesize.ts';

const account = '123456789012';
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const access = {
  rules: [{ name: 'fleet', principals: [roleArn('portal')], credentials: ['fleet'], operations: ['Get*'] }],
};
const ours = {
  operators: [roleArn('operators')],
  access,
  credentials: [
    { name: 'fleet', username: 'FLEET_API' },
    {
      name: 'imported',
      username: 'Imported',
      secretArn: `arn:aws:secretsmanager:us-east-1:${account}:secret:vendor-AbC123`,
      secretKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/cccccccc-0000-4000-8000-000000000000',
    },
  ],
};
const withKeys = configWith({ ...ours, sealingKeyArn, operationsKeyArn });

const statementsOf = (config: object) =>
  new Map(
    importedStatements(construct(config).stack.service).map(({ keyArn, statements }) => [keyArn, statements]),
  );
const imported = statementsOf(withKeys);

type Statement = { Sid: string; Action: unknown };

test('an imported key needs the statements that the stack writes into a key of its own', () => {
  const { one } = synthesize(configWith(ours));
  const written = (key: string): Statement[] => one('AWS::KMS::Key', key).Properties.KeyPolicy.Statement;
  for (const [key, arn] of [
    ['ServiceOperationsKey', operationsKeyArn],
    ['ServiceSealingKey', sealingKeyArn],
  ] as const) {
    const [iam, ...others] = imported.get(arn) as Statement[];
    expect(iam?.Sid).toBe('IamOfThisAccountDecides');
    expect(others).toEqual(written(key).filter(({ Sid }) => Sid !== undefined));
  }
});

test('the actions of the statement for IAM are those that the stack’s policies give', () => {
  const { resources } = synthesize(withKeys);
  const policies = Object.values(resources).filter(({ Type }) => /^AWS::IAM::(Managed)?Policy$/.test(Type));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  for (const [arn, needed] of imported) {
    const given = statements
      .filter(({ Resource }) => [Resource].flat().includes(arn))
      .flatMap(({ Action }) => Action as string[]);
    const [iam] = needed as Statement[];
    // DynamoDB's grant and its description of the key are for the role that deploys.
    const forDeployment = ['kms:CreateGrant', 'kms:DescribeKey', 'kms:Encrypt'];
    const actions = [iam?.Action].flat().map(String);
    expect(actions.filter((action) => !given.includes(action) && !forDeployment.includes(action))).toEqual(
      [],
    );
    expect(given.filter((action) => !actions.includes(action))).toEqual([]);
  }
  expect([...imported.keys()].sort()).toEqual([sealingKeyArn, operationsKeyArn, secretKeyArnOf(ours)].sort());
});

const secretKeyArnOf = ({ credentials }: typeof ours) => credentials[1]?.secretKeyArn ?? '';

test('docs/deploy.md has the statements of each imported key', async () => {
  const file = '../../docs/deploy.md';
  const page = readFileSync(new URL(file, import.meta.url), 'utf8');
  const [before, section = '', after] = page.split(/(?<=<!-- keys: .*-->\n)|(?=<!-- end of keys -->)/);
  const keys = [operationsKeyArn, sealingKeyArn, secretKeyArnOf(ours)];
  const written = section.replaceAll(/```json\n[\s\S]*?```/g, () => {
    const lines = (imported.get(keys.shift() ?? '') ?? []).map(
      (statement) => `  ${JSON.stringify(statement)}`,
    );
    return `\`\`\`json\n[\n${lines.join(',\n')}\n]\n\`\`\``;
  });
  await expect([before, written, after].join('')).toMatchFileSnapshot(file);
});

test('synthesis tells the statements of imported keys, and nothing where the stack makes them', () => {
  expect(keyAdvice(construct(configWith({})).stack.service)).toEqual([]);
  const [first] = keyAdvice(construct(withKeys).stack.service);
  expect(first).toContain(`The policy of the key ${sealingKeyArn} stays yours.`);
  expect(first).toContain('"Sid": "OnlyTheNamedOpenSealedPasswords"');
});

test('a key for both purposes has one statement for IAM', () => {
  const both = statementsOf(configWith({ sealingKeyArn, operationsKeyArn: sealingKeyArn }));
  const sids = (both.get(sealingKeyArn) as Statement[]).map(({ Sid }) => Sid);
  expect(new Set(sids).size).toBe(sids.length);
  expect(sids).toHaveLength(5);
});

test('the roles that deploy replace the one of cdk bootstrap in the secrets’ policies', () => {
  const policies = (config: object) =>
    JSON.stringify(synthesize(config).ofType('AWS::SecretsManager::ResourcePolicy'));
  const deploymentRoles = [roleArn('stacksets-exec'), roleArn('deployer')];
  const given = policies(configWith({ deploymentRoles }));
  for (const role of deploymentRoles) expect(given).toContain(role);
  expect(given).not.toContain('cfn-exec-role');
  expect(policies(configWith({}))).toContain('cfn-exec-role');
  expect(sentencesOf(configWith({ deploymentRoles: ['arn:aws:iam::999999999999:role/other'] }))).toEqual([
    'deploymentRoles[0]: write a role of the account 123456789012.',
  ]);
});

test('each role has the permissions boundary', () => {
  const permissionsBoundaryArn = `arn:aws:iam::${account}:policy/boundary`;
  const { ofType } = synthesize(configWith({ ...ours, permissionsBoundaryArn }));
  const roles = ofType('AWS::IAM::Role').map(([, { Properties }]) => Properties.PermissionsBoundary);
  expect(roles).toEqual([permissionsBoundaryArn, permissionsBoundaryArn, permissionsBoundaryArn]);
  expect(sentencesOf(configWith({ permissionsBoundaryArn: 'boundary' }))).toEqual([
    "permissionsBoundaryArn: write a managed policy's ARN, such as arn:aws:iam::123456789012:policy/boundary.",
  ]);
});
