import { randomBytes } from 'node:crypto';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import type { Alarms } from '../../lambda/alarms/publish.ts';
import type { ItemStore } from '../../lambda/ledger/change.ts';
import type { AuditRow } from '../../lambda/ledger/state.ts';
import { type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';
import { answerIn, linesOf, linesWritten, type SealedLog } from '../../lambda/sealing/sealed-log.ts';
import { NetworkError, type Process, type Wire } from './fate.ts';
import type { MemorySecret } from './memory-secrets.ts';
import { remembered } from './remembered.ts';

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
  const orphans = new Map<string, string>();
  const usernames = new Map<string, string>();
  const audit: AuditRow[] = [];
  const published: AlarmEvent[] = [];
  const log: { at: number; line: string }[] = [];
  /** A line of the log is found by a search only so long after it was written. */
  const logSearch = { delayMs: 0 };
  const keys = new Map<string, { key: Buffer; context: string }>();
  const revisionIn = remembered((text) => JSON.parse(text).revision);

  return {
    ...secret,
    table,
    orphans,
    audit,
    published,
    log,
    keys,
    logSearch,

    items: (wire: Wire, process: Process): ItemStore => ({
      read: (credential) =>
        wire.remote(process, 'GetItem', () => {
          const item = table.get(credential);
          return { item: item === undefined ? undefined : JSON.parse(item), now: dynamoDbNow() };
        }),
      write: (state, expected) =>
        wire.remote(process, 'PutItem', () => {
          const stored = table.get(state.credential);
          const revision = stored === undefined ? 0 : revisionIn(stored);
          if (revision !== expected) return { outcome: 'conflict' };
          table.set(state.credential, JSON.stringify(state));
          for (const event of state.outbox) observer.queued?.(event, process);
          return { outcome: 'written', now: dynamoDbNow() };
        }),
      audit: (_credential, rows) =>
        wire.remote(process, 'BatchWriteItem', () => {
          for (const row of rows) {
            if (!audit.some(({ attempt, at }) => attempt === row.attempt && at === row.at)) audit.push(row);
          }
        }),
      setAside: (credential, attempt, envelope) =>
        wire.remote(
          process,
          'PutItem (orphan)',
          () => void orphans.set(`${credential} ${attempt}`, envelope),
        ),
      readSetAside: (credential) =>
        wire.remote(process, 'Query', () =>
          Object.fromEntries(
            [...orphans]
              .filter(([key]) => key.startsWith(`${credential} `))
              .map(([key, envelope]) => [key.slice(credential.length + 1), envelope]),
          ),
        ),
      readUsernameOf: (arn) => wire.remote(process, 'GetItem (secret)', () => usernames.get(arn)),
      writeUsernameOf: (arn, username) =>
        wire.remote(process, 'PutItem (secret)', () => void usernames.set(arn, username)),
    }),

    sealer: (wire: Wire, process: Process): Sealer => ({
      newKey: (context) =>
        wire
          .remote(process, 'GenerateDataKey', () => {
            const key = randomBytes(32);
            const wrapped = randomBytes(24);
            keys.set(wrapped.toString('base64'), { key, context: JSON.stringify(context) });
            return { plaintext: Buffer.from(key), wrapped };
          })
          .catch(keyError),
      unwrap: (wrapped, context) =>
        wire
          .remote(process, 'Decrypt', () => {
            const known = keys.get(wrapped.toString('base64'));
            if (!known || known.context !== JSON.stringify(context))
              throw new NetworkError('InvalidCiphertext');
            return Buffer.from(known.key);
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
