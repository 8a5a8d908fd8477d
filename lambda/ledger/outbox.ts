import * as v from 'valibot';
import type { AlarmEvent } from '../alarms/event.ts';

/**
 * Alarms waiting in the ledger item. They are written together with what they tell of and removed once
 * published, so that a process that dies in between leaves the announcement to the next one.
 */
const about = { id: v.string(), event: v.string(), credential: v.string() };
export const alarmEventSchema = v.custom<AlarmEvent>((input) => v.is(v.looseObject(about), input));
