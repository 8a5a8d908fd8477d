import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createAlarms } from '../alarms/publish.ts';
import { DEFAULT_LOCKOUT_BUDGET, DEFAULT_LOCKOUT_LIMIT, DEFAULT_ROTATION_BUDGET } from '../defaults.ts';
import { budgets } from '../ledger/budgets.ts';
import { dynamoDbItems } from '../ledger/dynamodb.ts';
import { createLedger } from '../ledger/ledger.ts';
import { credentialKey } from '../ledger/state.ts';
import { isProxyUrl, PROXY_URL_RULE, type ProxySettings } from '../proxy-settings.ts';
import { secretsManagerStore } from '../secret/secrets-manager.ts';
import { USERNAME_RULE, usernameFault } from '../secret/username.ts';
import type { Send } from '../thingspace/http-call.ts';
import { sendThroughProxy } from '../through-proxy.ts';
import { lasts } from './aws-away.ts';
import { type AwsClientConfig, type AwsClients, awsClients, type MadeClients } from './aws-clients.ts';
import { bearersOf } from './bearers.ts';
import { SessionSettingsError } from './errors.ts';
import { fleetSource } from './fleet-source.ts';
import { ledgerGuard, memoryGuard } from './guards.ts';
import { type Session, type SessionHolder, sessionOver } from './session.ts';
import { dynamoDbSessions, type Place } from './session-store.ts';
import { type OnEvent, ownSource, quietly, type SessionEvent } from './source.ts';
import { type ThingSpaceSettings, thingSpaceOf } from './thingspace.ts';
import { kmsTokenSealer } from './token-sealer.ts';
import { clientClock } from './waiting.ts';

export type LedgerSettings = {
  /** Name of the ledger's DynamoDB table. */
  table: string;
  /** The KMS key that seals the fleet's session. Without it each process has a session of its own. */
  sealingKeyId?: string | undefined;
  /**
   * The topic on which a failed log-in is announced at once. Without it the rotation function announces it at its next
   * run.
   */
  alarmTopicArn?: string | undefined;
  /** Consecutive failures that lock the username. @default 5 */
  lockoutLimit?: number | undefined;
  /** Failures, known or possible, at which log-ins stop; as the rotation function has it. @default 3 */
  lockoutBudget?: number | undefined;
};

export type SessionSettings = ThingSpaceSettings & {
  /** ARN of the secret (its name will do within the account). */
  secretId: string;
  /** The app's name, for alarms and the audit trail; printable, nothing secret. */
  actor: string;
  /**
   * The shared ledger; it needs rights on its table (docs/apps.md). Without it, log-ins are counted in memory, for this
   * process alone.
   */
  ledger?: LedgerSettings | undefined;
  /**
   * The ThingSpace username in the secret, over SOAP and with a sealing key. With it a process joins the fleet's session
   * without reading the secret: also while Secrets Manager is away. Over REST each process needs the secret's key.
   */
  username?: string | undefined;
  /** How long a caller waits for a session, through a rotation for example. @default 30_000 */
  patienceMs?: number | undefined;
  /** An HTTP proxy before ThingSpace. The calls to AWS do not go through it. @default straight to ThingSpace */
  proxy?: ProxySettings | undefined;
  /** Called for every event, for metrics and logs. An error that it throws is dropped. */
  onEvent?: ((event: SessionEvent) => void) | undefined;
  /**
   * Whether an error of `withSession`'s function says that the session is gone. Over REST it is not asked about an
   * answer with the status 401. @default `saysSessionGone`, which then also reads an unread `Response` in the error
   */
  saysSessionGone?: ((error: unknown) => boolean) | undefined;
  /** Your AWS clients; `close` leaves them open. @default made by the library, with `clientConfig` */
  clients?: AwsClients | undefined;
  /** For the AWS clients that the library makes: another region, an assumed role. @default from the environment */
  clientConfig?: AwsClientConfig | undefined;
};

/** A holder is given its sender. */
type HolderSettings = Omit<SessionSettings, 'proxy'>;

const DEFAULT_PATIENCE_MS = 30_000;

/**
 * Creates a session of the username in a secret. It reads and sends nothing before the first token is asked for.
 * @throws SessionSettingsError, BaseUrlError, TokenHostError, BudgetsError for settings that cannot work
 */
export function createSession({ proxy, ...settings }: SessionSettings): Session {
  if (proxy === undefined) return sessionWith(settings, 0);
  if (!isProxyUrl(proxy.url)) throw new SessionSettingsError(`\`proxy.url\` must be ${PROXY_URL_RULE}.`);
  return sessionWith(settings, 0, (secretsManager) => sendThroughProxy(proxy, secretsManager));
}

/**
 * A program that says "gone" after every error costs two log-ins in this time, and callers with default patience wait. A
 * rotation ends two sessions within seconds.
 */
export const LOG_IN_PAIR_MS = 20_000;

/** The same, for a process that hands the session out to programs. @param send through a proxy, where there is one */
export const createSessionHolder = (settings: HolderSettings, send?: Send): SessionHolder =>
  sessionWith(settings, LOG_IN_PAIR_MS, () => send);

function sessionWith(
  settings: HolderSettings,
  pairMs: number,
  senderOver?: (secretsManager: SecretsManagerClient) => Send | undefined,
): SessionHolder {
  requireSettings(settings);
  const { ledger, secretId, username } = settings;
  const aws = awsClients(settings.clients, settings.clientConfig);
  const clock = clientClock;
  const onEvent = quietly(settings.onEvent);
  const secretsManager = aws.secretsManager();
  const store = secretsManagerStore(secretsManager);
  const { api, rest, itemOf } = thingSpaceOf(settings, clock, senderOver?.(secretsManager));
  // Over REST each process needs the secret's key.
  const byName =
    rest || username === undefined ? undefined : { secretId, place: placeOf(username, itemOf({})) };
  const dynamodb = ledger && aws.dynamodb();
  const guard =
    ledger && dynamodb
      ? ledgerGuard({ ledger: ledgerOf(ledger, dynamodb, aws, onEvent), api, clock }, settings.actor)
      : memoryGuard(api, clock);
  const parts = {
    logIn: { store, secretId, clock, guard },
    clock,
    random: Math.random,
    onEvent,
  };
  const source =
    dynamodb && ledger?.sealingKeyId
      ? fleetSource({
          ...parts,
          pairMs,
          itemOf,
          byName,
          store: dynamoDbSessions(dynamodb, ledger.table),
          sealer: kmsTokenSealer(aws.kms(), ledger.sealingKeyId),
        })
      : ownSource(parts);
  return sessionOver({
    source,
    bearers: rest && bearersOf(rest, clock),
    clock,
    patienceMs: settings.patienceMs ?? DEFAULT_PATIENCE_MS,
    saysSessionGone: settings.saysSessionGone,
    onEvent,
    closeClients: aws.closeMade,
  });
}

/** @throws SessionSettingsError for a username that no log-in uses */
function placeOf(username: string, item: string): Place {
  const fault = usernameFault(username);
  if (fault !== undefined) {
    throw new SessionSettingsError(`\`username\` cannot be used: ${fault}, and ${USERNAME_RULE}.`);
  }
  return { credential: credentialKey(username), item };
}

function ledgerOf(ledger: LedgerSettings, dynamodb: DynamoDBClient, aws: MadeClients, onEvent: OnEvent) {
  const { lockoutLimit = DEFAULT_LOCKOUT_LIMIT, lockoutBudget = DEFAULT_LOCKOUT_BUDGET } = ledger;
  const { alarmTopicArn: topicArn } = ledger;
  return createLedger({
    items: dynamoDbItems(dynamodb, ledger.table),
    // Without a topic, alarms stay in the outbox: the next process that may publish does so at its next run.
    alarms:
      topicArn === undefined
        ? { publish: async () => 'failed' }
        : createAlarms({
            sns: aws.sns(),
            topicArn,
            onFailure: (_event, { message }) => onEvent({ kind: 'warning', message }),
          }),
    metrics: { count: () => undefined, gauge: () => undefined },
    clock: clientClock,
    budgets: budgets({
      limit: lockoutLimit,
      budget: lockoutBudget,
      rotation: Math.min(DEFAULT_ROTATION_BUDGET, lockoutBudget),
    }),
    warn: (message) => onEvent({ kind: 'warning', message }),
    lasts,
  });
}

/**
 * Requires the settings that every call needs. Most come from environment variables, and one that is not set would fail
 * late, in words of AWS; an attempt without an actor would stop the ledger for everybody.
 * @throws SessionSettingsError, which names the setting and what to give
 */
function requireSettings({ secretId, actor, ledger }: HolderSettings): void {
  mustHaveText('secretId', secretId, 'the ARN or the name of the secret');
  mustHaveText('actor', actor, 'the app’s name, for alarms and the audit trail');
  if (ledger === undefined) return;
  mustHaveText('ledger.table', ledger.table, 'the name of the ledger’s DynamoDB table');
  const { sealingKeyId, alarmTopicArn } = ledger;
  if (sealingKeyId !== undefined)
    mustHaveText('ledger.sealingKeyId', sealingKeyId, 'the ARN of the sealing key, or leave it out');
  if (alarmTopicArn !== undefined)
    mustHaveText('ledger.alarmTopicArn', alarmTopicArn, 'the ARN of the alarm topic, or leave it out');
}

function mustHaveText(name: string, value: unknown, wanted: string): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  const state = value === undefined ? 'not set' : typeof value === 'string' ? 'empty' : 'not a text';
  throw new SessionSettingsError(
    `\`${name}\` is ${state}: give createSession ${wanted}. If it comes from an environment variable, look whether this ` +
      'process has that variable.',
  );
}
