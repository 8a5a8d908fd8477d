import { type Budgets, budgets } from '../lambda/ledger/budgets.ts';
import { UsageError } from './errors.ts';

export type Settings = {
  table: string;
  baseUrl: string;
  passwordElement: string;
  alarmTopicArn: string | undefined;
  runbookUrl: string | undefined;
  budgets: Budgets;
  /** Undefined leaves it to the SDK's own environment and configuration. */
  region: string | undefined;
};

/** The options as commander gives them; those with an environment variable have its value already. */
export type CommonOptions = {
  secret?: string;
  table?: string;
  baseUrl?: string;
  passwordElement?: string;
};

export const DEFAULT_BASE_URL = 'https://uws.apps.nphase.com/api/v2';
export const DEFAULT_PASSWORD_ELEMENT = 'OldPassword';

/**
 * The rotation function's settings, from the same environment variables.
 * @throws UsageError, BudgetsError: one sentence that says what to write
 */
export function readSettings(options: CommonOptions, env: NodeJS.ProcessEnv): Settings {
  if (!options.table) {
    throw new UsageError(
      'Name the ledger’s DynamoDB table: --table <name>, or LEDGER_TABLE in the environment.',
    );
  }
  return {
    table: options.table,
    baseUrl: options.baseUrl ?? DEFAULT_BASE_URL,
    passwordElement: options.passwordElement ?? DEFAULT_PASSWORD_ELEMENT,
    alarmTopicArn: env.ALARM_TOPIC_ARN || undefined,
    runbookUrl: env.RUNBOOK_URL || undefined,
    budgets: budgets({
      limit: count(env, 'LOCKOUT_LIMIT', 5),
      budget: count(env, 'LOCKOUT_BUDGET', 3),
      rotation: count(env, 'ROTATION_BUDGET', 2),
    }),
    // The table and the key are beside the secret.
    region: /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(options.secret ?? '')?.[1],
  };
}

function count(env: NodeJS.ProcessEnv, name: string, standard: number): number {
  const written = env[name];
  return written === undefined || written === '' ? standard : Number(written);
}
