import type { Place } from '../fleet/app.ts';
import { appsProtocol, type Executed, executedAt } from '../fleet/executed.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import type { Setup } from '../fleet/host.ts';
import { type KindFigures, type Kinds, startKinds } from '../fleet/kinds.ts';
import { playTroubles } from '../fleet/troubles.ts';
import type { Check } from '../timeline/report.ts';
import { startWorld, type World } from '../world.ts';
import { nothingLeaked } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** Between two rotations no app works for half an hour: every session has expired. */
const PAUSE_MS = 30 * 60_000;
const HOUR_MS = 60 * 60_000;
/**
 * Longer than a scenario plays: the apps' clocks are the machine's, so an hour of the world's passes within seconds of
 * theirs. A bearer that dies so fast is asked for anew once a minute at most.
 */
const BEARER_LIFE_MS = 24 * HOUR_MS;
/** The apps' own way to ThingSpace. */
const FRONT = 'apps';

/** `kinds`: also apps at an agent and at the access function. */
type Size = { clients?: number; rotations?: number; troubles?: boolean; kinds?: boolean };

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
  others: KindFigures[];
  executed: Executed;
};

/** The fleet with the client library, then the same schedule with plain cached readers in a world of their own. */
export function fleetScenario(size: Size = {}): Scenario {
  const { clients = 30, rotations = 10, troubles = true, kinds = true } = size;
  return {
    name: 'fleet',
    shows: `${clients} apps with the client library${kinds ? ', and beside them programs at an agent, with curl, and in Python,' : ''} at work through ${rotations} rotations, the death of the process that logs in, and five seconds without each AWS service; then the rotations with passwords from a cache.`,
    summary: true,
    ...(kinds && { world: { platform: { rest: { lifeMs: BEARER_LIFE_MS } } } }),
    async play(world, show) {
      const plan = { size: clients, rotations };
      const library = await playFleet(world, { ...plan, kind: 'library', troubles, kinds }, show);
      const leaked = await nothingLeaked(world);
      const other = await startWorld({ transport: world.transport });
      try {
        const plain = await playFleet(other, { ...plan, kind: 'plain', troubles: false, kinds: false }, show);
        const ofKinds = kinds ? [kindsCheck(library)] : [];
        return [
          ...checksOf(library, plain, plan.rotations, troubles),
          ...ofKinds,
          onceCheck(library),
          leaked,
        ];
      } finally {
        await other.close();
      }
    },
  };
}

/** Apps have a front of their own, so that their log-ins can be told from those of rotation. */
async function placeIn({ env, gateway, addresses, ...world }: World): Promise<Place> {
  const { origin, pathname } = new URL(env.THINGSPACE_BASE_URL as string);
  const front = await gateway.front(FRONT, origin, appsProtocol);
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

type Plan = { kind: Setup['kind']; size: number; rotations: number; troubles: boolean; kinds: boolean };

async function playFleet(world: World, plan: Plan, show: (text: string) => void): Promise<Played> {
  const { platform, username, clock, gateway, env } = world;
  const { kind, size, rotations } = plan;
  const startedAtMs = clock.nowMs();
  const place = await placeIn(world);
  const fleet = await startFleet({ kind, size, env, nowMs: clock.nowMs, place });
  let kinds: Kinds | undefined;
  try {
    kinds = plan.kinds ? await startKinds(world, place) : undefined;
    for (const sentence of kinds?.leftOut ?? []) show(`${sentence}\n`);
    const work = async (withinMs: number) => void (await Promise.all([fleet.work(withinMs), kinds?.work()]));
    await work(100);
    const turned = await playRotations(world, { fleet, work, rotations });
    if (plan.troubles) {
      await playTroubles(world, {
        work: () => work(400),
        crashIdle: () => fleet.crash(0),
        async crashOwner(actor) {
          const app = /^app (\d+)$/.exec(actor)?.[1];
          await (app === undefined ? kinds?.crash(actor) : fleet.crashHostOf(Number(app)));
        },
      });
    }
    const { failures } = platform.truth(username);
    const logIns = gateway.calls.filter(
      ({ service, operation }) => service === FRONT && operation === 'LogIn',
    );
    return {
      ...turned,
      failedLogIns: failures,
      logIns: logIns.length,
      hours: (clock.nowMs() - startedAtMs) / HOUR_MS,
      ...fleet.figures(),
      others: kinds?.figures() ?? [],
      executed: executedAt(FRONT, gateway.calls),
    };
  } finally {
    await Promise.all([fleet.close(), kinds?.close()]);
  }
}

/** Rotates while the apps work; between two rotations every session expires. */
async function playRotations(
  { platform, username, clock, conductor, secretArn }: World,
  { fleet, work, rotations }: { fleet: Fleet; work(withinMs: number): Promise<void>; rotations: number },
): Promise<{ rotated: number; locks: number }> {
  let rotated = 0;
  let locks = 0;
  for (let round = 1; round <= rotations; round++) {
    const rotation = conductor.rotate(secretArn, { attempts: 1 });
    const working = work(400);
    if (round % 4 === 2) await fleet.crash(round);
    const [outcome] = await Promise.all([rotation, working]);
    if (outcome.succeeded) rotated += 1;
    clock.advance(PAUSE_MS);
    // An app that finds its session gone tries again.
    await work(200);
    await work(200);
    if (!platform.truth(username).locked) continue;
    locks += 1;
    // Support unlocks it, and everybody tries again an hour later.
    clock.advance(HOUR_MS);
    platform.support.unlock(username);
  }
  return { rotated, locks };
}

/** One line a figure: both fleets side by side, and whether the library's is as promised. */
function checksOf(library: Played, plain: Played, rotations: number, troubles: boolean): Check[] {
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

/** The other kinds of apps, by what their programs saw. */
function kindsCheck({ others }: Played): Check {
  const words = others.map(({ kind, requests, failures }) => {
    const first = failures[0] === undefined ? '' : ` (${failures[0]})`;
    return `${kind} ${failures.length} of ${requests}${first}`;
  });
  const failed = others.some(({ failures }) => failures.length > 0);
  return check(`Requests that failed, other kinds ${words.join(', ')}`, others.length > 0 && !failed);
}

/** Python's requests have no number: as many were executed as it had answers. */
function onceCheck({ requests, failed, others, executed }: Played): Check {
  const answered = (each: readonly KindFigures[]) =>
    each.reduce((sum, { requests, failures }) => sum + requests - failures.length, 0);
  const unnumbered = answered(others.filter(({ kind }) => kind === 'Python'));
  const numbered = requests - failed + answered(others) - unnumbered;
  const all = executed.requests + executed.unnumbered;
  const again = executed.again + executed.unnumbered - unnumbered;
  return check(
    `Requests executed twice: ${again} of ${all}`,
    again === 0 && executed.requests >= numbered && executed.unnumbered === unnumbered,
  );
}
