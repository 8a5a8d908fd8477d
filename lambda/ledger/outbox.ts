import * as v from 'valibot';
import type { AlarmEvent, LastAct } from '../alarms/event.ts';
import { type Severity, severityOf } from '../alarms/severity.ts';
import { noteEvent } from './audit-row.ts';

/**
 * Alarms waiting in the ledger item. One write stores an alarm together with the change that it announces; the alarm is
 * removed once published. A process that dies in between leaves the announcement to the next one.
 */
const about = { id: v.string(), event: v.string(), credential: v.string() };
export const alarmEventSchema = v.custom<AlarmEvent>((input) => v.is(v.looseObject(about), input));

type Outbox = {
  /** In the order in which they were queued. */
  outbox: AlarmEvent[];
  /** Alarms given up, and not yet reported in another alarm. */
  outboxDropped: number;
  /** The operator's last act. */
  lastAct?: LastAct | undefined;
};

/** A message names an operator's act for so long after it. */
const ACT_NAMED_MS = 24 * 60 * 60_000;

/** Enough for any real backlog; without a bound the item would grow while SNS is denied. */
const MAX_WAITING = 30;
/** Critical alarms are given up only beyond this number. */
const MAX_CRITICAL = 60;

/**
 * Lets an alarm wait for publication, once per id, with the operator's act of the day before it, and notes it in the
 * audit trail. The alarm also reports how many were given up before it. (An alarm
 * that waits already may be on its way at this moment, and could not report it.)
 */
export function queueAlarm(state: Outbox & Parameters<typeof noteEvent>[0], alarm: AlarmEvent): void {
  if (state.outbox.some(({ id }) => id === alarm.id)) return;
  noteEvent(state, alarm);
  const { lastAct } = state;
  const isRecent = lastAct !== undefined && alarm.at - lastAct.at < ACT_NAMED_MS;
  const queued = { ...alarm, ...(isRecent ? { lastAct: { ...lastAct } } : {}) };
  state.outbox.push(queued);
  trimOutbox(state);
  if (state.outboxDropped === 0 || !state.outbox.includes(queued)) return;
  queued.droppedBefore = state.outboxDropped;
  state.outboxDropped = 0;
}

/**
 * Withdraws an alarm whose facts another one reports as well. The number of alarms given up before it is still to be
 * reported.
 */
export function takeBack<T extends AlarmEvent>(
  state: Outbox,
  isIt: (alarm: AlarmEvent) => alarm is T,
): T | undefined {
  const alarm = state.outbox.find(isIt);
  if (!alarm) return undefined;
  state.outbox = state.outbox.filter((other) => other !== alarm);
  state.outboxDropped += alarm.droppedBefore ?? 0;
  return alarm;
}

/** Gives up what is too much: information first, then warnings, each the oldest first; counts them. */
export function trimOutbox(state: Outbox): void {
  while (state.outbox.length > MAX_WAITING && dropOldest(state, 'info'));
  while (state.outbox.length > MAX_WAITING && dropOldest(state, 'warning'));
  while (state.outbox.length > MAX_CRITICAL) drop(state, 0);
}

function dropOldest(state: Outbox, severity: Severity): boolean {
  const index = state.outbox.findIndex((alarm) => severityOf(alarm) === severity);
  if (index >= 0) drop(state, index);
  return index >= 0;
}

/** Gives an alarm up. The number that it was to report of those before it is still to be reported. */
function drop(state: Outbox, index: number): void {
  for (const { droppedBefore = 0 } of state.outbox.splice(index, 1)) state.outboxDropped += 1 + droppedBefore;
}
