import { hostname } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { AWS_CLIENT } from '../lambda/aws-client.ts';
import { createSessionHolder, type SessionSettings } from '../lambda/session/create-session.ts';
import { SessionClosedError } from '../lambda/session/errors.ts';
import type { SessionHolder } from '../lambda/session/session.ts';
import { sendThroughProxy } from '../lambda/through-proxy.ts';
import { writeAddress } from './agent/address-file.ts';
import { type AgentCredential, readCredentials } from './agent/credentials.ts';
import { openDoor } from './agent/door.ts';
import { firstSignal } from './agent/first-signal.ts';
import { failureWords, type Held } from './agent/held.ts';
import { type AgentLog, agentLog, wordsOf } from './agent/log.ts';
import { type AgentSettings, readAgentSettings } from './agent/settings.ts';
import { readToken } from './agent/token-file.ts';
import type { Terminal } from './desk.ts';
import { UsageError } from './errors.ts';

/** Options of `agent`, as commander gives them. */
export type AgentOptions = {
  secret?: string[];
  tokenFile: string;
  addressFile?: string;
  port?: string;
  actor?: string;
  username?: string;
  patience?: string;
  withoutLedger?: boolean;
  profile?: string;
  region?: string;
  endpoint?: string;
  json?: boolean;
};

/** How long requests under way may take when the agent stops. */
const GRACE_MS = 10_000;
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:([\w-]+):/;
/** A log-in that is under way ends and is recorded: ended in between, it would count as one that may have failed. */
const LAST_MS = 60_000;

/**
 * Holds the sessions of the given credentials, and gives them to programs on this machine until a signal ends it.
 * @throws UsageError, FileError, PortError, and the errors of settings that cannot work
 */
export async function agent(
  terminal: Terminal,
  options: AgentOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const credentials = readCredentials(options.secret ?? []);
  const settings = readAgentSettings(env, options.withoutLedger ?? false);
  const port = portIn(options.port);
  const actor = actorIn(options.actor);
  const log = agentLog((line) => terminal.warn(line), Date.now, options.json);
  const clients = await clientsFor(credentials, options);
  const patienceMs = patienceIn(options.patience);
  const username = usernameIn(options.username, credentials);
  const sessions = hold(credentials, { settings, actor, clients, log, patienceMs, username });
  const stopped = firstSignal(process);
  const undo: (() => unknown)[] = [() => endSessions(sessions, log)];
  try {
    const token = readToken(options.tokenFile);
    undo.push(token.remove);
    const door = await openDoor({ port, token: token.token, sessions, log, nowMs: Date.now });
    undo.push(() => door.close(GRACE_MS));
    if (options.addressFile !== undefined) undo.push(writeAddress(options.addressFile, door.address));
    terminal.say(listening(door.address, sessions, options));
    for (const { name, secretId } of credentials) {
      log.say('started', `holds a session of ${secretId} ${wordsFor(settings)}, as "${actor}"`, name);
    }
    for (const one of sessions.values()) void warmUp(one, log);
    log.say('stopping', `stops (${await stopped}): takes no new requests, and ends those under way`);
  } finally {
    for (const step of undo.reverse()) await step();
  }
  log.say('stopped', 'has stopped');
}

/** Lets a log-in that is under way end. */
async function endSessions(sessions: ReadonlyMap<string, Own>, log: AgentLog): Promise<void> {
  const late = () => {
    log.say(
      'stopped',
      'has stopped before a log-in had ended: the ledger counts it as one that may have failed',
    );
    process.exit();
  };
  setTimeout(late, LAST_MS).unref();
  await Promise.all([...sessions.values()].map(({ holder }) => holder.close()));
}

/** A session that this process has made, and ends. */
type Own = Held & { holder: SessionHolder };

type Parts = {
  settings: AgentSettings;
  actor: string;
  clients: NonNullable<SessionSettings['clients']>;
  log: AgentLog;
  patienceMs: number | undefined;
  username: string | undefined;
};

/** Makes the sessions; nothing is read or sent yet. One set of AWS clients serves all. */
function hold(
  credentials: readonly AgentCredential[],
  { settings: { thingSpace, proxy, ledger }, actor, clients, log, patienceMs, username }: Parts,
): Map<string, Own> {
  const { transport, baseUrl } = thingSpace;
  const send = proxy && sendThroughProxy(proxy, clients.secretsManager as SecretsManagerClient);
  const sessions = credentials.map(({ name, secretId }): [string, Own] => {
    const holder = createSessionHolder(
      {
        ...{ secretId, username, actor, transport, baseUrl, ledger, clients, patienceMs },
        ...(thingSpace.transport === 'rest' && {
          tokenUrl: thingSpace.tokenUrl,
          tokenHostMayDiffer: thingSpace.tokenHostMayDiffer,
        }),
        onEvent: (event) => log.say(event.kind, wordsOf(event), name),
      },
      send,
    );
    return [name, { place: { credential: name, transport, baseUrl }, holder, shared: ledger !== undefined }];
  });
  return new Map(sessions);
}

/** @throws UsageError when no region is known */
async function clientsFor(credentials: readonly AgentCredential[], { region, endpoint }: AgentOptions) {
  const regions = new Set(credentials.flatMap(({ secretId }) => SECRET_ARN.exec(secretId)?.[1] ?? []));
  if (regions.size > 1) {
    throw new UsageError(
      `The secrets are in ${[...regions].join(' and ')}: start an agent for each region, with that region’s ledger.`,
    );
  }
  const place = region ?? [...regions][0];
  const client = { ...AWS_CLIENT, ...(place && { region: place }), ...(endpoint && { endpoint }) };
  const secretsManager = new SecretsManagerClient(client);
  await secretsManager.config.region().catch(() => {
    throw new UsageError('No AWS region is known: give --region, a secret’s whole ARN, or AWS_REGION.');
  });
  return {
    secretsManager,
    dynamodb: new DynamoDBClient(client),
    kms: new KMSClient(client),
    sns: new SNSClient({ ...client, maxAttempts: 1 }),
  };
}

const wordsFor = ({ thingSpace, ledger }: AgentSettings): string =>
  `over ${thingSpace.transport.toUpperCase()}, with ${ledger ? `the ledger ${ledger.table}` : 'no ledger'}`;

/** The first program does not wait for a log-in. */
async function warmUp({ place, holder }: Own, log: AgentLog): Promise<void> {
  try {
    await holder.warmUp();
  } catch (failure) {
    if (failure instanceof SessionClosedError) return;
    log.sayOften('failed', `no session yet: ${failureWords(failure)}`, place.credential);
  }
}

function actorIn(text = `agent on ${hostname()}`): string {
  if (text.trim() !== '') return text;
  throw new UsageError(
    'The --actor is empty: name the agent for alarms and the audit trail, or leave it out.',
  );
}

function portIn(text = '0'): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError('The --port must be a whole number of at most 65535.');
}

function patienceIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text) && Number(text) > 0) return Number(text) * 1_000;
  throw new UsageError('The --patience must be a whole number of seconds, from 1 to 999.');
}

function usernameIn(text: string | undefined, credentials: readonly AgentCredential[]): string | undefined {
  if (text === undefined || credentials.length === 1) return text;
  throw new UsageError('The --username goes with one --secret alone: start an agent for each credential.');
}

function listening(
  address: string,
  sessions: ReadonlyMap<string, Held>,
  { tokenFile, json = false }: AgentOptions,
): string {
  const paths = [...sessions.keys()].map((name) => `/${name}/session`);
  if (json) return JSON.stringify({ address, paths, tokenFile }, null, 2);
  return `Listening on ${address} (GET ${paths.join(', ')}); the token is in ${tokenFile}`;
}
