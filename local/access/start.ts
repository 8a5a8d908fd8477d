import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type AccessReader, dynamoDbAccessReader } from '../../cli/access-reader.ts';
import { accessBundleDirectory } from '../../infra/bundle-directory.ts';
import { assembleAccess } from '../../infra/function-asset.ts';
import { GET_SESSION } from '../../lambda/access/by-name.ts';
import type { Policy } from '../../lambda/access/policy.ts';
import { clientAt } from '../aws/client.ts';
import { createFunction } from '../function/sandbox.ts';
import type { World } from '../world.ts';
import { startFunctionUrl } from './function-url.ts';
import { createIssuer } from './issuer.ts';
import type { Principal } from './signature.ts';

/** The access function of a world, behind its address. */
export interface LocalAccess {
  /** Callers go to `<url>/<credential>/<Service>.svc`, and to `<url>/<credential>/session`. */
  url: string;
  tableName: string;
  /** The principals that a policy may name, with the keys by which they sign. */
  principals: Record<'ann' | 'vic' | 'portal' | 'web' | 'oona' | 'olaf' | 'shop' | 'stranger', Principal>;
  reader: AccessReader;
  /** Every line that the function wrote. */
  lines: readonly string[];
  invoke(event: unknown): Promise<unknown>;
  /** Ends the function's process at once; the next request starts another one. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const TABLE = 'thingspace-access';
export const CREDENTIAL = 'fleet';

const principal = (accessKeyId: string, userArn: string): Principal => ({
  accessKeyId,
  secretAccessKey: `invented-for-${accessKeyId}`,
  userArn,
});

/** Two persons of one permission set of IAM Identity Center: one role, whose session names the person. */
const OPERATIONS = 'AWSReservedSSO_Ops_0123456789abcdef';
const ofOperations = (accessKeyId: string, person: string) =>
  principal(accessKeyId, `arn:aws:sts::111122223333:assumed-role/${OPERATIONS}/${person}`);

/** Signs the tokens of the web portal's users. */
export const USERS_ISSUER = createIssuer('local-1');
export const ISSUER = 'https://login.example.com/';
export const AUDIENCE = 'web';

const PRINCIPALS = {
  ann: principal('AKIALOCALANN00000000', 'arn:aws:sts::111122223333:assumed-role/operations/ann'),
  vic: principal('AKIALOCALVIC00000000', 'arn:aws:iam::111122223333:user/vic'),
  portal: principal('AKIALOCALPORTAL00000', 'arn:aws:sts::111122223333:assumed-role/portal/i-0a1b2c3d'),
  web: principal('AKIALOCALWEB00000000', 'arn:aws:sts::111122223333:assumed-role/web/i-0b2c3d4e'),
  oona: ofOperations('AKIALOCALOONA0000000', 'oona@example.com'),
  olaf: ofOperations('AKIALOCALOLAF0000000', 'olaf@example.com'),
  shop: {
    ...principal('ASIALOCALSHOP0000000', 'arn:aws:sts::111122223333:assumed-role/shop/i-0d4e5f6a'),
    sessionToken: 'invented+temporary/token==',
  },
  stranger: principal('AKIALOCALSTRANGER000', 'arn:aws:iam::111122223333:user/stranger'),
};

/** Changes of devices, over both APIs. */
const CHANGES = ['ChangeDevice*', 'PUT /m2m/v1/devices/actions/*'];

/**
 * Ann may do everything, Vic may look, and of the portal's users Alice may change devices. The shop sends its requests
 * itself: it gets the session. Oona of the permission set may change devices, and so may editors of the web portal.
 */
const LOCAL_POLICY: Policy = {
  rules: [
    {
      name: 'operations',
      principals: ['arn:aws:iam::111122223333:role/operations'],
      credentials: [CREDENTIAL],
      operations: ['*'],
    },
    {
      name: 'viewers',
      principals: ['arn:aws:iam::111122223333:user/vic'],
      credentials: [CREDENTIAL],
      operations: ['reads'],
    },
    {
      name: 'portal-editors',
      principals: ['arn:aws:iam::111122223333:role/portal'],
      credentials: [CREDENTIAL],
      operations: ['reads', ...CHANGES],
      users: ['alice@example.com'],
    },
    {
      name: 'shops',
      principals: ['arn:aws:iam::111122223333:role/shop'],
      credentials: [CREDENTIAL],
      operations: [GET_SESSION],
    },
    {
      name: 'all-operations',
      principals: [`arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/${OPERATIONS}`],
      credentials: [CREDENTIAL],
      operations: ['reads'],
    },
    {
      name: 'oona-changes',
      principals: [`arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/${OPERATIONS}`],
      credentials: [CREDENTIAL],
      operations: CHANGES,
      persons: ['oona@*'],
    },
    {
      name: 'web-editors',
      principals: ['arn:aws:iam::111122223333:role/web'],
      credentials: [CREDENTIAL],
      operations: CHANGES,
      users: ['*@example.com'],
      personGroups: ['editors'],
    },
  ],
  speakers: ['arn:aws:iam::111122223333:role/portal'],
  userTokens: {
    speakers: ['arn:aws:iam::111122223333:role/web'],
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: { keys: [USERS_ISSUER.key] },
    userClaim: 'email',
    groupsClaim: 'groups',
  },
};

/** Starts the bundle of the access function beside a world; `npm run build` makes it. `bundle`: another directory of its code. */
export async function startAccess(
  world: World,
  options: { requestsPerMinute?: number; bundle?: string } = {},
): Promise<LocalAccess> {
  const { requestsPerMinute = 600, bundle = accessBundleDirectory } = options;
  await world.aws.dynamodb.createTable(TABLE, 'subject', 'item');
  const directory = await mkdtemp(path.join(tmpdir(), 'thingspace-access-'));
  assembleAccess(
    bundle,
    {
      policy: LOCAL_POLICY,
      secrets: { [CREDENTIAL]: world.secretArn },
      usernames: { [CREDENTIAL]: world.username },
      ...{ retentionDays: 400, requestsPerMinute },
    },
    directory,
  );
  const lines: string[] = [];
  const lambda = createFunction({
    handlerFile: path.join(directory, 'index.mjs'),
    env: {
      ...world.env,
      SERVICE_NAME: 'local',
      ACCESS_TABLE: TABLE,
      AWS_LAMBDA_FUNCTION_NAME: 'thingspace-access',
    },
    timeoutMs: 90_000,
    onLine: (line) => void lines.push(line),
  });
  const { region, accountId } = world.aws;
  const front = await startFunctionUrl({
    ...{ region, accountId },
    principals: Object.values(PRINCIPALS),
    invoke: (event) => lambda.invoke(event),
  });
  const client = new DynamoDBClient(clientAt(world.aws.dynamodb.url, region));
  return {
    url: front.url,
    tableName: TABLE,
    principals: PRINCIPALS,
    reader: dynamoDbAccessReader(client, TABLE),
    lines,
    invoke: (event) => lambda.invoke(event),
    kill: lambda.kill,
    async close() {
      client.destroy();
      await front.close();
      await lambda.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
