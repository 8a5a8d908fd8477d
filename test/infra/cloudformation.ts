import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Resource } from './synthesize.ts';

/**
 * A model of what CloudFormation does with a template: makes, updates and replaces resources in the order of their
 * references, takes back what a failed deployment did unless a DeletionPolicy keeps it, and removes a stack. The account
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
  const had = [...account.resources].filter(([, entry]) => entry.stack === stack);
  const known = new Map(had.map(([name, entry]) => [entry.id, { name, entry }]));
  const undo: (() => void)[] = [];
  const replaced = new Set<string>();
  try {
    for (const id of inOrder(template)) {
      const resource = template.Resources?.[id] as Resource;
      const before = known.get(id);
      const change = before ? changeOf(id, before.entry.resource, resource, replaced) : 'make';
      if (change === 'none') continue;
      if (options.failAt === id) throw new DeploymentError(`${id}: refused`);
      if (before && change === 'update') {
        mustNameRoles(account, id, resource);
        account.resources.set(before.name, { ...before.entry, resource });
        undo.push(() => account.resources.set(before.name, before.entry));
        continue;
      }
      const name = make(account, stack, id, resource, options);
      undo.push(() => rollBack(account, name));
      if (before) replaced.add(id);
    }
  } catch (failure) {
    for (const step of undo.reverse()) step();
    throw failure;
  }
  for (const [name, { id, resource }] of had.reverse()) {
    if (replaced.has(id)) remove(account, name, resource.UpdateReplacePolicy);
    else if (!template.Resources?.[id]) remove(account, name, resource.DeletionPolicy);
  }
}

/** The properties whose change replaces a resource, by type: `.ci/templates` compares them with AWS's own schemas. */
const createOnly: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('create-only.json', import.meta.url), 'utf8'),
);

/**
 * Returns what an update does with a resource. A reference to a resource that was replaced has another value.
 * @throws DeploymentError for another type, which CloudFormation refuses
 */
export function changeOf(
  id: string,
  before: Resource,
  after: Resource,
  replaced: ReadonlySet<string>,
): 'none' | 'update' | 'replace' {
  if (before.Type !== after.Type) throw new DeploymentError(`${id}: its type would change`);
  const properties = createOnly[after.Type];
  if (!properties) throw new DeploymentError(`${id}: create-only.json does not know ${after.Type}`);
  const differs = (one: unknown, other: unknown) =>
    !isDeepStrictEqual(one, other) || referencesIn(other).some((reference) => replaced.has(reference));
  const { Properties: was } = before;
  const { Properties: is } = after;
  if (!differs(was, is)) return 'none';
  const names = properties.map((pointer) => pointer.split('/')[2] ?? '');
  return names.some((name) => differs(was?.[name], is?.[name])) ? 'replace' : 'update';
}

/** `cdk destroy` */
export function destroy(account: Account, stack: string, template: Template): void {
  const names = [...account.resources].filter(([, entry]) => entry.stack === stack);
  const order = inOrder(template).reverse();
  names.sort(([, a], [, b]) => order.indexOf(a.id) - order.indexOf(b.id));
  for (const [name, { resource }] of names) remove(account, name, resource.DeletionPolicy);
}

/** The roles that the policies of a template name as principals. */
export const rolesIn = ({ Resources = {} }: Template): string[] =>
  Object.values(Resources).flatMap(namedPrincipals);

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

/** @throws DeploymentError for a policy that names a role which does not exist */
function mustNameRoles(account: Account, id: string, resource: Resource): void {
  for (const role of namedPrincipals(resource)) {
    if (!account.roles.has(role)) throw new DeploymentError(`${id}: the role ${role} does not exist`);
  }
}

function make(
  account: Account,
  stack: string,
  id: string,
  resource: Resource,
  options: DeployOptions,
): string {
  mustNameRoles(account, id, resource);
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
  const order = new Set<string>();
  const visit = (id: string) => {
    if (order.has(id) || !(id in Resources)) return;
    const { DependsOn = [], Properties } = Resources[id] as Resource;
    for (const needed of [DependsOn].flat().concat(referencesIn(Properties))) visit(needed);
    order.add(id);
  };
  for (const id of Object.keys(Resources)) visit(id);
  return [...order];
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
