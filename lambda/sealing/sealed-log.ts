import { writeSync } from 'node:fs';

const STDOUT = 1;
const MEMBER = 'sealedEnvelope';

/** Where the sealed answer goes first: the function's own log, which needs no network of ours. */
export interface SealedLog {
  /** Synchronous: when it returns, the bytes have left the process. */
  write(attempt: string, envelope: string): void;
  /** The envelope of an attempt in the log of earlier invocations, if it is there. */
  find(attempt: string, sinceMs: number): Promise<string | undefined>;
}

/** Searches a log group: each line that contains `term`, since a time in milliseconds since 1970. */
export type SearchLog = (term: string, sinceMs: number) => Promise<string[]>;

export function stdoutSealedLog(search: SearchLog): SealedLog {
  return {
    write(attempt, envelope) {
      writeAll(Buffer.from(`${JSON.stringify({ message: 'Sealed answer', attempt, [MEMBER]: envelope })}\n`));
    },
    async find(attempt, sinceMs) {
      for (const line of await search(attempt, sinceMs)) {
        const envelope = envelopeIn(line, attempt);
        if (envelope !== undefined) return envelope;
      }
      return undefined;
    },
  };
}

/** The envelope in one log line, if it is the line of that attempt. */
export function envelopeIn(line: string, attempt: string): string | undefined {
  if (!line.includes(MEMBER)) return undefined;
  try {
    const read = JSON.parse(line) as { attempt?: string; [MEMBER]?: string };
    return read.attempt === attempt ? read[MEMBER] : undefined;
  } catch {
    return undefined;
  }
}

/** A pipe that is full refuses with EAGAIN; the reader is the Lambda runtime, which never stops reading. */
function writeAll(bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'EAGAIN') throw failure;
    }
  }
}
