import * as v from 'valibot';
import {
  DEFAULT_BASE_URL,
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_PASSWORD_ELEMENT,
  DEFAULT_ROTATION_BUDGET,
} from './defaults.ts';
import { PresentableError } from './errors.ts';
import { type Budgets, budgets } from './ledger/budgets.ts';
import { isAwsManagedKey } from './sealing/data-key.ts';

export type Settings = {
  ledgerTable: string;
  alarmTopicArn: string;
  sealingKeyId: string;
  thingSpace: { baseUrl: string; passwordElement: string };
  budgets: Budgets;
  runbookUrl: string | undefined;
  supportContact: string | undefined;
  holdsOn: boolean;
  /** Set by Lambda itself. */
  logGroupName: string | undefined;
};

export class SettingsError extends PresentableError {
  override readonly name = 'SettingsError';
}

const text = v.pipe(v.string(), v.minLength(1));
const count = (standard: number) =>
  v.pipe(v.optional(v.string(), String(standard)), v.digits(), v.transform(Number));
const environment = v.object({
  LEDGER_TABLE: text,
  ALARM_TOPIC_ARN: text,
  SEALING_KEY_ID: v.pipe(
    text,
    v.check((keyId) => !isAwsManagedKey(keyId)),
  ),
  THINGSPACE_TRANSPORT: v.optional(v.literal('soap'), 'soap'),
  THINGSPACE_BASE_URL: v.optional(text, DEFAULT_BASE_URL),
  THINGSPACE_PASSWORD_ELEMENT: v.optional(text, DEFAULT_PASSWORD_ELEMENT),
  LOCKOUT_LIMIT: count(DEFAULT_LOCKOUT_LIMIT),
  LOCKOUT_BUDGET: count(DEFAULT_LOCKOUT_BUDGET),
  ROTATION_BUDGET: count(DEFAULT_ROTATION_BUDGET),
  RUNBOOK_URL: v.optional(text),
  SUPPORT_CONTACT: v.optional(text),
  EXCHANGE_BRAKE: v.optional(v.picklist(['on', 'off']), 'off'),
  AWS_LAMBDA_LOG_GROUP_NAME: v.optional(text),
});

const EXPECTED: Record<string, string> = {
  LEDGER_TABLE: 'the name of the ledger’s DynamoDB table',
  ALARM_TOPIC_ARN: 'the ARN of the SNS topic for alarms',
  SEALING_KEY_ID: 'the ARN of a customer-managed KMS key (an aws/… key cannot seal)',
  THINGSPACE_TRANSPORT: '"soap"',
  LOCKOUT_LIMIT: 'a whole number',
  LOCKOUT_BUDGET: 'a whole number',
  ROTATION_BUDGET: 'a whole number',
  EXCHANGE_BRAKE: '"on" or "off"',
};

/** @throws SettingsError, BudgetsError: one sentence that names the value to set */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const read = v.safeParse(environment, env);
  if (!read.success) {
    const names = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? ''))];
    const wanted = names.map((name) => `${name} must be ${EXPECTED[name] ?? 'a non-empty text'}`);
    throw new SettingsError(`The function’s environment cannot be used: ${wanted.join('; ')}.`);
  }
  const set = read.output;
  return {
    ledgerTable: set.LEDGER_TABLE,
    alarmTopicArn: set.ALARM_TOPIC_ARN,
    sealingKeyId: set.SEALING_KEY_ID,
    thingSpace: { baseUrl: set.THINGSPACE_BASE_URL, passwordElement: set.THINGSPACE_PASSWORD_ELEMENT },
    budgets: budgets({
      limit: set.LOCKOUT_LIMIT,
      budget: set.LOCKOUT_BUDGET,
      rotation: set.ROTATION_BUDGET,
    }),
    runbookUrl: set.RUNBOOK_URL,
    supportContact: set.SUPPORT_CONTACT,
    holdsOn: set.EXCHANGE_BRAKE === 'on',
    logGroupName: set.AWS_LAMBDA_LOG_GROUP_NAME,
  };
}
