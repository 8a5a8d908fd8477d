import * as v from 'valibot';
import type { AlarmEvent } from '../alarms/event.ts';
import { type Severity, severityOf } from '../alarms/severity.ts';

/**
 * Alarms waiting in the ledger item. They are written together with what they tell of and removed once
 * published, so that a process that dies in between leaves the announcement to the next one.
 */
const about = { id: v.string(), event: v.string(), credential: v.string() };
export const alarmEventSchema = v.custom<AlarmEvent>((input) => v.is(v.looseObject(about), input));

type Outbox = {
  /** In the order in which they were queued. */
  outbox: AlarmEvent[];
  /** Given up, and not yet said in an alarm. */
  outboxDropped: number;
};

/** Enough for any real backlog; without a bound the item would grow while SNS is denied. */
const MAX_WAITING = 30;
/** What a person must act on is given up only beyond this. */
const MAX_CRITICAL = 60;

/**
 * Lets an alarm wait for publication, once per id. It also says how many were given up before it. (One that
 * waits already may be on its way at this moment, and would not say it.)
 */
export function queueAlarm(state: Outbox, alarm: AlarmEvent): void {
  if (state.outbox.some(({ id }) => id === alarm.id)) return;
  const queued = { ...alarm };
  state.outbox.push(queued);
  trimOutbox(state);
  if (state.outboxDropped === 0 || !state.outbox.includes(queued)) return;
  queued.droppedBefore = state.outboxDropped;
  state.outboxDropped = 0;
}

/** Takes an alarm back that another one tells as well; what it was to say of those before it is still to be said. */
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

/** What a dropped alarm was to say of those before it is still to be said. */
function drop(state: Outbox, index: number): void {
  for (const { droppedBefore = 0 } of state.outbox.splice(index, 1)) state.outboxDropped += 1 + droppedBefore;
}
