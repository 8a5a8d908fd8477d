import { AwsCallError } from '../lambda/aws-call.ts';
import { type Budgets, BudgetsError, budgets as checked } from '../lambda/ledger/budgets.ts';
import {
  readSettings as readFunctionSettings,
  readThingSpace,
  SettingsError,
  type ThingSpaceSettings,
} from '../lambda/settings.ts';
import type { Account, FunctionFacts } from './account.ts';
import { SettingsDisagreeError, TargetError, UsageError } from './errors.ts';
import { concernsEveryCall, lineOf } from './failure.ts';
import { findFunction, type Where } from './find-function.ts';
import type { Options } from './options.ts';

/** All settings except those of the AWS clients. The settings that guard the limit are never guessed. */
export type Settings = {
  table: string | undefined;
  /** Undefined where no source gives its address: then the tool makes no log-in. */
  thingSpace: ThingSpaceSettings | undefined;
  alarmTopicArn: string | undefined;
  sealingKeyId: string | undefined;
  runbookUrl: string | undefined;
  /** Undefined where no source gives them: then the tool makes no log-in. */
  budgets: Budgets | undefined;
  function: FunctionFacts | undefined;
  /** Why the function could not be asked, as a sentence. */
  functionUnseen?: string | undefined;
};

const NAMES = [
  'LEDGER_TABLE',
  'ALARM_TOPIC_ARN',
  'SEALING_KEY_ID',
  'THINGSPACE_TRANSPORT',
  'THINGSPACE_BASE_URL',
  'THINGSPACE_PASSWORD_ELEMENT',
  'THINGSPACE_TOKEN_URL',
  'THINGSPACE_TOKEN_HOST_DIFFERS',
  'LOCKOUT_LIMIT',
  'LOCKOUT_BUDGET',
  'ROTATION_BUDGET',
  'RUNBOOK_URL',
] as const;
type Name = (typeof NAMES)[number];
/** By the name of the function's environment variable. */
export type Given = Partial<Record<Name, string>>;

/** Returns the settings from options and environment; an option wins. */
export function givenIn(
  options: Pick<Options, 'table' | 'baseUrl' | 'passwordElement'>,
  env: NodeJS.ProcessEnv,
): Given {
  const { table, baseUrl, passwordElement } = options;
  const given: Given = {};
  for (const name of NAMES) if (env[name]) given[name] = env[name];
  if (table !== undefined) given.LEDGER_TABLE = table;
  if (baseUrl !== undefined) given.THINGSPACE_BASE_URL = baseUrl;
  if (passwordElement !== undefined) given.THINGSPACE_PASSWORD_ELEMENT = passwordElement;
  return given;
}

/**
 * Returns the settings of the function that rotates the credential, as the function itself reads them. Given settings
 * must agree with them. Where AWS does not return the function's configuration, the given settings count alone.
 * @param warn undefined: AWS is not asked, and the given settings count alone
 * @throws SettingsDisagreeError, UsageError, FunctionNotFoundError, AwsCallError
 */
export async function findSettings(
  given: Given,
  where: Where,
  account: Account,
  warn: ((text: string) => void) | undefined,
): Promise<Settings> {
  if (!warn) return settingsOf(given, undefined);
  let found: FunctionFacts | undefined;
  let unseen: string | undefined;
  try {
    found = await findFunction(account, where);
  } catch (failure) {
    const everyCallFails = failure instanceof AwsCallError && concernsEveryCall(failure);
    // A mistyped secret fails the command itself too, with a worse sentence.
    if (given.LEDGER_TABLE === undefined || everyCallFails || failure instanceof TargetError) throw failure;
    unseen = lineOf(failure);
    warn(`The function's settings are not known, those given count alone: ${unseen}`);
  }
  if (!found) return { ...settingsOf(given, undefined), functionUnseen: unseen };
  const effective = effectiveOf(found);
  const differs = NAMES.filter((name) => given[name] !== undefined && given[name] !== effective[name]);
  if (differs.length === 0) return settingsOf(effective, found);
  const words = differs.map(
    (name) => `${name} is ${given[name]} here and ${effective[name] ?? 'not set'} in the function`,
  );
  throw new SettingsDisagreeError(
    `The given settings do not agree with the rotation function: ${words.join('; ')}. Leave them out (option, or ` +
      'environment variable of this shell), or name the credential that they belong to. No change was made.',
  );
}

function effectiveOf({ arn, environment }: FunctionFacts): Given {
  try {
    const { ledgerTable, alarmTopicArn, sealingKeyId, thingSpace, budgets, runbookUrl } =
      readFunctionSettings(environment);
    return {
      LEDGER_TABLE: ledgerTable,
      ALARM_TOPIC_ARN: alarmTopicArn,
      SEALING_KEY_ID: sealingKeyId,
      ...variablesOf(thingSpace),
      LOCKOUT_LIMIT: String(budgets.limit),
      LOCKOUT_BUDGET: String(budgets.budget),
      ROTATION_BUDGET: String(budgets.rotation),
      ...(runbookUrl === undefined ? {} : { RUNBOOK_URL: runbookUrl }),
    };
  } catch (failure) {
    if (!(failure instanceof SettingsError || failure instanceof BudgetsError)) throw failure;
    throw new UsageError(`The function ${arn} is set up wrongly and cannot rotate. ${failure.message}`);
  }
}

function variablesOf(settings: ThingSpaceSettings): Given {
  const { transport: THINGSPACE_TRANSPORT, baseUrl: THINGSPACE_BASE_URL } = settings;
  const shared = { THINGSPACE_TRANSPORT, THINGSPACE_BASE_URL };
  if (settings.transport === 'soap')
    return { ...shared, THINGSPACE_PASSWORD_ELEMENT: settings.passwordElement };
  return {
    ...shared,
    THINGSPACE_TOKEN_URL: settings.tokenUrl,
    THINGSPACE_TOKEN_HOST_DIFFERS: settings.tokenHostMayDiffer ? 'yes' : 'no',
  };
}

/** The transport is SOAP where only an address is given, as in the function. @throws UsageError */
function thingSpaceOf(given: Given): ThingSpaceSettings | undefined {
  if (given.THINGSPACE_BASE_URL === undefined) return undefined;
  try {
    return readThingSpace(given);
  } catch (failure) {
    if (!(failure instanceof SettingsError)) throw failure;
    throw new UsageError(failure.message.replace('The function’s environment', 'The given settings'));
  }
}

function settingsOf(given: Given, found: FunctionFacts | undefined): Settings {
  const { LOCKOUT_LIMIT: limit, LOCKOUT_BUDGET: budget, ROTATION_BUDGET: rotation } = given;
  const known = limit !== undefined && budget !== undefined && rotation !== undefined;
  return {
    table: given.LEDGER_TABLE,
    thingSpace: thingSpaceOf(given),
    alarmTopicArn: given.ALARM_TOPIC_ARN,
    sealingKeyId: given.SEALING_KEY_ID,
    runbookUrl: given.RUNBOOK_URL,
    budgets: known
      ? checked({ limit: Number(limit), budget: Number(budget), rotation: Number(rotation) })
      : undefined,
    function: found,
  };
}
