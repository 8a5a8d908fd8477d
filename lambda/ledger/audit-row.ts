import * as v from 'valibot';
import type { AlarmEvent } from '../alarms/event.ts';
import { openObject } from './open-object.ts';

/** The outcome of one log-in attempt, exchange or override, or an event of the protocol, for the audit trail. */
export const auditRow = openObject({
  attempt: v.string(),
  at: v.number(),
  actor: v.string(),
  purpose: v.string(),
  secretArn: v.string(),
  versionId: v.string(),
  outcome: v.string(),
  code: v.optional(v.string()),
  exposure: v.number(),
  /** The rotation of an event (ClientRequestToken). */
  token: v.optional(v.string()),
  /** The trouble of a `standing-trouble` or a `trouble-over`. */
  trouble: v.optional(v.string()),
  /** The operator's reason for the act. */
  reason: v.optional(v.string()),
});
export type AuditRow = v.InferOutput<typeof auditRow>;

/** The purpose of a row about an event: its outcome is the event's name, as in the alarms. */
export const EVENT = 'event';

/**
 * Notes an event in the audit trail, in the write that makes it: messages pass, and the trail stays. A failed log-in
 * has the row of its attempt.
 */
export function noteEvent(item: Noted, event: AlarmEvent): void {
  if (event.event === 'failed-log-in') return;
  const { failed = 0, inFlight = {} } = item;
  item.auditRows.push({
    attempt: event.id,
    at: event.at,
    actor: byWhom(event),
    purpose: EVENT,
    secretArn: event.secretArn,
    versionId: 'versionId' in event ? (event.versionId ?? '') : '',
    outcome: event.event,
    exposure: failed + Object.keys(inFlight).length,
    ...('token' in event && event.token !== undefined ? { token: event.token } : {}),
    ...('trouble' in event ? { trouble: event.trouble } : {}),
  });
}

/** The reader of a secret, or of a sealed answer; every other event is the ledger's own. */
function byWhom(event: AlarmEvent): string {
  if (event.event === 'secret-read') return event.who;
  return event.event === 'sealed-answer-opened' ? event.actor : 'ledger';
}

/** An item with its rows. The item of the holds has no counts. */
type Noted = { auditRows: AuditRow[]; failed?: number; inFlight?: Readonly<Record<string, unknown>> };
