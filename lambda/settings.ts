import * as v from 'valibot';
import {
  DEFAULT_BASE_URL,
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_NOTICE_DAYS,
  DEFAULT_PASSWORD_ELEMENT,
  DEFAULT_REST_BASE_URL,
  DEFAULT_ROTATION_BUDGET,
  DEFAULT_TOKEN_URL,
} from './defaults.ts';
import { PresentableError } from './errors.ts';
import { type Budgets, budgets } from './ledger/budgets.ts';
import { PROXY_URL_RULE, type ProxySettings } from './proxy-settings.ts';
import { proxyIn, proxyVariables } from './proxy-variables.ts';
import { isAwsManagedKey } from './sealing/data-key.ts';
import type { RestAddresses } from './thingspace/rest/addresses.ts';
import type { SoapSettings } from './thingspace/soap/api.ts';
import { TRANSPORTS, transportOfAddress } from './transport.ts';

/** The API by which ThingSpace is called. No setting holds a bearer: it comes from the key and secret in the secret. */
export type ThingSpaceSettings =
  | ({ transport: 'soap' } & Required<SoapSettings>)
  | ({ transport: 'rest' } & RestAddresses);

export type Settings = {
  ledgerTable: string;
  alarmTopicArn: string;
  sealingKeyId: string;
  thingSpace: ThingSpaceSettings;
  /** Absent: straight to ThingSpace. */
  proxy: ProxySettings | undefined;
  budgets: Budgets;
  runbookUrl: string | undefined;
  supportContact: string | undefined;
  holdsOn: boolean;
  /** So many days before a scheduled rotation its notice is published; 0: none is. */
  noticeDays: number;
  /** As JSON: the code that reads it is loaded where there is one. */
  calendar: string | undefined;
  /** Set by Lambda itself. */
  logGroupName: string | undefined;
};

export class SettingsError extends PresentableError {
  override readonly name = 'SettingsError';
}

const text = v.pipe(v.string(), v.minLength(1));
const count = (standard: number) =>
  v.pipe(v.optional(v.string(), String(standard)), v.digits(), v.transform(Number));
/** The variables of the transport; the tool reads them from the function, too. */
const thingSpace = {
  THINGSPACE_TRANSPORT: v.optional(v.picklist(TRANSPORTS), 'soap'),
  THINGSPACE_BASE_URL: v.optional(text),
  THINGSPACE_PASSWORD_ELEMENT: v.optional(text),
  THINGSPACE_TOKEN_URL: v.optional(text),
  THINGSPACE_TOKEN_HOST_DIFFERS: v.optional(v.picklist(['yes', 'no']), 'no'),
};
const environment = v.object({
  LEDGER_TABLE: text,
  ALARM_TOPIC_ARN: text,
  SEALING_KEY_ID: v.pipe(
    text,
    v.check((keyId) => !isAwsManagedKey(keyId)),
  ),
  ...thingSpace,
  ...proxyVariables,
  LOCKOUT_LIMIT: count(DEFAULT_LOCKOUT_LIMIT),
  LOCKOUT_BUDGET: count(DEFAULT_LOCKOUT_BUDGET),
  ROTATION_BUDGET: count(DEFAULT_ROTATION_BUDGET),
  RUNBOOK_URL: v.optional(text),
  SUPPORT_CONTACT: v.optional(text),
  EXCHANGE_BRAKE: v.optional(v.picklist(['on', 'off']), 'off'),
  NOTICE_DAYS: count(DEFAULT_NOTICE_DAYS),
  CALENDAR: v.optional(text),
  AWS_LAMBDA_LOG_GROUP_NAME: v.optional(text),
});

const EXPECTED: Record<string, string> = {
  LEDGER_TABLE: 'the name of the ledger’s DynamoDB table',
  ALARM_TOPIC_ARN: 'the ARN of the SNS topic for alarms',
  SEALING_KEY_ID: 'the ARN of a customer-managed KMS key (an aws/… key cannot seal)',
  THINGSPACE_TRANSPORT: '"soap" or "rest"',
  THINGSPACE_TOKEN_HOST_DIFFERS: '"yes" or "no"',
  THINGSPACE_PROXY_URL: PROXY_URL_RULE,
  LOCKOUT_LIMIT: 'a whole number',
  LOCKOUT_BUDGET: 'a whole number',
  ROTATION_BUDGET: 'a whole number',
  EXCHANGE_BRAKE: '"on" or "off"',
  NOTICE_DAYS: 'a whole number',
  CALENDAR: 'the calendar as the stack writes it',
};

/** @throws SettingsError, BudgetsError: one sentence that names the value to set */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const set = parsed(environment, env);
  return {
    ledgerTable: set.LEDGER_TABLE,
    alarmTopicArn: set.ALARM_TOPIC_ARN,
    sealingKeyId: set.SEALING_KEY_ID,
    thingSpace: thingSpaceOf(set),
    proxy: proxyIn(set),
    budgets: budgets({
      limit: set.LOCKOUT_LIMIT,
      budget: set.LOCKOUT_BUDGET,
      rotation: set.ROTATION_BUDGET,
    }),
    runbookUrl: set.RUNBOOK_URL,
    supportContact: set.SUPPORT_CONTACT,
    holdsOn: set.EXCHANGE_BRAKE === 'on',
    noticeDays: set.NOTICE_DAYS,
    calendar: set.CALENDAR,
    logGroupName: set.AWS_LAMBDA_LOG_GROUP_NAME,
  };
}

/** Reads the proxy alone. @throws SettingsError */
export const readProxy = (env: NodeJS.ProcessEnv): ProxySettings | undefined =>
  proxyIn(parsed(v.object(proxyVariables), env));

/** Reads the transport alone. @throws SettingsError */
export function readThingSpace(env: NodeJS.ProcessEnv): ThingSpaceSettings {
  return thingSpaceOf(parsed(v.object(thingSpace), env));
}

function thingSpaceOf(set: v.InferOutput<v.ObjectSchema<typeof thingSpace, undefined>>): ThingSpaceSettings {
  const transport = set.THINGSPACE_TRANSPORT;
  const other = transportOfAddress(set.THINGSPACE_BASE_URL ?? '') ?? transport;
  if (other !== transport) {
    throw new SettingsError(
      `The function’s environment cannot be used: THINGSPACE_BASE_URL is an address of ${other.toUpperCase()}, and ` +
        `THINGSPACE_TRANSPORT is "${transport}". Set both for the same API, or leave the address out.`,
    );
  }
  if (transport === 'soap') {
    return {
      transport,
      baseUrl: set.THINGSPACE_BASE_URL ?? DEFAULT_BASE_URL,
      passwordElement: set.THINGSPACE_PASSWORD_ELEMENT ?? DEFAULT_PASSWORD_ELEMENT,
    };
  }
  return {
    transport,
    baseUrl: set.THINGSPACE_BASE_URL ?? DEFAULT_REST_BASE_URL,
    tokenUrl: set.THINGSPACE_TOKEN_URL ?? DEFAULT_TOKEN_URL,
    tokenHostMayDiffer: set.THINGSPACE_TOKEN_HOST_DIFFERS === 'yes',
  };
}

function parsed<const S extends v.GenericSchema>(schema: S, env: NodeJS.ProcessEnv): v.InferOutput<S> {
  const read = v.safeParse(schema, env);
  if (read.success) return read.output;
  const names = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? ''))];
  const wanted = names.map((name) => `${name} must be ${EXPECTED[name] ?? 'a non-empty text'}`);
  throw new SettingsError(`The function’s environment cannot be used: ${wanted.join('; ')}.`);
}
