import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDbItems } from '../../lambda/ledger/dynamodb.ts';
import { credentialKey, decodeState } from '../../lambda/ledger/state.ts';
import { clientAt } from '../aws/client.ts';
import type { Fate } from '../faults.ts';
import type { World } from '../world.ts';

/** Every session has expired after it. */
const PAUSE_MS = 30 * 60_000;
const OUTAGE_MS = 5_000;
const SERVICES = ['secretsmanager', 'kms', 'dynamodb'] as const;
/** Calls of a service that is away are reset, never answered, or throttled, in turn. */
const AWAY: readonly Fate[] = ['request-lost', 'hung-before', 'throttled'];

/** Apps of any kinds that share one username. */
export type Apps = {
  /** Every app makes a request; resolves when all have ended. */
  work(): Promise<void>;
  /** Kills the process that logs in under this name in the ledger, and starts it again empty. */
  crashOwner(actor: string): Promise<void>;
  /** The same with a process that has nothing to do. */
  crashIdle(): Promise<void>;
};

/**
 * The owner of the fleet's log-in is killed, right after ThingSpace has executed the log-in; then each AWS service is
 * away for five seconds. Every app has lost its session before. Over SOAP new processes then join a live session without
 * Secrets Manager. Resolves when every app has done its request.
 */
export async function playTroubles(world: World, apps: Apps): Promise<void> {
  await killOwner(world, apps);
  for (const service of SERVICES) {
    world.clock.advance(PAUSE_MS);
    await disturbed(world, apps, awayFor(OUTAGE_MS, service));
  }
  // Over REST a process needs the key in the secret.
  if (world.transport === 'soap') await joinWithoutSecret(world, apps);
}

/** Decides for calls of a service that is away from now on. */
export function awayFor(ms: number, service: string): World['gateway']['decide'] {
  const endsAt = Date.now() + ms;
  let met = 0;
  return (call) =>
    call.service === service && Date.now() < endsAt ? (AWAY[met++ % AWAY.length] ?? 'ok') : 'ok';
}

/** New processes join the live session while Secrets Manager is away. */
async function joinWithoutSecret(world: World, apps: Apps): Promise<void> {
  await apps.work();
  await apps.crashIdle();
  await disturbed(world, apps, ({ service }) => (service === 'secretsmanager' ? 'request-lost' : 'ok'));
}

async function killOwner(world: World, apps: Apps): Promise<void> {
  world.clock.advance(PAUSE_MS);
  let killed: Promise<void> | undefined;
  await disturbed(world, apps, async ({ service, operation }) => {
    if (killed || service !== 'apps' || operation !== 'LogIn') return 'ok';
    killed = apps.crashOwner(await actorThatLogsIn(world));
    return 'response-lost';
  });
  await killed;
}

/** Lets every app make a request while the gateway decides like this. */
async function disturbed({ gateway }: World, apps: Apps, decide: World['gateway']['decide']): Promise<void> {
  const { decide: before } = gateway;
  gateway.decide = decide;
  try {
    await apps.work();
  } finally {
    gateway.decide = before;
  }
}

/** Returns the name of the process whose log-in is in the ledger. */
async function actorThatLogsIn({ env, tableName, username }: World): Promise<string> {
  const credential = credentialKey(username);
  const client = new DynamoDBClient(clientAt(env.AWS_ENDPOINT_URL_DYNAMODB));
  try {
    const { item } = await dynamoDbItems(client, tableName).read(credential);
    const [attempt] = Object.values(decodeState(credential, item ?? {}).inFlight);
    return attempt?.actor ?? '';
  } finally {
    client.destroy();
  }
}
