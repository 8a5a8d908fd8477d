import {
  DEFAULT_BASE_URL,
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_PASSWORD_ELEMENT,
  DEFAULT_ROTATION_BUDGET,
} from '../lambda/defaults.ts';
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
      limit: count(env, 'LOCKOUT_LIMIT', DEFAULT_LOCKOUT_LIMIT),
      budget: count(env, 'LOCKOUT_BUDGET', DEFAULT_LOCKOUT_BUDGET),
      rotation: count(env, 'ROTATION_BUDGET', DEFAULT_ROTATION_BUDGET),
    }),
    // The table and the key are beside the secret.
    region: /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(options.secret ?? '')?.[1],
  };
}

function count(env: NodeJS.ProcessEnv, name: string, standard: number): number {
  const written = env[name];
  return written === undefined || written === '' ? standard : Number(written);
}
