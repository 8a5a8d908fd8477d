import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Transport } from '../lambda/thingspace/api.ts';
import { VERSION, VERSION_VARIABLE } from '../lambda/version.ts';
import { FUNCTION_KEY, OPERATOR_KEY } from './aws/access-keys.ts';
import { clientAt } from './aws/client.ts';
import { startClock, type WorldClock } from './aws/clock.ts';
import { startLambda } from './aws/lambda.ts';
import { type LocalAws, startAws } from './aws/start.ts';
import { type Conductor, createConductor } from './conductor.ts';
import { createPassingTime } from './function/passing-time.ts';
import { createFunction, type InvocationResult } from './function/sandbox.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import { thingSpace as thingSpaceProtocol } from './gateway/protocols.ts';
import { createPerson, type ToldPerson } from './person.ts';
import { startWay, type Way } from './proxy/way.ts';
import type { Platform } from './thingspace/platform.ts';
import type { Application } from './thingspace/rest/bearers.ts';
import type { Rest } from './thingspace/rest/service.ts';
import type { DeviceStore } from './thingspace/soap/devices.ts';
import {
  addressesAt,
  startThingSpace,
  type ThingSpaceAddresses,
  type ThingSpaceOptions,
} from './thingspace/start.ts';

export type WorldOptions = {
  seed?: number;
  username?: string;
  /** The password that the platform accepts at first. */
  password?: string;
  /** The password in the secret at first, where it is another one. */
  storedPassword?: string;
  /** The bundled function. @default dist/rotation/index.mjs */
  handlerFile?: string;
  /** The API that the function is configured for; the secret serves both. @default soap */
  transport?: Transport;
  /** How far the world's clock is ahead of the machine's at the start. @default 0 */
  aheadMs?: number;
  /** How long one invocation may take. @default 20_000 */
  timeoutMs?: number;
  /** Leads to ThingSpace through a proxy that asks for credentials, and TLS by a company's CA. @default false */
  proxied?: boolean;
  /** Changes to the function's environment. */
  env?: Record<string, string>;
  platform?: Partial<ThingSpaceOptions>;
};

/** Everything the rotation function meets, on this machine, and the truth about it for observers. */
export interface World {
  /** The API that the function is configured for. */
  transport: Transport;
  clock: WorldClock;
  gateway: Gateway;
  aws: LocalAws;
  platform: Platform;
  devices: DeviceStore;
  /** The REST API's bearers and switches. */
  rest: Rest;
  /** The application whose key and secret are in the secret. */
  application: Application;
  /** Only where the way is proxied. */
  way: Way | undefined;
  /** An operator stores the credentials of the proxy. */
  storeProxyCredentials(credentials: Way['credentials']): Promise<unknown>;
  /** Where the function reaches ThingSpace, through the gateway. */
  addresses: ThingSpaceAddresses;
  conductor: Conductor;
  person: ToldPerson;
  secretsManagerClient: SecretsManagerClient;
  username: string;
  secretArn: string;
  tableName: string;
  logGroupName: string;
  /** The function's whole environment; an SDK or the AWS CLI reaches this world with it too. */
  env: Readonly<Record<string, string>>;
  /** The variables of an operator's shell: the way to AWS, Lambda included, without the product's settings. */
  operatorEnv: Readonly<Record<string, string>>;
  functionArn: string;
  /** One synchronous invocation of the function. */
  invoke(event: unknown, timeoutMs?: number): Promise<InvocationResult>;
  /** Whether the function is at work: without this its calls look like those of other callers. */
  functionRuns(): boolean;
  /** The password that a reader of AWSCURRENT gets. */
  storedPassword(): string | undefined;
  close(): Promise<void>;
}

const BUNDLE = fileURLToPath(new URL('../dist/rotation/index.mjs', import.meta.url));
const FUNCTION = 'thingspace-password-rotation';
const LOG_GROUP = `/aws/lambda/${FUNCTION}`;
const TABLE = 'thingspace-ledger';
const PROXY_SECRET = 'company/proxy';

/** Members of the secret that belong to the customer, and that a rotation must hand on as they are. */
const CUSTOMERS_OWN = '"region":"emea","accounts":["A-1001",12345678901234567890]';

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { username = 'Fleet-API', password = 'first Password & 1', transport = 'soap' } = options;
  const clock = startClock(options.aheadMs);
  const gateway = startGateway({ clock });
  const aws = await startAws(gateway, clock);
  const thingSpace = await startThingSpace({
    clock,
    seed: options.seed ?? 1,
    users: [{ username, password }],
    ...options.platform,
  });
  const thingSpaceFront = await gateway.front('thingspace', thingSpace.origin, thingSpaceProtocol);
  const way = options.proxied ? await startWay(thingSpaceFront) : undefined;
  const addresses = addressesAt(way?.origin ?? thingSpaceFront);
  const application = thingSpace.rest.applications[0] as Application;
  await aws.dynamodb.createLedgerTable(TABLE);

  const secretsManagerClient = new SecretsManagerClient(clientAt(aws.env.AWS_ENDPOINT_URL_SECRETS_MANAGER));
  const console = new SecretsManagerClient(clientAt(aws.secretsManager.url));
  const { apiKey, apiSecret } = application;
  const stored = JSON.stringify({
    ...{ username, password: options.storedPassword ?? password },
    ...{ apiKey, apiSecret },
  });
  const firstText = `${stored.slice(0, -1)},${CUSTOMERS_OWN}}`;
  const { ARN: secretArn = '' } = await secretsManagerClient.send(
    new CreateSecretCommand({
      Name: `thingspace/${username.toLowerCase()}`,
      KmsKeyId: aws.kms.keyArn,
      SecretString: firstText,
    }),
  );

  const storeProxyCredentials = (credentials: Way['credentials']) =>
    console.send(
      new PutSecretValueCommand({ SecretId: PROXY_SECRET, SecretString: JSON.stringify(credentials) }),
    );
  if (way) {
    await console.send(new CreateSecretCommand({ Name: PROXY_SECRET }));
    await storeProxyCredentials(way.credentials);
  }

  const env: Record<string, string> = {
    ...aws.env,
    AWS_ACCESS_KEY_ID: FUNCTION_KEY,
    // The AWS settings of this machine's user are not part of this world.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_LAMBDA_FUNCTION_NAME: FUNCTION,
    AWS_LAMBDA_LOG_GROUP_NAME: LOG_GROUP,
    LEDGER_TABLE: TABLE,
    ALARM_TOPIC_ARN: aws.sns.topicArn,
    SEALING_KEY_ID: aws.kms.keyArn,
    THINGSPACE_TRANSPORT: transport,
    THINGSPACE_BASE_URL: addresses[transport],
    ...(transport === 'rest' && { THINGSPACE_TOKEN_URL: addresses.token }),
    THINGSPACE_PASSWORD_ELEMENT: options.platform?.passwordElement ?? 'OldPassword',
    ...(way && {
      THINGSPACE_PROXY_URL: way.proxy.url,
      THINGSPACE_PROXY_SECRET: PROXY_SECRET,
      NODE_EXTRA_CA_CERTS: way.caFile,
    }),
    LOCKOUT_LIMIT: '5',
    LOCKOUT_BUDGET: '3',
    ROTATION_BUDGET: '2',
    [VERSION_VARIABLE]: VERSION,
    ...options.env,
  };

  const time = createPassingTime(clock, () => gateway.busy);
  gateway.onQuiet = time.callsEnded;
  const lambda = createFunction({
    time,
    handlerFile: options.handlerFile ?? BUNDLE,
    env,
    timeoutMs: options.timeoutMs ?? 20_000,
    onLine: (line) => aws.logs.append(LOG_GROUP, line, clock.nowMs()),
  });
  const functionArn = `arn:aws:lambda:${aws.region}:${aws.accountId}:function:${FUNCTION}`;
  const lambdaApi = await startLambda({
    arn: functionArn,
    environment: Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_'))),
    logGroup: LOG_GROUP,
    invoke: lambda.invoke,
  });

  // The gateway cannot know whose call it holds: where invocations overlap, all of them are killed.
  gateway.onKill = lambda.kill;

  const conductor = createConductor({
    clock,
    client: secretsManagerClient,
    secretsManager: aws.secretsManager,
    functionArn,
    invoke: lambda.invoke,
  });

  const { platform, devices, rest } = thingSpace;
  return {
    transport,
    clock,
    gateway,
    aws,
    platform,
    devices,
    rest,
    application,
    way,
    storeProxyCredentials,
    addresses,
    conductor,
    person: createPerson({ clock, console, platform, username, secretArn, firstText }),
    secretsManagerClient,
    username,
    secretArn,
    tableName: TABLE,
    logGroupName: LOG_GROUP,
    env,
    operatorEnv: {
      ...operatorEnv(env),
      AWS_ACCESS_KEY_ID: OPERATOR_KEY,
      AWS_ENDPOINT_URL_LAMBDA: lambdaApi.url,
    },
    functionArn,
    invoke: lambda.invoke,
    functionRuns: () => lambda.busy,
    storedPassword: () => JSON.parse(aws.secretsManager.valueAt('AWSCURRENT', secretArn) ?? '{}').password,
    close: async () => {
      await lambda.kill();
      secretsManagerClient.destroy();
      console.destroy();
      await gateway.close();
      await Promise.all([thingSpace.close(), lambdaApi.close(), aws.close(), way?.close()]);
    },
  };
}

/** The access keys and addresses alone. */
const operatorEnv = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => name.startsWith('AWS_') && !name.startsWith('AWS_LAMBDA_')),
  );
