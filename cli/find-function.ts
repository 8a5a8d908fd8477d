import type { Account, FunctionFacts, SecretFacts } from './account.ts';
import { FunctionNotFoundError } from './errors.ts';

/** The operator's choice of a deployment; it may be empty where the region has only one. */
export type Where = {
  secret?: string | undefined;
  function?: string | undefined;
  stack?: string | undefined;
};

/**
 * The rotation function: the named one, the secret's, the stack's, or the region's only one.
 * @throws FunctionNotFoundError, AwsCallError
 */
export async function findFunction(account: Account, where: Where): Promise<FunctionFacts> {
  if (where.function !== undefined) return account.function(where.function);
  if (where.secret !== undefined) {
    const { arn, functionArn } = await account.secret(where.secret);
    if (functionArn !== undefined) return account.function(functionArn);
    throw new FunctionNotFoundError(
      `The secret ${arn} has no rotation function: deploy first, or name the function with --function.`,
    );
  }
  const ours = await functionsOf(account, where.stack);
  const [only, ...others] = ours;
  if (only && others.length === 0) return only;
  const region = where.stack === undefined ? 'this region and account' : `the stack ${where.stack}`;
  throw new FunctionNotFoundError(
    only
      ? `There are ${ours.length} deployments in ${region}: name one with --stack, --function or --secret ` +
          `(${ours.map(({ arn }) => arn.split(':')[6]).join(', ')}).`
      : `No rotation function is found in ${region}: check --region and --profile, or name the secret with --secret.`,
  );
}

/** The secrets that a function rotates. */
export async function secretsOf(account: Account, { arn }: FunctionFacts): Promise<SecretFacts[]> {
  const found = await account.secrets();
  return found
    .filter(({ functionArn }) => functionArn !== undefined && unqualified(functionArn) === unqualified(arn))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function functionsOf(account: Account, stack: string | undefined): Promise<FunctionFacts[]> {
  const arns = new Set((await account.secrets()).flatMap(({ functionArn }) => functionArn ?? []));
  const found: FunctionFacts[] = [];
  for (const arn of arns) {
    // The account may have other rotation functions, which do not concern this tool.
    const facts = await account.function(arn).catch(() => undefined);
    const table = facts?.environment.LEDGER_TABLE;
    if (!facts || table === undefined || facts.environment.SEALING_KEY_ID === undefined) continue;
    if (stack === undefined || table === `${stack}-ledger`) found.push(facts);
  }
  return found;
}

/** Without version or alias. */
const unqualified = (arn: string): string => arn.split(':').slice(0, 7).join(':');
