import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  DEFAULT_BASE_URL,
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_REST_BASE_URL,
} from '../defaults.ts';
import { PresentableError } from '../errors.ts';
import type { ProxySettings } from '../proxy-settings.ts';
import { proxyIn, proxyVariables } from '../proxy-variables.ts';
import type { Transport } from '../thingspace/api.ts';
import { TRANSPORTS } from '../transport.ts';
import type { Policy } from './policy.ts';
import { reliesOnRolePath } from './principal.ts';

/** The file beside the bundle, made and checked when the stack is synthesized (`infra/function-asset.ts`). */
export type AccessFile = {
  policy: Policy;
  /** By a credential's name: its secret's name or ARN. */
  secrets: Record<string, string>;
  /** By a credential's name: the ThingSpace username in its secret. */
  usernames: Record<string, string>;
  retentionDays: number;
  requestsPerMinute: number;
};

export type Settings = AccessFile & {
  serviceName: string;
  auditTable: string;
  ledgerTable: string;
  sealingKeyId: string;
  alarmTopicArn: string;
  transport: Transport;
  baseUrl: string;
  /** REST only; the published one where it is left out. */
  tokenUrl: string | undefined;
  tokenHostMayDiffer: boolean;
  proxy: ProxySettings | undefined;
  lockoutLimit: number;
  lockoutBudget: number;
};

/** The function cannot work as it was deployed. */
export class AccessSettingsError extends PresentableError {
  override readonly name = 'AccessSettingsError';
}

export const ACCESS_FILE = 'access.json';

const text = v.pipe(v.string(), v.minLength(1));
const patterns = v.array(text);
/** More of a key is checked when the stack is synthesized. */
const issuerKey = v.looseObject({ kty: text, kid: text });
const userTokens = v.object({
  speakers: patterns,
  issuer: text,
  audience: text,
  keys: v.object({ keys: v.array(issuerKey) }),
  userClaim: v.optional(text, 'sub'),
  groupsClaim: v.optional(text),
});
export const policyShape = v.object({
  rules: v.array(
    v.object({
      name: text,
      principals: patterns,
      credentials: patterns,
      operations: patterns,
      services: v.optional(patterns),
      users: v.optional(patterns),
      personGroups: v.optional(patterns),
      persons: v.optional(patterns),
      accounts: v.optional(patterns),
      groups: v.optional(patterns),
    }),
  ),
  speakers: v.optional(patterns, []),
  personsBySessionName: v.optional(patterns),
  userTokens: v.optional(userTokens),
  observeOnly: v.optional(v.boolean()),
});
const file = v.object({
  policy: policyShape,
  secrets: v.record(text, text),
  usernames: v.optional(v.record(text, text), {}),
  retentionDays: v.pipe(v.number(), v.minValue(1)),
  requestsPerMinute: v.pipe(v.number(), v.minValue(1)),
});
const count = (standard: number) =>
  v.pipe(v.optional(v.string(), String(standard)), v.digits(), v.transform(Number));
const environment = v.object({
  SERVICE_NAME: text,
  ACCESS_TABLE: text,
  LEDGER_TABLE: text,
  SEALING_KEY_ID: text,
  ALARM_TOPIC_ARN: text,
  THINGSPACE_TRANSPORT: v.optional(v.picklist(TRANSPORTS), 'soap'),
  THINGSPACE_BASE_URL: v.optional(text),
  THINGSPACE_TOKEN_URL: v.optional(text),
  THINGSPACE_TOKEN_HOST_DIFFERS: v.optional(v.picklist(['yes', 'no']), 'no'),
  ...proxyVariables,
  LOCKOUT_LIMIT: count(DEFAULT_LOCKOUT_LIMIT),
  LOCKOUT_BUDGET: count(DEFAULT_LOCKOUT_BUDGET),
});

const ADDRESS: Record<Transport, string> = { soap: DEFAULT_BASE_URL, rest: DEFAULT_REST_BASE_URL };

/**
 * @param directory where the bundle and its access.json are
 * @throws AccessSettingsError
 */
export function readSettings(env: NodeJS.ProcessEnv, directory: URL): Settings {
  const read = v.safeParse(environment, env);
  if (!read.success) {
    const names = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? ''))].join(', ');
    throw new AccessSettingsError(`The access function’s environment cannot be used: write ${names}.`);
  }
  const set = read.output;
  return {
    ...readFile(new URL(ACCESS_FILE, directory)),
    serviceName: set.SERVICE_NAME,
    auditTable: set.ACCESS_TABLE,
    ledgerTable: set.LEDGER_TABLE,
    sealingKeyId: set.SEALING_KEY_ID,
    alarmTopicArn: set.ALARM_TOPIC_ARN,
    transport: set.THINGSPACE_TRANSPORT,
    baseUrl: set.THINGSPACE_BASE_URL ?? ADDRESS[set.THINGSPACE_TRANSPORT],
    tokenUrl: set.THINGSPACE_TOKEN_URL,
    tokenHostMayDiffer: set.THINGSPACE_TOKEN_HOST_DIFFERS === 'yes',
    proxy: proxyIn(set),
    lockoutLimit: set.LOCKOUT_LIMIT,
    lockoutBudget: set.LOCKOUT_BUDGET,
  };
}

function readFile(url: URL): AccessFile {
  const read = parseFile(url);
  const { rules, speakers, personsBySessionName = [], userTokens } = read.policy;
  const named = [
    ...rules.flatMap(({ principals }) => principals),
    ...[...speakers, ...personsBySessionName, ...(userTokens?.speakers ?? [])],
  ];
  const wide = named.find(reliesOnRolePath);
  if (wide === undefined) return read;
  throw new AccessSettingsError(
    `The policy names ${wide}, which would mean roles of every path: AWS names a caller without it. Write the whole name of the role, or leave its path out, and deploy again.`,
  );
}

function parseFile(url: URL): AccessFile {
  try {
    return v.parse(file, JSON.parse(readFileSync(url, 'utf8')));
  } catch {
    throw new AccessSettingsError(
      `The file ${ACCESS_FILE} beside the access function cannot be used: nothing is allowed without it. Deploy again.`,
    );
  }
}
