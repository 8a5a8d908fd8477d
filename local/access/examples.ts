import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { bundleAccess, bundleRotation } from '../../infra/bundle.ts';
import { LEASE_MS } from '../../lambda/session/session-item.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { awsError } from '../gateway/protocols.ts';
import { endWith, say } from '../verdicts.ts';
import { startWorld, type World } from '../world.ts';
import { curlApp, type Door, javaApp, type OtherApp, pythonApp } from './apps.ts';
import { CREDENTIAL, type LocalAccess, startAccess } from './start.ts';

/**
 * Plays the examples of other languages through a rotation, a dead session, an outage, and a wrong password; exits 1
 * unless each keeps the rules of docs/apps.md.
 * Usage: node local/access/examples.ts [python=<path>] [java=<path>] [curl]
 */
const KINDS: Record<string, (path: string, door: Door) => OtherApp> = {
  python: pythonApp,
  java: javaApp,
  curl: (_path, door) => curlApp(door),
};
const chosen = process.argv.slice(2).map((argument) => argument.split('='));

/** Every app makes one request; says which of them did not end as they should. */
async function workOf(apps: [string, OtherApp][], what: string, expected = /^done$/): Promise<void> {
  const ends = await Promise.all(
    apps.map(async ([name, app]) => {
      const end = await app.work().then(
        () => 'done',
        (failure: Error) => failure.message,
      );
      return expected.test(end) ? [] : [`${name}: ${end}`];
    }),
  );
  say(`${what} (${apps.map(([name]) => name).join(', ')})`, ends.flat().length === 0, ends.flat().join('; '));
}

async function store(world: World, changes: object): Promise<void> {
  const stored = JSON.parse(world.aws.secretsManager.valueAt('AWSCURRENT', world.secretArn) ?? '{}');
  await world.secretsManagerClient.send(
    new PutSecretValueCommand({
      SecretId: world.secretArn,
      SecretString: JSON.stringify({ ...stored, ...changes }),
    }),
  );
}

/** The session has ended, and was opened long ago. */
const endSession = ({ clock }: World) => clock.advance(30 * 60_000);

async function play(transport: Transport): Promise<void> {
  const world = await startWorld({ transport, platform: { logInEndsOlderSessions: true } });
  const access = await startAccess(world);
  const { shop, ann } = access.principals;
  const door = { url: access.url, credential: CREDENTIAL, region: world.aws.region };
  const start = ([kind = '', path = '']: string[], principal = shop): [string, OtherApp] => {
    const make = KINDS[kind];
    if (!make) throw new Error(`There is no example ${kind}: write one of ${Object.keys(KINDS).join(', ')}.`);
    return [kind, make(path, { ...door, principal })];
  };
  const apps = chosen.map((one) => start(one));
  const denied = start(chosen[0] ?? [], ann);
  const over = `over ${transport.toUpperCase()}`;
  const truth = () => world.platform.truth(world.username);
  try {
    await workOf(apps, `All share one session ${over}`);
    await workOf(apps, 'They use it again');
    say('One log-in was made', truth().logIns === 1, truth().logIns);
    await workOf([denied], 'Without the right there is no session', /AccessDenied/);
    // The session is not a moment old, as it is in most rotations.
    world.clock.advance(60_000);
    const rotation = world.conductor.rotate(world.secretArn);
    const ends = [workOf(apps, 'They work while each log-in of a rotation ends the session before it')];
    say('The rotation is done', (await rotation).succeeded);
    ends.push(workOf(apps, 'They work after it'));
    await Promise.all(ends);
    endSession(world);
    await workOf(apps, 'The session was idle too long: each says so, and works with another one');
    if (transport === 'soap') {
      await playOutage(world, apps);
      await playDeath(world, access, apps);
    }
    say('No log-in failed', truth().failures === 0, truth().failures);
    if (transport === 'soap') await playWrongPassword(world, apps);
  } finally {
    await Promise.all([...apps.map(([, app]) => app.close()), denied[1].close()]);
    await access.close();
    await world.close();
  }
}

/** Longer than the SDK's own retries in the function take. */
const OUTAGE_MS = 2_000;

async function playOutage(world: World, apps: [string, OtherApp][]): Promise<void> {
  const { logIns } = world.platform.truth(world.username);
  const untilMs = performance.now() + OUTAGE_MS;
  world.gateway.decide = ({ service, operation }) =>
    service === 'dynamodb' && operation === 'PutItem' && performance.now() < untilMs
      ? { fault: 'failed-before', ...awsError(service, 'InternalServerError', 'An error occurred.', 500) }
      : 'ok';
  endSession(world);
  await workOf(apps, 'DynamoDB is away for two seconds: they wait as long as the answer says');
  world.gateway.decide = () => 'ok';
  const made = world.platform.truth(world.username).logIns - logIns;
  say('One log-in was made for all', made === 1, made);
}

/** The others wait for the lease of the process that has died, as long as it lasts. */
async function playDeath(world: World, { kill }: LocalAccess, apps: [string, OtherApp][]): Promise<void> {
  let killed = false;
  world.gateway.decide = async ({ operation }) => {
    if (operation !== 'LogIn' || killed) return 'ok';
    killed = true;
    await kill();
    world.clock.advance(LEASE_MS);
    return 'response-lost';
  };
  endSession(world);
  await workOf(
    apps,
    'The process that logs in is killed: they wait, and work with the session of the next one',
  );
  say('It was killed', killed);
  world.gateway.decide = () => 'ok';
}

async function playWrongPassword(world: World, apps: [string, OtherApp][]): Promise<void> {
  const { password } = world.platform.truth(world.username);
  await store(world, { password: 'Mistyped 1' });
  endSession(world);
  await workOf(apps, 'A wrong password is stored: no session, and the reason', /LogInRefusedError|HTTP 409/);
  await workOf(apps, 'They ask again', /LogInRefusedError|HTTP 409/);
  const { failures } = world.platform.truth(world.username);
  say('One log-in failed', failures === 1, failures);
  await store(world, { password });
  await workOf(apps, 'A working password is stored: they continue');
}

await Promise.all([bundleRotation(), bundleAccess()]);
await play('soap');
await play('rest');
endWith('Apps in other languages keep the rules.');
