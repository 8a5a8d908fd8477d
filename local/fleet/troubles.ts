import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDbItems } from '../../lambda/ledger/dynamodb.ts';
import { credentialKey, decodeState } from '../../lambda/ledger/state.ts';
import { clientAt } from '../aws/client.ts';
import type { Fate } from '../faults.ts';
import type { World } from '../world.ts';
import type { Fleet } from './fleet.ts';

/** Every session has expired after it. */
const PAUSE_MS = 30 * 60_000;
const OUTAGE_MS = 5_000;
const SERVICES = ['secretsmanager', 'kms', 'dynamodb'] as const;
/** Calls of a service that is away are reset, never answered, or throttled, in turn. */
const AWAY: readonly Fate[] = ['request-lost', 'hung-before', 'throttled'];

/**
 * The owner of the fleet's log-in is killed, right after ThingSpace has executed the log-in; then each AWS service is
 * away for five seconds. Every app has lost its session before. Over SOAP new processes then join a live session without
 * Secrets Manager. Resolves when every app has done its request.
 */
export async function playTroubles(world: World, fleet: Fleet): Promise<void> {
  await killOwner(world, fleet);
  for (const service of SERVICES) {
    world.clock.advance(PAUSE_MS);
    const endsAt = Date.now() + OUTAGE_MS;
    let met = 0;
    await disturbed(world, fleet, (call) =>
      call.service === service && Date.now() < endsAt ? (AWAY[met++ % AWAY.length] ?? 'ok') : 'ok',
    );
  }
  // Over REST a process needs the key in the secret.
  if (world.transport === 'soap') await joinWithoutSecret(world, fleet);
}

/** New processes join the live session while Secrets Manager is away. */
async function joinWithoutSecret(world: World, fleet: Fleet): Promise<void> {
  await fleet.work(100);
  await fleet.crash(0);
  await disturbed(world, fleet, ({ service }) => (service === 'secretsmanager' ? 'request-lost' : 'ok'));
}

async function killOwner(world: World, fleet: Fleet): Promise<void> {
  world.clock.advance(PAUSE_MS);
  let killed: Promise<void> | undefined;
  await disturbed(world, fleet, async ({ service, operation }) => {
    if (killed || service !== 'apps' || operation !== 'LogIn') return 'ok';
    const app = await appThatLogsIn(world);
    killed = fleet.crashHostOf(app);
    return 'response-lost';
  });
  await killed;
}

/** Lets every app make a request while the gateway decides like this. */
async function disturbed(
  { gateway }: World,
  fleet: Fleet,
  decide: World['gateway']['decide'],
): Promise<void> {
  const { decide: before } = gateway;
  gateway.decide = decide;
  try {
    await fleet.work(400);
  } finally {
    gateway.decide = before;
  }
}

/** Returns the number of the app whose log-in is in the ledger. */
async function appThatLogsIn({ env, tableName, username }: World): Promise<number> {
  const credential = credentialKey(username);
  const client = new DynamoDBClient(clientAt(env.AWS_ENDPOINT_URL_DYNAMODB));
  try {
    const { item } = await dynamoDbItems(client, tableName).read(credential);
    const [attempt] = Object.values(decodeState(credential, item ?? {}).inFlight);
    return Number(/^app (\d+)$/.exec(attempt?.actor ?? '')?.[1]);
  } finally {
    client.destroy();
  }
}
