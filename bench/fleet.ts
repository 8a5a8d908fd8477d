import { IDLE_LIMIT_MS } from '../lambda/session/session-item.ts';
import { type Client, createFleetWorld, MINUTE_MS } from '../test/session/fleet-world.ts';
import type { Process } from '../test/world/fate.ts';
import { USERNAME } from '../test/world/world.ts';
import { printHeads, printRow } from './measure.ts';
import type { Latency } from './rotation.ts';

/** The costs of one situation for a fleet; times are those of the simulated world. */
type Measured = {
  situation: string;
  logIns: number;
  /** Calls of AWS and ThingSpace. */
  callsPerClient: number;
  mostCalls: number;
  /** Writes of the fleet's item, those that came too late included, and of the ledger's. */
  sessionWrites: number;
  ledgerWrites: number;
  failed: number;
  /** Until the last client has done its request. */
  seconds: number;
};

/** Plays fleets in memory, in simulated time, and prints what each situation costs. */
export async function measureFleets(sizes: readonly number[], latency: Latency): Promise<void> {
  for (const size of sizes) {
    printHeads(`${size} clients in simulated time`, HEADS);
    for (const measured of [
      ...(await situationsOf(size, latency, undefined)),
      ...(await situationsOf(size, latency, USERNAME)),
    ]) {
      const { situation, callsPerClient, seconds, ...counts } = measured;
      const { logIns, mostCalls, sessionWrites, ledgerWrites, failed } = counts;
      const shown = [logIns, callsPerClient.toFixed(1), mostCalls, sessionWrites, ledgerWrites, failed];
      printRow(situation, [...shown, seconds.toFixed(1)]);
    }
  }
}

const HEADS = ['log-ins', 'calls each', 'most calls', 'writes', 'of ledger', 'failed', 'seconds'];

async function situationsOf(size: number, { awsMs, thingSpaceMs }: Latency, username?: string) {
  const world = await createFleetWorld({ platform: { logInEndsOlderSessions: true } });
  const calls = new Map<Process, number>();
  world.gate.before = (name, process) => {
    calls.set(process, (calls.get(process) ?? 0) + 1);
    const ms = name === 'LogIn' ? thingSpaceMs : awsMs;
    return world.sleep(ms * (0.5 + world.random.below(1_000) / 1_000));
  };
  const startFleet = () => world.fleetOf(size, { username });
  const suffix = username === undefined ? '' : ', the username is set';

  async function measure(situation: string, clients: Client[]): Promise<Measured> {
    calls.clear();
    const from = world.calls.length;
    const { logIns } = world.truth();
    const startedAtMs = world.clock.nowMs();
    const results = await Promise.allSettled(clients.map(({ work }) => work()));
    const seconds = (world.clock.nowMs() - startedAtMs) / 1000;
    // Notes of the last use run beside the work.
    await world.sleep(5_000);
    const names = world.calls.slice(from).map(({ name }) => name);
    const count = (wanted: string) => names.filter((name) => name === wanted).length;
    return {
      situation: `${situation}${suffix}`,
      logIns: world.truth().logIns - logIns,
      callsPerClient: names.length / clients.length,
      mostCalls: Math.max(0, ...calls.values()),
      sessionWrites: count('PutItem (session)'),
      ledgerWrites: count('PutItem'),
      failed: results.filter(({ status }) => status === 'rejected').length,
      seconds,
    };
  }

  const fleet = startFleet();
  const measured = [
    await measure('start at once, no session', fleet),
    await measure('start at once, a session to join', startFleet()),
  ];
  world.platform.logIn(USERNAME, world.truth().password);
  measured.push(await measure('see one session end', fleet));
  world.clock.advance(6 * MINUTE_MS);
  measured.push(await measure('work again after 6 minutes', fleet));
  world.clock.advance(IDLE_LIMIT_MS);
  measured.push(await measure('work again after 18 idle minutes', fleet));
  return measured;
}
