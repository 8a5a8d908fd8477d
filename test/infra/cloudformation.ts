import type { Resource } from './synthesize.ts';

/**
 * A model of what CloudFormation does with a template: makes resources in the order of their references, takes
 * back what a failed deployment made unless its DeletionPolicy keeps it, and removes a stack. The account
 * refuses a second resource of the same physical name, and deletions that AWS refuses.
 */
export type Account = {
  /** By physical name, or by a number where CloudFormation gives the name. */
  resources: Map<string, Made>;
  /** Roles that policies may name: those of apps. */
  roles: Set<string>;
};

export type Made = { stack: string | undefined; id: string; resource: Resource };
type Template = { Resources?: Record<string, Resource> };

export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

export const newAccount = (roles: string[]): Account => ({ resources: new Map(), roles: new Set(roles) });

/** Options of `cdk deploy`: import resources that have the same name, fail at a resource. */
export type DeployOptions = { importExisting?: boolean; failAt?: string };

/**
 * Makes or updates a stack.
 * @throws DeploymentError when a resource cannot be made (all is rolled back then), or not even rolled back
 */
export function deploy(
  account: Account,
  stack: string,
  template: Template,
  options: DeployOptions = {},
): void {
  const made: string[] = [];
  const had = new Map([...account.resources].filter(([, entry]) => entry.stack === stack));
  const known = new Set([...had.values()].map(({ id }) => id));
  try {
    for (const id of inOrder(template)) {
      if (known.has(id)) continue;
      const resource = template.Resources?.[id] as Resource;
      if (options.failAt === id) throw new DeploymentError(`${id}: refused`);
      made.push(make(account, stack, id, resource, options));
    }
  } catch (failure) {
    for (const name of made.reverse()) rollBack(account, name);
    throw failure;
  }
  for (const [name, { id, resource }] of [...had].reverse()) {
    if (!template.Resources?.[id]) remove(account, name, resource.DeletionPolicy);
  }
}

/** `cdk destroy` */
export function destroy(account: Account, stack: string, template: Template): void {
  const names = [...account.resources].filter(([, entry]) => entry.stack === stack);
  const order = inOrder(template).reverse();
  names.sort(([, a], [, b]) => order.indexOf(a.id) - order.indexOf(b.id));
  for (const [name, { resource }] of names) remove(account, name, resource.DeletionPolicy);
}

/** Resources that no stack owns any longer, by type. */
export function leftBehind(account: Account, type: string): string[] {
  return [...account.resources]
    .filter(([, { stack, resource }]) => stack === undefined && resource.Type === type)
    .map(([name]) => name);
}

/** `aws secretsmanager delete-resource-policy` */
export function deleteSecretPolicies(account: Account): void {
  for (const name of leftBehind(account, 'AWS::SecretsManager::ResourcePolicy'))
    account.resources.delete(name);
}

let serial = 0;

function make(
  account: Account,
  stack: string,
  id: string,
  resource: Resource,
  options: DeployOptions,
): string {
  for (const role of namedPrincipals(resource)) {
    if (!account.roles.has(role)) throw new DeploymentError(`${id}: the role ${role} does not exist`);
  }
  const name = physicalName(resource, id, stack);
  const existing = account.resources.get(name);
  if (existing) {
    const adoptable = options.importExisting && existing.stack === undefined && hasImportableName(resource);
    if (!adoptable) throw new DeploymentError(`${id}: ${name} already exists`);
  }
  account.resources.set(name, { stack, id, resource });
  return name;
}

function rollBack(account: Account, name: string): void {
  const entry = account.resources.get(name) as Made;
  // `Retain` keeps even the resources that a failed creation has just made.
  remove(account, name, entry.resource.DeletionPolicy === 'Retain' ? 'Retain' : 'Delete');
}

function remove(account: Account, name: string, policy: string | undefined): void {
  const entry = account.resources.get(name) as Made;
  if (policy === 'Retain' || policy === 'RetainExceptOnCreate') {
    account.resources.set(name, { ...entry, stack: undefined });
    return;
  }
  if (entry.resource.Properties.DeletionProtectionEnabled) {
    throw new DeploymentError(`${entry.id}: deletion protection`);
  }
  if (entry.resource.Type === 'AWS::SecretsManager::Secret' && policyOn(account, entry.id)) {
    throw new DeploymentError(`${entry.id}: its policy refuses DeleteSecret`);
  }
  account.resources.delete(name);
}

/** The resource policy of a secret, while it stands. */
const policyOn = (account: Account, secretId: string): boolean =>
  [...account.resources.values()].some(
    ({ resource }) =>
      resource.Type === 'AWS::SecretsManager::ResourcePolicy' &&
      resource.Properties.SecretId?.Ref === secretId,
  );

const namedBy: Record<string, string> = {
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
};

function physicalName(resource: Resource, id: string, stack: string): string {
  const { Type, Properties } = resource;
  if (Type === 'AWS::SecretsManager::ResourcePolicy')
    return `policy of ${JSON.stringify(Properties.SecretId)}`;
  const name = Properties?.[namedBy[Type] ?? ''];
  serial += 1;
  return name === undefined ? `${stack}-${id}-${serial}` : `${Type} ${name}`;
}

/** The primary identifier must be in the template: a secret's is its ARN, which is not. */
const hasImportableName = ({ Type }: Resource) =>
  ['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup'].includes(Type);

/** Roles that a policy names as principals: AWS refuses a policy that names one which does not exist. */
function namedPrincipals({ Type, Properties }: Resource): string[] {
  const policy =
    Type === 'AWS::SecretsManager::ResourcePolicy' ? Properties.ResourcePolicy : Properties?.KeyPolicy;
  const statements: { Principal?: { AWS?: unknown } }[] = policy?.Statement ?? [];
  return statements
    .flatMap(({ Principal }) => [Principal?.AWS].flat())
    .filter((principal) => typeof principal === 'string')
    .filter((principal) => principal.includes(':role/'));
}

function inOrder({ Resources = {} }: Template): string[] {
  const order: string[] = [];
  const visit = (id: string) => {
    if (order.includes(id) || !(id in Resources)) return;
    const { DependsOn = [], Properties } = Resources[id] as Resource;
    for (const needed of [DependsOn].flat().concat(referencesIn(Properties))) visit(needed);
    if (!order.includes(id)) order.push(id);
  };
  for (const id of Object.keys(Resources)) visit(id);
  return order;
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'Ref') return [String(inner)];
    if (name === 'Fn::GetAtt') return [String(inner[0])];
    return referencesIn(inner);
  });
}
