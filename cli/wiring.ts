import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { type Alarms, createAlarms } from '../lambda/alarms/publish.ts';
import { OWN_PROGRAM } from '../lambda/aws-client.ts';
import { systemClock } from '../lambda/clock.ts';
import { DEFAULT_REST_BASE_URL, DEFAULT_TOKEN_URL } from '../lambda/defaults.ts';
import { dynamoDbItems } from '../lambda/ledger/dynamodb.ts';
import { createLedger } from '../lambda/ledger/ledger.ts';
import type { Metrics } from '../lambda/metrics.ts';
import type { ProxySettings } from '../lambda/proxy-settings.ts';
import { kmsSealer } from '../lambda/sealing/data-key.ts';
import { secretsManagerStore } from '../lambda/secret/secrets-manager.ts';
import { lasts } from '../lambda/session/aws-away.ts';
import type { ThingSpaceApi } from '../lambda/thingspace/api.ts';
import { isLoopback } from '../lambda/thingspace/base-url.ts';
import { TooLateToSendError } from '../lambda/thingspace/call-errors.ts';
import { createThingSpaceApi } from '../lambda/thingspace/create-api.ts';
import type { Send } from '../lambda/thingspace/http-call.ts';
import { sendThroughProxy } from '../lambda/through-proxy.ts';
import { dynamoDbAccessReader } from './access-reader.ts';
import type { Account } from './account.ts';
import { awsAccount } from './aws-account.ts';
import { awsSurroundings } from './aws-surroundings.ts';
import type { Desk, Terminal } from './desk.ts';
import { UsageError } from './errors.ts';
import type { Settings } from './settings.ts';
import { agentFromShell, sendFromShell } from './shell-proxy.ts';

/** How AWS is reached; what is left out is the SDK's own environment and configuration. */
export type Reach = { region?: string | undefined; endpoint?: string | undefined };

const TIMES = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** A function lives at most 15 minutes; its answer must be waited for. */
const INVOCATION_TIMES = { ...TIMES, requestTimeout: 16 * 60_000 };

/** The address of DynamoDB, whose clock the tool reads, where it is not AWS's own. */
const endpointOf = ({ endpoint }: Reach): string | undefined =>
  endpoint ?? process.env.AWS_ENDPOINT_URL_DYNAMODB ?? process.env.AWS_ENDPOINT_URL;

const TUNNEL_MS = 20_000;
const httpsAgent = agentFromShell(process.env);
const AGENT = httpsAgent && { httpsAgent };

/** Metrics come from the function alone: they are lines of its log. */
const noMetrics: Metrics = { count: () => undefined, gauge: () => undefined };
/** For a desk without limits: it only reads, and what would present anything asks `limitsOf` first. */
const NOTHING_ALLOWED = { limit: 1, budget: 0, rotation: 0 };
/** The address for a desk that has no ThingSpace address: no server listens there. */
const NOWHERE = { transport: 'soap', baseUrl: 'https://thingspace.invalid' } as const;

export const clientOptions = ({ region, endpoint }: Reach) => ({
  maxAttempts: 3,
  requestHandler: { ...TIMES, ...AGENT },
  userAgentAppId: OWN_PROGRAM,
  ...(region === undefined ? {} : { region }),
  ...(endpoint === undefined ? {} : { endpoint }),
});

/** @throws UsageError when no region is known */
export async function reachAccount(reach: Reach): Promise<Account> {
  const client = clientOptions(reach);
  const secretsManager = new SecretsManagerClient(client);
  const region = await secretsManager.config.region().catch(() => {
    throw new UsageError(
      'No AWS region is known: give --region, a secret’s whole ARN, or AWS_REGION, or a profile that has one.',
    );
  });
  const lambda = new LambdaClient({
    ...client,
    maxAttempts: 1,
    requestHandler: { ...INVOCATION_TIMES, ...AGENT },
  });
  return awsAccount(secretsManager, lambda, placeOf(region, reach));
}

function placeOf(region: string, { endpoint }: Reach): string {
  const profile = process.env.AWS_PROFILE;
  return [
    `region ${region}`,
    ...(profile === undefined ? [] : [`profile ${profile}`]),
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
  ].join(', ');
}

/** Makes the AWS clients; no other place does. It calls no service until a command asks. */
export function wire(settings: Settings, reach: Reach, account: Account, terminal: Terminal): Desk {
  const client = clientOptions(reach);
  const budgets = settings.thingSpace === undefined ? undefined : settings.budgets;
  const send = sendFromShell(process.env);
  const endpoint = URL.parse(endpointOf(reach) ?? '');
  return {
    terminal,
    account,
    surroundings: awsSurroundings(client, settings.table ?? 'none'),
    accessRecords: (table) => dynamoDbAccessReader(new DynamoDBClient(client), table),
    settings,
    store: secretsManagerStore(new SecretsManagerClient(client)),
    ledger: createLedger({
      items: dynamoDbItems(new DynamoDBClient(client), settings.table ?? 'none'),
      alarms: alarmsOf(settings, terminal, client),
      metrics: noMetrics,
      clock: systemClock,
      budgets: budgets ?? NOTHING_ALLOWED,
      warn: (message) => terminal.warn(message),
      lasts,
    }),
    api: createThingSpaceApi(settings.thingSpace ?? NOWHERE, send),
    rest: (tokenUrl) => restOf(settings, tokenUrl, send),
    tunnelFailure: (proxy, address) => tunnelFailure(proxy, address, new SecretsManagerClient(client)),
    sealerFor: (keyId) => kmsSealer(new KMSClient(client), keyId),
    clock: systemClock,
    isSimulated: endpoint != null && isLoopback(endpoint),
    budgets,
    function: settings.function,
  };
}

/** For a token request alone: it goes to no other address, so the hosts need not agree. */
function restOf({ thingSpace }: Settings, tokenUrl: string | undefined, send: Send): ThingSpaceApi {
  const configured =
    thingSpace?.transport === 'rest'
      ? thingSpace
      : ({ transport: 'rest', baseUrl: DEFAULT_REST_BASE_URL, tokenUrl: DEFAULT_TOKEN_URL } as const);
  return createThingSpaceApi(
    tokenUrl === undefined ? configured : { ...configured, tokenUrl, tokenHostMayDiffer: true },
    send,
  );
}

/** Opens a tunnel as the function does, and lets no request leave. */
async function tunnelFailure(
  proxy: ProxySettings,
  url: string,
  secretsManager: SecretsManagerClient,
): Promise<Error | undefined> {
  const send = sendThroughProxy(proxy, secretsManager);
  const limits = { timeoutMs: TUNNEL_MS, mayLeave: () => false };
  const ended = await send({ method: 'POST', url, headers: {}, body: '' }, limits);
  if (ended.outcome === 'answered' || ended.cause instanceof TooLateToSendError) return undefined;
  return ended.cause;
}

function alarmsOf({ alarmTopicArn, runbookUrl }: Settings, terminal: Terminal, client: object): Alarms {
  if (alarmTopicArn === undefined) {
    return {
      publish: async ({ event }) => {
        terminal.warn(
          `The alarm "${event}" is not published, because the topic is not known; it waits in the ledger for the ` +
            'next invocation of the function.',
        );
        return 'failed';
      },
    };
  }
  return createAlarms({
    sns: new SNSClient({ ...client, maxAttempts: 1 }),
    topicArn: alarmTopicArn,
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
    onFailure: (_event, error) => terminal.warn(`${error.message} It waits in the ledger.`),
  });
}
