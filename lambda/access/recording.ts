import type { Audit, AuditOutcome, AuditRecord } from './audit.ts';
import type { CountName } from './metrics.ts';
import { Refusal } from './refusal.ts';

/** The parts by which a request is recorded. */
export type Recording = {
  audit: Audit;
  count(name: CountName): void;
  log(message: string, facts: Record<string, unknown>): void;
};

/** Writes the record before the request takes effect. @throws Refusal `NotRecorded` */
export const begin = (recording: Recording, record: AuditRecord): Promise<void> =>
  orNotRecorded(recording, 'Nothing was sent', () => recording.audit.begin(record));

/**
 * Writes record and outcome in one, before the caller gets the session. A log-in may have been sent for it.
 * @throws Refusal `NotRecorded`
 */
export const conclude = (recording: Recording, record: AuditRecord, outcome: AuditOutcome): Promise<void> =>
  orNotRecorded(recording, 'No session was handed out', () => recording.audit.conclude(record, outcome));

async function orNotRecorded({ log }: Recording, what: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (failure) {
    log('A request could not be recorded', { failure: (failure as Error).message });
    throw new Refusal('NotRecorded', `${what}: the request could not be recorded. Try again.`);
  }
}

/**
 * Records the outcome. Never throws, because the caller gets the answer in any case; a record without an outcome reads
 * as unknown.
 */
export async function end(
  { audit, count, log }: Recording,
  record: AuditRecord,
  outcome: AuditOutcome,
): Promise<void> {
  try {
    await audit.end(record, outcome);
  } catch (failure) {
    count('AccessFailed');
    const { requestId } = record;
    log('An outcome could not be recorded: the record reads as unknown', {
      requestId,
      outcome: outcome.outcome,
      failure: (failure as Error).message,
    });
  }
}
