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
  rolesIn,
} from './cloudformation.ts';
import {
  configurations,
  departments,
  egress,
  hundred,
  hundredAdopted,
  operationsKeyArn,
  sealingKeyArn,
  vpc,
} from './configurations.ts';
import { configWith, type Resource, resourcesOf, synthesize, synthesizeChecked } from './synthesize.ts';

const stack = 'Stack';
type Template = ReturnType<typeof resourcesOf>;

/** Their loss would lose a password, the count of log-ins, or the key to one of them. */
const KEPT = ['AWS::SecretsManager::Secret', 'AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'];

/** The kept resources of an account by physical name, without settings that an update may change. */
const kept = (account: Account) =>
  [...account.resources]
    .filter(([, { resource }]) => KEPT.includes(resource.Type))
    .map(([name, { id, resource }]) => [name, id, resource.Properties.SecretString])
    .sort();

const failureOf = (account: Account, of: Template, options?: DeployOptions): string | undefined => {
  try {
    deploy(account, stack, of, options);
    return undefined;
  } catch (failure) {
    if (failure instanceof DeploymentError) return failure.message;
    throw failure;
  }
};

const base = { ...configurations.Access, stackName: stack };
const [fleet, metering] = departments.credentials;
const template = resourcesOf(base);
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const { access } = base as unknown as { access: object };
const withAccess = (changes: object) => ({ access: { ...access, ...changes } });

const settings: Record<string, object> = {
  alarmReceivers: { alarmReceivers: [{ email: 'other@example.com', severities: ['critical'] }] },
  baseUrl: { thingspace: { baseUrl: 'https://proxy.example.com/api/v2' } },
  passwordElement: { thingspace: { passwordElement: 'CurrentPassword' } },
  transport: { thingspace: { transport: 'rest' } },
  lockout: { lockout: { limit: 10, budget: 5, rotationBudget: 3 } },
  exchangeBrake: { exchangeBrake: false },
  rotation: { rotation: { everyMonths: 1, startHourUtc: 2, windowHours: 3 } },
  operators: { operators: [role('operators')] },
  deploymentRoles: { deploymentRoles: [role('deployer')] },
  permissionsBoundaryArn: { permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary' },
  runbookUrl: { runbookUrl: 'https://wiki.example.com/runbook' },
  supportContact: { supportContact: 'Support, +1 202 555 0199' },
  noticeDays: { noticeDays: 0 },
  calendar: { calendar: { zone: 'Europe/Berlin', window: { days: ['SAT'], from: '02:00', to: '06:00' } } },
  readAlarm: { readAlarm: false },
  reasonRequired: { reasonRequired: true },
  replicas: { replicas: [{ region: 'us-west-2' }] },
  sealingKeyArn: { sealingKeyArn },
  operationsKeyArn: { operationsKeyArn },
  ledgerDeletionProtection: { ledgerDeletionProtection: true },
  logRetentionDays: { logRetentionDays: 731 },
  reservedConcurrency: { reservedConcurrency: 5 },
  tracing: { tracing: true },
  vpc: { vpc },
  'vpc.ipv6': { vpc: { ...vpc, ipv6: true } },
  egress: { egress },
  'no access': { access: undefined },
  'access.rules': withAccess({
    rules: [
      {
        name: 'all',
        principals: [role('portal'), role('other')],
        credentials: ['fleet', 'metering'],
        operations: ['*Device*'],
      },
    ],
  }),
  'access.requestsPerMinute': withAccess({
    requestsPerMinute: 60,
    retentionDays: 30,
    reservedConcurrency: 3,
  }),
  'access.deletionProtection': withAccess({ deletionProtection: true }),
  'credentials.username': { credentials: [{ ...fleet, username: 'Renamed' }, metering] },
  'credentials.readers': {
    credentials: [{ ...fleet, readers: [role('a'), role('b')], clients: [role('c')] }, metering],
  },
  'credentials.rotation': { credentials: [fleet, { ...metering, rotation: { everyDays: 30 } }] },
  'credentials, in another order': { credentials: [metering, fleet] },
  'one more credential': { credentials: [fleet, metering, { name: 'third', username: 'Third' }] },
};

const synthesized = new Map<string, Template>();
/** The template of the base with a setting changed; two tests play it. */
function changedBy(setting: string): Template {
  const json = synthesized.get(setting) ?? resourcesOf({ ...base, ...settings[setting] });
  synthesized.set(setting, json);
  return json;
}

/** An account in which the stack stands, and every role. */
function deployed(of: Template, ...others: Template[]): Account {
  const account = newAccount([of, ...others].flatMap(rolesIn));
  deploy(account, stack, of);
  return account;
}

const neverReplaces = (from: Template, to: Template) => {
  const account = deployed(from, to);
  const before = kept(account);
  expect(failureOf(account, to)).toBeUndefined();
  // New ones may have come; those of before are the same, even where the stack keeps them no longer.
  expect(kept(account)).toEqual(expect.arrayContaining(before));
};

test.each(Object.keys(settings))(
  '%s: no secret, table, key or log group is replaced or emptied',
  (setting) => {
    neverReplaces(template, changedBy(setting));
    neverReplaces(changedBy(setting), template);
  },
);

test.each(['Vpc', 'ImportedKeys', 'Replicas'])(
  '%s: no setting replaces or empties a secret, table, key or log group',
  (name) => {
    const other = { ...configurations[name], stackName: stack };
    const before = resourcesOf(other);
    for (const change of Object.values(settings)) neverReplaces(before, resourcesOf({ ...other, ...change }));
  },
);

test.each(Object.keys(settings))(
  '%s: an update that fails anywhere is rolled back, and succeeds again',
  (setting) => {
    const changed = changedBy(setting);
    const account = deployed(template, changed);
    const before = new Map(account.resources);
    for (const id of Object.keys(changed.Resources)) {
      const failure = failureOf(account, changed, { failAt: id });
      if (failure === undefined) {
        // The update does not concern this resource.
        restore(account, before);
        continue;
      }
      expect(failure).toBe(`${id}: refused`);
      // The same objects, in any order.
      expect(account.resources.size).toBe(before.size);
      expect([...before].filter(([name, entry]) => account.resources.get(name) !== entry)).toEqual([]);
    }
    expect(failureOf(account, changed)).toBeUndefined();
    expect(failureOf(account, template, { importExisting: true })).toBeUndefined();
  },
);

const restore = (account: Account, before: Map<string, never> | Account['resources']) => {
  account.resources.clear();
  for (const [name, entry] of before) account.resources.set(name, entry as never);
};

const few = (ids: string[]) => ids.filter((_, index) => index % Math.ceil(ids.length / 40) === 0);

test.each(['Example', 'ExampleRest', 'Access', 'Vpc', 'ImportedKeys', 'Replicas', hundred.stackName])(
  '%s: a first deployment that fails anywhere blocks no later one, and the removed stack keeps what is not to be lost',
  (name) => {
    const json = resourcesOf(configurations[name] as object);
    const ids = Object.keys(json.Resources);
    const account = newAccount(rolesIn(json));
    for (const id of few(ids)) {
      expect(failureOf(account, json, { failAt: id })).toBe(`${id}: refused`);
      expect([...account.resources]).toEqual([]);
    }
    expect(failureOf(account, json)).toBeUndefined();
    const before = kept(account);
    destroy(account, stack, json);
    expect(kept(account)).toEqual(before);
    for (const type of KEPT) {
      const made = Object.values<Resource>(json.Resources).filter(({ Type }) => Type === type);
      expect(leftBehind(account, type), type).toHaveLength(made.length);
    }
  },
);

test('reads the resources as CDK writes them', () => {
  expect(template.Resources).toEqual(synthesize(base).json.Resources);
});

test('the model replaces a resource whose create-only property changes, and refuses a second one of its name', () => {
  const account = deployed(template);
  const other = structuredClone(template);
  const [id = ''] = Object.entries<Resource>(other.Resources).find(
    ([, { Type, Properties }]) => Type === 'AWS::IAM::ManagedPolicy' && Properties.ManagedPolicyName,
  ) ?? [''];
  Object.assign(other.Resources[id]?.Properties, { Description: 'Another' });
  expect(failureOf(account, other)).toMatch(/AWS::IAM::ManagedPolicy .* already exists$/);
});

const adopted = {
  ...base,
  sealingKeyArn,
  operationsKeyArn,
  credentials: [fleet, metering].map((given) => ({
    ...given,
    adopt: true,
    secretArn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/${given?.name}-AbC123`,
    secretKeyArn: sealingKeyArn,
  })),
};

/** The same configuration over what its first stack kept; an imported secret stays as it is. */
const adoptedOf = (name: string) => {
  const config = { ...configurations[name], stackName: stack } as typeof base & { credentials: Given[] };
  const credentials = config.credentials.map((given) =>
    given.secretArn === undefined
      ? { ...given, ...adopted.credentials.find((one) => 'name' in one && one.name === given.name) }
      : given,
  );
  return [config, { ...config, sealingKeyArn, operationsKeyArn, credentials }] as const;
};
type Given = { name: string; secretArn?: string };

test.each([
  ['the access configuration', base, adopted],
  ['a VPC', ...adoptedOf('Vpc')],
  ['keys of its own', ...adoptedOf('ImportedKeys')],
  ['replica regions', ...adoptedOf('Replicas')],
  ['a hundred credentials', hundred, { ...hundredAdopted, stackName: hundred.stackName }],
])('%s: the removed stack is deployed again over what it kept', (_, first, again) => {
  const [json, jsonAgain] = [resourcesOf(first), resourcesOf(again)];
  const account = deployed(json, jsonAgain);
  const before = kept(account).map(([name]) => name);
  destroy(account, stack, json);
  expect(failureOf(account, json)).toMatch(/already exists$/);
  deleteSecretPolicies(account);
  expect(failureOf(account, jsonAgain, { importExisting: true })).toBeUndefined();
  expect(kept(account).map(([name]) => name)).toEqual(before);
  // The secrets and the keys are in the template by their ARNs only.
  for (const type of ['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup']) {
    expect(leftBehind(account, type), type).toEqual([]);
  }
});

test('a stack in the region of a replica adopts the copy, when the first region is gone', () => {
  const secretArn = `arn:aws:secretsmanager:us-west-2:123456789012:secret:thingspace/${fleet?.name}-AbC123`;
  const credentials = [{ ...fleet, adopt: true, secretArn }];
  const json = resourcesOf({ ...base, access: undefined, region: 'us-west-2', credentials });
  expect(failureOf(newAccount(rolesIn(json)), json)).toBeUndefined();
  const types = Object.values<Resource>(json.Resources).map(({ Type }) => Type);
  expect(types).toContain('AWS::SecretsManager::RotationSchedule');
  expect(types).not.toContain('AWS::SecretsManager::Secret');
});

test('an access function that was removed is added again over its kept table and log', () => {
  const account = deployed(template);
  deploy(account, stack, changedBy('no access'));
  expect(failureOf(account, template)).toMatch(/Stack-access already exists$/);
  expect(failureOf(account, template, { importExisting: true })).toBeUndefined();
  expect(KEPT.flatMap((type) => leftBehind(account, type))).toEqual([]);
});

test('a reader whose role does not exist stops the deployment, and blocks no later one', () => {
  const account = newAccount([role('portal')]);
  expect(failureOf(account, template)).toMatch(/the role .*fleet-app does not exist/);
  for (const named of rolesIn(template)) account.roles.add(named);
  expect(failureOf(account, template)).toBeUndefined();
});

test('readers of another account still read after a removed stack was deployed again', () => {
  const readers = ['arn:aws:iam::999999999999:role/their-app'];
  const [first] = adopted.credentials;
  expect(() => synthesizeChecked({ ...adopted, credentials: [{ ...first, readers }] })).not.toThrow();
});

test('the function may read by kept policies, which name it, after it is deployed again', () => {
  const rolesOf = (of: Template) =>
    Object.values(of.Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::IAM::Role' ? (Properties.RoleName ?? []) : [],
    );
  expect(rolesOf(resourcesOf(adopted))).toEqual(rolesOf(template));
  const keptPolicies = Object.values(template.Resources).filter(({ Type }) =>
    ['AWS::SecretsManager::ResourcePolicy', 'AWS::KMS::Key'].includes(Type),
  );
  // No reference to a role that goes with the stack: its name, as text.
  expect(JSON.stringify(keptPolicies)).not.toContain('ServiceFunctionRole');
  expect(JSON.stringify(keptPolicies).match(/role\/Stack-rotation-us-east-1/g)).toHaveLength(3);
});

test('a removed credential can be added again by its ARN only', () => {
  const plain = { ...departments, stackName: stack };
  const both = resourcesOf(plain);
  const account = deployed(both);
  deploy(account, stack, resourcesOf({ ...plain, credentials: [metering] }));
  expect(leftBehind(account, 'AWS::SecretsManager::Secret')).toEqual([
    'AWS::SecretsManager::Secret thingspace/fleet',
  ]);
  expect(failureOf(account, both)).toMatch(/thingspace\/fleet already exists$/);

  deleteSecretPolicies(account);
  const again = resourcesOf({ ...plain, credentials: [metering, adopted.credentials[0]] });
  expect(failureOf(account, again)).toBeUndefined();
});

test('two services live in one account, and the same service in two regions, with no name in common', () => {
  const other = configWith({ stackName: 'Other', credentials: [{ name: 'third', username: 'Third' }] });
  expect(failureOf(deployed(template), resourcesOf(other))).toBeUndefined();
  // Names of roles, policies and dashboards are one space for all regions.
  const global = (of: Template): string[] =>
    Object.values(of.Resources).flatMap(({ Properties: { RoleName, ManagedPolicyName, DashboardName } }) =>
      [RoleName, ManagedPolicyName, DashboardName].filter((name) => name !== undefined),
    );
  const there = resourcesOf({ ...base, region: 'eu-west-1' });
  expect(global(template)).toHaveLength(5);
  expect(global(there).filter((name) => global(template).includes(name))).toEqual([]);
});

test('a table that is protected from deletion would block a failed first deployment’s cleanup', () => {
  const json = changedBy('ledgerDeletionProtection');
  const failAt = Object.keys(json.Resources).at(-1) ?? '';
  expect(failureOf(newAccount(rolesIn(json)), json, { failAt })).toMatch(/deletion protection/);
});

/** A change of one of these values in a release would make each update of a deployed stack fail. */
test('the create-only properties of named resources are those of the releases before', () => {
  const names = [
    'TableName',
    'LogGroupName',
    'AliasName',
    'RoleName',
    'ManagedPolicyName',
    'DashboardName',
    'Name',
  ];
  const values = Object.values<Resource>(template.Resources)
    .filter(({ Properties = {} }) => names.some((name) => typeof Properties[name] === 'string'))
    .map(({ Type, Properties }) => {
      const { KeySchema, Description, Path } = Properties;
      const name = names.map((member) => Properties[member]).find((value) => typeof value === 'string');
      const description = Type === 'AWS::IAM::ManagedPolicy' ? Description : undefined;
      return [
        Type.replace('AWS::', ''),
        name,
        KeySchema?.map(({ AttributeName }: { AttributeName: string }) => AttributeName).join(),
        description,
        Path,
      ]
        .filter((part) => part !== undefined)
        .join(' | ');
    });
  expect(values.sort()).toMatchInlineSnapshot(`
    [
      "CloudWatch::Dashboard | Stack-us-east-1",
      "DynamoDB::Table | Stack-access | subject,item",
      "DynamoDB::Table | Stack-ledger | credential,item",
      "Events::Rule | Stack-secret-read-1",
      "IAM::ManagedPolicy | Stack-access-callers-us-east-1 | Calls ThingSpace through the access function | /",
      "IAM::ManagedPolicy | Stack-operators-us-east-1 | Operates the ThingSpace passwords of Stack with the project's tool | /",
      "IAM::Role | Stack-access-us-east-1",
      "IAM::Role | Stack-rotation-us-east-1",
      "KMS::Alias | alias/Stack-operations",
      "KMS::Alias | alias/Stack-sealing",
      "Logs::LogGroup | /thingspace/Stack/access",
      "Logs::LogGroup | /thingspace/Stack/rotation",
      "Scheduler::ScheduleGroup | Stack-daily",
      "SecretsManager::Secret | thingspace/fleet",
      "SecretsManager::Secret | thingspace/metering",
    ]
  `);
});
