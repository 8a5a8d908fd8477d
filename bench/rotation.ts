import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../lambda/thingspace/api.ts';
import { startWorld, type World } from '../local/world.ts';
import { printHeads, printRow, spread } from './measure.ts';

/** The latency of each remote call, half of it on the way there and half on the way back. */
export type Latency = { awsMs: number; thingSpaceMs: number };

const CPU = 'CPU time in ms: ';

/** One rotation as the bench measured it. */
type Measured = {
  /** CPU time of the function's whole process, its start included. */
  cpuMs: number;
  /** Remote calls of the four steps. */
  calls: number;
  /** From RotateSecret to the end of finishSecret. */
  elapsedMs: number;
  /** From the moment the old password is dead until AWSCURRENT holds the new one. */
  staleMs: number;
};

/** Rotates with each bundle in turn, and prints how each compares with the last. */
export async function compareRotations(
  bundles: readonly { what: string; handlerFile: string; transport?: Transport }[],
  latency: Latency,
  runs: number,
): Promise<void> {
  const worlds = await Promise.all(
    bundles.map(({ handlerFile, transport }) =>
      startWorld({ handlerFile: sayingCpu(handlerFile), transport: transport ?? 'soap' }),
    ),
  );
  const measured = worlds.map((): Measured[] => []);
  try {
    // The first rotation of a username makes two calls that no other makes.
    for (const world of worlds) await world.conductor.rotate(world.secretArn, { attempts: 1 });
    for (let run = 0; run < runs; run += 1) {
      for (const [at, world] of worlds.entries()) measured[at]?.push(await rotateOnce(world, latency));
    }
  } finally {
    for (const world of worlds) await world.close();
  }
  print(
    bundles.map(({ what }, at) => ({ what, measured: measured[at] ?? [] })),
    latency,
  );
}

/** The module with a line in its log after each step: how much CPU time the process has taken so far. */
function sayingCpu(handlerFile: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'bench-cpu-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'index.mjs');
  writeFileSync(
    file,
    `import { handler as inner } from ${JSON.stringify(handlerFile)};
    export const handler = (...given) => inner(...given).finally(() => {
      const { user, system } = process.cpuUsage();
      console.log('${CPU}' + (user + system) / 1000);
    });`,
  );
  return file;
}

/** In a process that starts with it, as in AWS: two rotations are 90 days apart. */
async function rotateOnce(world: World, { awsMs, thingSpaceMs }: Latency): Promise<Measured> {
  const { gateway, conductor, secretArn, platform, username } = world;
  await gateway.onKill();
  let calls = 0;
  let deadAtMs: number | undefined;
  let staleMs = 0;
  const halfOf = (service: string) => (service === 'thingspace' ? thingSpaceMs : awsMs) / 2;
  gateway.decide = async ({ service, operation }): Promise<'ok'> => {
    if (operation === 'RotateSecret') return 'ok';
    calls += 1;
    await pass(halfOf(service));
    return 'ok';
  };
  gateway.onAnswer = async ({ service, operation }) => {
    if (operation === 'RotateSecret') return;
    const isStale = world.storedPassword() !== platform.truth(username).password;
    if (isStale) deadAtMs ??= performance.now();
    else if (deadAtMs !== undefined && staleMs === 0) staleMs = performance.now() - deadAtMs;
    await pass(halfOf(service));
  };
  const startedAtMs = performance.now();
  const { succeeded, error } = await conductor.rotate(secretArn, { attempts: 1 });
  const elapsedMs = performance.now() - startedAtMs;
  if (!succeeded) throw new Error(`The rotation failed: ${error?.errorMessage}`);
  const told = world.aws.logs.lines(world.logGroupName).findLast((line) => line.startsWith(CPU));
  return { cpuMs: Number(told?.slice(CPU.length)), calls, elapsedMs, staleMs };
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function print(
  rows: readonly { what: string; measured: readonly Measured[] }[],
  { awsMs, thingSpaceMs }: Latency,
): void {
  const title = `one rotation: ${awsMs} ms a call of AWS, ${thingSpaceMs} ms a call of ThingSpace`;
  printHeads(title, ['runs', 'calls', 'fastest', 'median', 'stale', 'CPU']);
  const medians = rows.map(({ what, measured }) => {
    const elapsed = spread(measured.map(({ elapsedMs }) => elapsedMs));
    const stale = spread(measured.map(({ staleMs }) => staleMs));
    const calls = Math.max(...measured.map((one) => one.calls));
    const cpu = spread(measured.map(({ cpuMs }) => cpuMs));
    const numbers = [calls, elapsed.fastest, elapsed.median, stale.median, cpu.median];
    printRow(what, [measured.length, ...numbers.map((number) => number.toFixed(0))]);
    return { what, elapsed: elapsed.median, stale: stale.median, cpu: cpu.median };
  });
  const theirs = medians.at(-1);
  if (!theirs) return;
  for (const ours of medians.slice(0, -1)) {
    const [elapsed, stale, cpu] = [
      ours.elapsed / theirs.elapsed,
      ours.stale / theirs.stale,
      ours.cpu / theirs.cpu,
    ];
    console.log(
      `${ours.what}, of the template’s: ${elapsed.toFixed(2)} of the time, ${cpu.toFixed(2)} of the CPU time, ${stale.toFixed(2)} of the stale window in which AWSCURRENT holds a dead password`,
    );
  }
}
