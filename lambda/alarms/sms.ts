import type { Advice } from './advice.ts';
import type { AlarmEvent } from './event.ts';
import { gsmLine } from './legible.ts';
import { severityOf } from './severity.ts';

/** SNS: 140 ASCII characters travel as one SMS (API reference of Publish). */
const maxChars = 140;
/** The longest headline and brief leave this much; a test holds them to it. */
const maxUsernameChars = 20;

export function smsOf(event: AlarmEvent, advice: Advice): string {
  const severity = severityOf(event).toUpperCase();
  const username = gsmLine(event.username, maxUsernameChars);
  return gsmLine(`${severity} ThingSpace ${username}: ${advice.headline}. ${advice.brief}`, maxChars);
}
