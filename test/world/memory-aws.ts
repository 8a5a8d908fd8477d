import type { AlarmEvent, Readers } from '../../lambda/alarms/event.ts';
import type { Alarms } from '../../lambda/alarms/publish.ts';
import type { ItemStore } from '../../lambda/ledger/items.ts';
import { type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';
import { answerIn, linesOf, linesWritten, type SealedLog } from '../../lambda/sealing/sealed-log.ts';
import { NetworkError, type Process, type Wire } from './fate.ts';
import { createItems } from './memory-items.ts';
import { createKms } from './memory-kms.ts';
import type { MemorySecret } from './memory-secrets.ts';

/** AWS in memory: the state that outlives every process, as its services document it. */
export type Aws = ReturnType<typeof createAws>;

/** Told of an alarm when it is first stored in a ledger item, and when SNS takes it. */
export type AwsObserver = {
  queued?: (event: AlarmEvent, process: Process) => void;
  published?: (event: AlarmEvent, process: Process) => void;
};

export function createAws(
  nowMs: () => number,
  secret: MemorySecret,
  /** Shared by the credentials of a service. */
  table = new Map<string, string>(),
  observer: AwsObserver = {},
  /** The time in DynamoDB's answers. */
  dynamoDbNow = nowMs,
) {
  const { over, ...items } = createItems(dynamoDbNow, table);
  const kms = createKms();
  const published: AlarmEvent[] = [];
  const log: { at: number; line: string }[] = [];
  /** A line of the log is found by a search only so long after it was written. */
  const logSearch = { delayMs: 0 };
  /** As CloudTrail would show them. */
  const trail: { readers: Readers } = { readers: { listed: [], more: 0, sinceMs: 0 } };

  return {
    ...secret,
    ...items,
    published,
    log,
    keys: kms.keys,
    logSearch,
    trail,

    items: (wire: Wire, process: Process): ItemStore =>
      over(
        (operation, effect) => wire.remote(process, operation, effect),
        ({ outbox }) => {
          for (const event of outbox) observer.queued?.(event, process);
        },
      ),

    sealer: (wire: Wire, process: Process): Sealer => ({
      newKey: (context) =>
        wire.remote(process, 'GenerateDataKey', () => kms.generateDataKey(context)).catch(keyError),
      unwrap: (wrapped, context) =>
        wire
          .remote(process, 'Decrypt', () => {
            const key = kms.decrypt(wrapped, context);
            if (!key) throw new NetworkError('InvalidCiphertext');
            return key;
          })
          .catch(keyError),
    }),

    sealedLog: (wire: Wire, process: Process): SealedLog => ({
      write: (attempt, envelopes) =>
        wire.local(process, 'stdout', () => {
          for (const line of linesOf(attempt, envelopes)) log.push({ at: nowMs(), line });
        }),
      find: (attempt, startedAt) =>
        wire.remote(process, 'FilterLogEvents', () => {
          const { sinceMs, untilMs } = linesWritten(startedAt);
          const last = Math.min(untilMs, nowMs() - logSearch.delayMs);
          const lines = log.filter(({ at }) => at >= sinceMs && at <= last).map(({ line }) => line);
          return answerIn(lines, attempt);
        }),
    }),

    alarms: (wire: Wire, process: Process): Alarms => ({
      publish: async (event) => {
        try {
          await wire.remote(process, 'Publish', () => {
            published.push(event);
            observer.published?.(event, process);
          });
          return 'published';
        } catch {
          return 'failed';
        }
      },
    }),
  };
}

/** As `kmsSealer` tells of a key that cannot be used. */
function keyError(cause: unknown): never {
  throw new SealingKeyError('The key cannot be used', { cause });
}
