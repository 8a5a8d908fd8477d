import type { ProxySettings } from '../../lambda/proxy-settings.ts';
import type { LedgerSettings } from '../../lambda/session/create-session.ts';
import {
  readProxy,
  readSettings,
  readThingSpace,
  SettingsError,
  type ThingSpaceSettings,
} from '../../lambda/settings.ts';
import { UsageError } from '../errors.ts';

export type AgentSettings = {
  thingSpace: ThingSpaceSettings;
  proxy: ProxySettings | undefined;
  ledger: LedgerSettings | undefined;
};

/**
 * Reads the variables that the rotation function has, too: an agent needs no right on the function.
 * @throws UsageError, BudgetsError
 */
export function readAgentSettings(env: NodeJS.ProcessEnv, withoutLedger: boolean): AgentSettings {
  if (withoutLedger && env.LEDGER_TABLE) {
    throw new UsageError('LEDGER_TABLE is set: leave out --without-ledger, or the variable.');
  }
  try {
    return withoutLedger
      ? { thingSpace: readThingSpace(env), proxy: readProxy(env), ledger: undefined }
      : withLedger(env);
  } catch (failure) {
    if (!(failure instanceof SettingsError)) throw failure;
    const message = failure.message.replace('The function’s environment', 'The agent’s environment');
    const hint = env.LEDGER_TABLE || withoutLedger ? '' : NO_LEDGER;
    throw new UsageError(`${message}${hint}`);
  }
}

function withLedger(env: NodeJS.ProcessEnv): AgentSettings {
  const { thingSpace, proxy, ledgerTable, sealingKeyId, alarmTopicArn, budgets } = readSettings(env);
  return {
    thingSpace,
    proxy,
    ledger: {
      ...{ table: ledgerTable, sealingKeyId, alarmTopicArn },
      ...{ lockoutLimit: budgets.limit, lockoutBudget: budgets.budget },
    },
  };
}

/** Five agents with a wrong password, each without a ledger, lock the username: an operator says that it is meant. */
const NO_LEDGER =
  ' The stack’s outputs LedgerTable, AlarmTopicArn and SealingKeyArn have the values. Where the agent cannot reach the ' +
  'ledger, give --without-ledger: it then knows neither the other programs’ log-ins nor a rotation.';
