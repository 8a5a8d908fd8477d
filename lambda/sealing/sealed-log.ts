import { writeSync } from 'node:fs';

const STDOUT = 1;

/** The first place of a sealed answer: the function's own log, which needs no network call of the function. */
export interface SealedLog {
  /**
   * Writes one line for each envelope that `seal` returned. Synchronous: when it returns, the bytes have left the
   * process.
   */
  write(attempt: string, envelopes: readonly string[]): void;
  /**
   * Returns the envelopes of an attempt in the log of earlier invocations; undefined when there is none.
   * @param startedAt when the attempt began, in milliseconds since 1970
   * @param deadlineMs until when to search, by the clock of the search
   * @throws what the search throws; LogSearchUnfinishedError when the log was not searched to its end
   */
  find(attempt: string, startedAt: number, deadlineMs: number): Promise<FoundAnswer | undefined>;
}

type FoundAnswer = {
  /** In the order of the parts. */
  envelopes: string[];
  /**
   * The parts that are not in the log, counted from 1: their lines are not searchable yet, or were never written. If
   * one is missing, the envelopes do not hold the whole answer.
   */
  missing: number[];
};

/** A span of time, in milliseconds since 1970. */
export type Written = { sinceMs: number; untilMs: number };

/** Searches a log group for each line that contains `term` and was written in this time. */
export type SearchLog = (term: string, written: Written, deadlineMs: number) => Promise<string[]>;

/**
 * Returns the time in which the lines of an attempt were written, wide enough for clocks that differ. An invocation
 * ends within 15 minutes. Without the end, a search for a loss of last year would read every line since.
 */
export const linesWritten = (startedAt: number): Written => ({
  sinceMs: startedAt - 60_000,
  untilMs: startedAt + 7 * 24 * 60 * 60_000,
});

export function stdoutSealedLog(search: SearchLog): SealedLog {
  return {
    write(attempt, envelopes) {
      for (const line of linesOf(attempt, envelopes)) writeAll(Buffer.from(`${line}\n`));
    },
    async find(attempt, startedAt, deadlineMs) {
      return answerIn(await search(attempt, linesWritten(startedAt), deadlineMs), attempt);
    },
  };
}

type Line = { attempt?: string; part?: number; parts?: number; sealedEnvelope?: string };

/** Returns the lines of the log for the envelopes of an answer. */
export function linesOf(attempt: string, envelopes: readonly string[]): string[] {
  const parts = envelopes.length;
  return envelopes.map((sealedEnvelope, at) =>
    JSON.stringify({ message: 'Sealed answer', attempt, part: at + 1, parts, sealedEnvelope }),
  );
}

/** Returns the sealed answer of an attempt among lines of the log; a line of an earlier version is the only part. */
export function answerIn(lines: readonly string[], attempt: string): FoundAnswer | undefined {
  const found = new Map<number, string>();
  let parts = 0;
  for (const text of lines) {
    const line = sealedLine(text, attempt);
    if (line?.sealedEnvelope === undefined) continue;
    parts ||= line.parts ?? 1;
    found.set(line.part ?? 1, line.sealedEnvelope);
  }
  if (found.size === 0) return undefined;
  const all = Array.from({ length: parts }, (_, at) => at + 1);
  return {
    envelopes: all.flatMap((part) => found.get(part) ?? []),
    missing: all.filter((part) => !found.has(part)),
  };
}

function sealedLine(text: string, attempt: string): Line | undefined {
  if (!text.includes('sealedEnvelope')) return undefined;
  try {
    const line = JSON.parse(text) as Line;
    return line.attempt === attempt ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Writes all bytes. A full pipe refuses with EAGAIN; the reader is the Lambda runtime, which never stops reading. */
function writeAll(bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'EAGAIN') throw failure;
    }
  }
}
