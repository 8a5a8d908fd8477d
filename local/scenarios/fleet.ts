import type { Place } from '../fleet/app.ts';
import { startFleet } from '../fleet/fleet.ts';
import type { Setup } from '../fleet/host.ts';
import { playTroubles } from '../fleet/troubles.ts';
import { thingSpace as thingSpaceProtocol } from '../gateway/protocols.ts';
import type { Check } from '../timeline/report.ts';
import { startWorld, type World } from '../world.ts';
import { nothingLeaked } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** Between two rotations no app works for half an hour: every session has expired. */
const PAUSE_MS = 30 * 60_000;
const HOUR_MS = 60 * 60_000;

type Size = { clients?: number; rotations?: number; troubles?: boolean };

/** A fleet's effects on the username, and its own results. */
type Played = {
  rotated: number;
  failedLogIns: number;
  logIns: number;
  locks: number;
  hours: number;
  requests: number;
  failed: number;
  longestMs: number;
};

/** The fleet with the client library, then the same schedule with plain cached readers in a world of their own. */
export function fleetScenario({ clients = 50, rotations = 10, troubles = true }: Size = {}): Scenario {
  return {
    name: 'fleet',
    shows: `${clients} apps at work through ${rotations} rotations with the client library, the death of the one that logs in, and five seconds without each AWS service; then the rotations with passwords from a cache.`,
    summary: true,
    async play(world) {
      const library = await playFleet(world, 'library', clients, rotations, troubles);
      const leaked = await nothingLeaked(world);
      const other = await startWorld({ transport: world.transport });
      try {
        const plain = await playFleet(other, 'plain', clients, rotations, false);
        return [...checksOf(library, plain, { rotations, troubles }), leaked];
      } finally {
        await other.close();
      }
    },
  };
}

/** Apps have a front of their own, so that their log-ins can be told from those of rotation. */
async function placeIn({ env, gateway, addresses, ...world }: World): Promise<Place> {
  const { origin, pathname } = new URL(env.THINGSPACE_BASE_URL as string);
  const front = await gateway.front('apps', origin, thingSpaceProtocol);
  return {
    secretArn: world.secretArn,
    username: world.username,
    transport: world.transport,
    baseUrl: `${front}${pathname}`,
    tokenUrl: `${front}${new URL(addresses.token).pathname}`,
    tableName: world.tableName,
    sealingKeyId: env.SEALING_KEY_ID as string,
    alarmTopicArn: env.ALARM_TOPIC_ARN as string,
  };
}

async function playFleet(
  world: World,
  kind: Setup['kind'],
  size: number,
  rotations: number,
  troubles: boolean,
): Promise<Played> {
  const { platform, username, clock, gateway, conductor, secretArn, env } = world;
  const startedAtMs = clock.nowMs();
  const fleet = await startFleet({
    kind,
    size,
    env,
    nowMs: clock.nowMs,
    place: await placeIn(world),
  });
  let rotated = 0;
  let locks = 0;
  try {
    await fleet.work(100);
    for (let round = 1; round <= rotations; round++) {
      const rotation = conductor.rotate(secretArn, { attempts: 1 });
      const work = fleet.work(400);
      if (round % 4 === 2) await fleet.crash(round);
      const [outcome] = await Promise.all([rotation, work]);
      if (outcome.succeeded) rotated += 1;
      clock.advance(PAUSE_MS);
      // An app that finds its session gone tries again.
      await fleet.work(200);
      await fleet.work(200);
      if (!platform.truth(username).locked) continue;
      locks += 1;
      // Support unlocks it, and everybody tries again an hour later.
      clock.advance(HOUR_MS);
      platform.support.unlock(username);
    }
    if (troubles) await playTroubles(world, fleet);
    const { failures } = platform.truth(username);
    const logIns = gateway.calls.filter(
      ({ service, operation }) => service === 'apps' && operation === 'LogIn',
    );
    return {
      rotated,
      locks,
      failedLogIns: failures,
      logIns: logIns.length,
      hours: (clock.nowMs() - startedAtMs) / HOUR_MS,
      ...fleet.figures(),
    };
  } finally {
    await fleet.close();
  }
}

/** One line a figure: both fleets side by side, and whether the library's is as promised. */
function checksOf(
  library: Played,
  plain: Played,
  { rotations, troubles }: Required<Omit<Size, 'clients'>>,
): Check[] {
  const figure = (what: string, of: (played: Played) => string, holds: boolean) =>
    check(`${what.padEnd(31)} library ${of(library).padEnd(11)} cached passwords ${of(plain)}`, holds);
  return [
    figure(
      'Failed log-ins',
      ({ failedLogIns }) => `${failedLogIns}`,
      library.failedLogIns === 0 && plain.failedLogIns > 0,
    ),
    figure('Username locked, times', ({ locks }) => `${locks}`, library.locks === 0 && plain.locks > 0),
    figure(
      'Log-ins per hour',
      ({ logIns, hours }) => (logIns / hours).toFixed(1),
      // One client logs in at the start and after every break; twice that, one for each killed process, and those of
      // the troubles: two when the first process dies, and one after each service was away.
      library.logIns <= 2 * (rotations + 1) + 2 + (troubles ? 5 : 0),
    ),
    figure(
      'Longest time without a session',
      ({ longestMs }) => inWords(longestMs),
      library.longestMs < plain.longestMs,
    ),
    figure(
      'Requests that failed',
      ({ failed, requests }) => `${failed} of ${requests}`,
      library.failed === 0,
    ),
    figure('Rotations done', ({ rotated }) => `${rotated} of ${rotations}`, library.rotated === rotations),
  ];
}

const inWords = (ms: number): string =>
  ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
