import { randomUUID } from 'node:crypto';
import { Session } from 'node:inspector/promises';
import { createWorld } from '../world/world.ts';

/** A file of the function, and its named functions that ran. */
export type Stop = { file: string; functions: string[] };

/**
 * Runs one healthy `createSecret` in memory, in a process that has rotated before, and returns the stops of its
 * reader: the files and named functions of `lambda/` that ran, by V8's precise coverage. Functions without a name are
 * part of the function around them.
 */
export async function stopsOfCreateSecret(): Promise<Stop[]> {
  // Each password is hashed here: no other world has made it.
  const world = createWorld({ keepsProcess: true, nextPassword: () => randomUUID() });
  await world.rotate();
  const token = randomUUID();
  world.aws.stage(token);
  const stops = await functionsThatRan(async () => {
    const ended = await world.step('createSecret', token);
    if (ended.outcome !== 'done') throw new Error(`createSecret ended as ${ended.outcome}`);
  });
  return stops.sort((a, b) => a.file.localeCompare(b.file));
}

async function functionsThatRan(run: () => Promise<void>): Promise<Stop[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await session.post('Profiler.takePreciseCoverage');
    await run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result.flatMap(({ url, functions }) => {
      const file = /lambda\/[\w/.-]+\.ts/.exec(url)?.[0];
      const ran = functions.filter(
        ({ functionName, ranges }) => /^\w+$/.test(functionName) && ranges[0]?.count,
      );
      return file === undefined || ran.length === 0
        ? []
        : [{ file, functions: ran.map(({ functionName }) => functionName) }];
    });
  } finally {
    await session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

export type Count = { files: number; functions: number };

/** Counts stops by folder, and all of them. */
export function countByFolder(stops: readonly Stop[]): { folders: Record<string, Count>; all: Count } {
  const count = (some: readonly Stop[]) => ({
    files: some.length,
    functions: some.reduce((sum, { functions }) => sum + functions.length, 0),
  });
  const byFolder = Map.groupBy(stops, ({ file }) => file.slice(0, file.lastIndexOf('/')));
  const folders = Object.fromEntries([...byFolder].map(([folder, some]) => [folder, count(some)]));
  return { folders, all: count(stops) };
}
