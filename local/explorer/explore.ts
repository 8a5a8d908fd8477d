import { type Boundary, boundariesOf, type Fault, type FaultFate, faultsAt } from './fault.ts';
import { type HistoryOptions, playHistory, type Verdict } from './history.ts';
import { type StageOptions, setStage } from './stage.ts';

export type ExploreOptions = StageOptions &
  HistoryOptions & {
    fates: readonly FaultFate[];
    /** Histories at a time. Those that wait for a service cost nothing meanwhile. @default 2 */
    parallel?: number;
    onVerdict?: (verdict: Verdict, done: number, of: number) => void;
  };

/** Records one undisturbed rotation of the bundle. */
export async function recordRotation(options: StageOptions = {}): Promise<Boundary[]> {
  const stage = await setStage(options);
  try {
    const { succeeded, error } = await stage.conductor.rotate(stage.world.secretArn, { attempts: 1 });
    if (!succeeded) throw new Error(`An undisturbed rotation fails with ${error?.errorType}: run npm start.`);
    return boundariesOf(stage.functionCalls);
  } finally {
    await stage.close();
  }
}

/** Every fate at every remote call that a rotation was seen to make. */
export async function explore(options: ExploreOptions): Promise<Verdict[]> {
  const faults = faultsAt(await recordRotation(options), options.fates);
  const verdicts: Verdict[] = [];
  const queue = faults.values();
  const worker = async () => {
    for (let batch = take(queue); batch.length > 0; batch = take(queue)) {
      for await (const verdict of playBatch(batch, options)) {
        verdicts.push(verdict);
        options.onVerdict?.(verdict, verdicts.length, faults.length);
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 2 }, worker));
  return verdicts;
}

/** A few histories on one stage, which saves starting functions; a fresh one after a broken guarantee. */
async function* playBatch(faults: readonly Fault[], options: ExploreOptions): AsyncGenerator<Verdict> {
  let stage = await setStage(options);
  try {
    for (const fault of faults) {
      const verdict = await playHistory(fault, stage, options);
      yield verdict;
      if (verdict.violations.length === 0) continue;
      await stage.close();
      stage = await setStage(options);
    }
  } finally {
    await stage.close();
  }
}

/** So many histories share a stage: the log, which is searched page by page, grows with each. */
const BATCH = 5;

function take(queue: Iterator<Fault>): Fault[] {
  const batch: Fault[] = [];
  while (batch.length < BATCH) {
    const next = queue.next();
    if (next.done) break;
    batch.push(next.value);
  }
  return batch;
}

/** `86 histories: 80 rotated, 4 recovered, 2 lost; 0 violations`. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const ended = (end: Verdict['end']) => verdicts.filter((verdict) => verdict.end === end).length;
  const bad = verdicts.filter(({ violations }) => violations.length > 0).length;
  return (
    `${verdicts.length} histories: ${ended('rotated')} rotated, ${ended('recovered')} recovered, ` +
    `${ended('lost')} lost and announced; ${bad} with violations`
  );
}
