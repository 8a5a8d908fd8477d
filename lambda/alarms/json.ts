import type { AlarmEvent, Standing } from './event.ts';
import { instant } from './legible.ts';
// Only the type: the bundle does not need the validator for a shape that a test checks for every event.
import type { Message } from './message.ts';
import { severityOf } from './severity.ts';
import { leftOf } from './standing.ts';

/** DynamoDB's own limit for a key; it keeps the whole message below SNS's 256 KiB, however long an app's name is. */
const maxTextChars = 2048;
/** The members whose numbers are instants. */
const INSTANT = /^(?:at|until|since(?:Ms)?|notStoredSince|\w+At)$/;

/** Writes an event as machines get it: instants in ISO 8601, texts cut to their bound, the standing as `lockout`. */
export function messageOf(event: AlarmEvent, summary: string, runbook: string): Message {
  const { id, at, credential, username, secretArn, droppedBefore, lastAct, event: name, ...facts } = event;
  const message = {
    schema: 'thingspace-rotation-alarm/1',
    ...written({ id, at }),
    severity: severityOf(event),
    ...written({ credential, username, secretArn }),
    ...{ summary, runbook },
    ...written({ droppedBefore, lastAct }),
    event: name,
    ...written(facts),
  };
  return message as unknown as Message;
}

/** JSON in ASCII only: SNS refuses characters that XML cannot carry, and JSON can escape them all. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function written(members: object): Record<string, unknown> {
  const lockout = 'exposure' in members ? lockoutOf(members as Standing) : undefined;
  const written = Object.entries(members)
    .filter(([name, value]) => value !== undefined && !Object.hasOwn(lockout ?? {}, name))
    .map(([name, value]) => [name === 'sinceMs' ? 'since' : name, writtenAs(name, value)]);
  return { ...(lockout && { lockout }), ...Object.fromEntries(written) };
}

function writtenAs(name: string, value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, maxTextChars);
  if (typeof value === 'number') return INSTANT.test(name) ? instant(value) : value;
  if (Array.isArray(value)) return value.map((item) => writtenAs(name, item));
  return typeof value === 'object' && value !== null ? written(value) : value;
}

function lockoutOf(standing: Standing) {
  const { exposure, possible, limit, budget } = standing;
  return { exposure, ...(possible === undefined ? {} : { possible }), limit, budget, left: leftOf(standing) };
}
