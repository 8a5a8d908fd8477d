import { oneLine } from '../lambda/alarms/legible.ts';
import { AwsCallError } from '../lambda/aws-call.ts';
import type { Account, FunctionFacts, SecretFacts } from './account.ts';
import { atOnce } from './at-once.ts';
import { functionNotFound, TargetError } from './errors.ts';

/** The operator's choice of a deployment; it may be empty where the region has only one. */
export type Where = {
  secret?: string | undefined;
  function?: string | undefined;
  stack?: string | undefined;
};

/**
 * The rotation function: the named one, the secret's, the stack's, or the region's only one.
 * @throws FunctionNotFoundError, TargetError, AwsCallError
 */
export async function findFunction(account: Account, where: Where): Promise<FunctionFacts> {
  if (where.function !== undefined) return account.function(where.function);
  if (where.secret !== undefined) {
    const { arn, functionArn, primaryRegion } = await account
      .secret(where.secret)
      .catch(async (failure) => Promise.reject(await orNotThere(account, where.secret ?? '', failure)));
    if (functionArn !== undefined) return account.function(functionArn);
    if (primaryRegion !== undefined && primaryRegion !== arn.split(':')[3])
      throw replicaError(arn, primaryRegion);
    throw functionNotFound(
      `The secret ${arn} has no rotation function: deploy first, or name the function with --function.`,
    );
  }
  const all = await functionsOf(account);
  const ours = where.stack === undefined ? all : all.filter((one) => stackOf(one) === where.stack);
  const [only, ...others] = ours;
  if (only && others.length === 0) return only;
  if (where.stack !== undefined && !only && all.length > 0) {
    throw functionNotFound(
      `The deployment ${where.stack} does not exist in ${account.place}. Those that exist: ${all.map(stackOf).join(', ')}. Name one of these with --stack.`,
    );
  }
  const region = where.stack === undefined ? account.place : `the stack ${where.stack} (${account.place})`;
  throw functionNotFound(
    only
      ? `There are ${ours.length} deployments in ${region}: name one with --stack, --function or --secret ` +
          `(${ours.map(({ arn }) => arn.split(':')[6]).join(', ')}).`
      : `No rotation function is found in ${region}: check --region and --profile, or name the secret with --secret.`,
  );
}

const replicaError = (arn: string, primaryRegion: string): TargetError =>
  new TargetError(
    `The secret ${arn} is a replica: it can be read here, and is stored and rotated in ${primaryRegion}. Its ledger is there, too: ` +
      `add --region ${primaryRegion}. While that region is away, no log-in can be counted, and the tool makes none.`,
  );

/** The secrets that a function rotates. */
export async function secretsOf(account: Account, { arn }: FunctionFacts): Promise<SecretFacts[]> {
  const found = await account.secrets();
  return found
    .filter(({ functionArn }) => functionArn !== undefined && unqualified(functionArn) === unqualified(arn))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Says that a secret is not there, and which ones are; any other failure stays as it is. */
async function orNotThere(account: Account, secretId: string, failure: unknown): Promise<unknown> {
  if (!(failure instanceof AwsCallError) || failure.errorName !== 'ResourceNotFoundException') return failure;
  const names = await account.secrets().then(
    (secrets) => secrets.map(({ name }) => name).sort(),
    () => [],
  );
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const others =
    names.length === 0
      ? 'Check its name, --region and --profile.'
      : `Secrets that rotate here: ${shown}${more}. If it is none of these, check --region and --profile.`;
  return new TargetError(`The secret ${oneLine(secretId)} does not exist in ${account.place}. ${others}`);
}

const MAX_NAMES = 10;
const AT_ONCE = 8;

/** The name of the stack is a part of the table's. */
const stackOf = ({ environment }: FunctionFacts): string =>
  (environment.LEDGER_TABLE ?? '').replace(/-ledger$/, '');

async function functionsOf(account: Account): Promise<FunctionFacts[]> {
  const arns = new Set((await account.secrets()).flatMap(({ functionArn }) => functionArn ?? []));
  // The account may have other rotation functions, which do not concern this tool.
  const all = await atOnce(AT_ONCE, [...arns], (arn) => account.function(arn).catch(() => undefined));
  return all.filter(
    (facts) =>
      facts?.environment.LEDGER_TABLE !== undefined && facts.environment.SEALING_KEY_ID !== undefined,
  ) as FunctionFacts[];
}

/** The account with one list of its secrets for everything that asks: for a command that only looks. */
export function listingOnce(account: Account): Account {
  let listed: Promise<SecretFacts[]> | undefined;
  return {
    ...account,
    secrets() {
      listed ??= account.secrets();
      return listed;
    },
  };
}

/** Without version or alias. */
const unqualified = (arn: string): string => arn.split(':').slice(0, 7).join(':');
