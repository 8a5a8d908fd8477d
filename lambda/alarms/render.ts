import { situationOf } from '../situations/of-event.ts';
import { adviceOn } from './advice.ts';
import { emailOf, subjectOf } from './email.ts';
import type { AlarmEvent } from './event.ts';
import { asciiJson, messageOf } from './json.ts';
import { labelOf } from './label.ts';
import { defaultSetting, type Setting } from './setting.ts';
import { type Severity, severityOf } from './severity.ts';
import { smsOf } from './sms.ts';

/** An event as its receivers see it. */
export type Rendered = {
  /** The subject of the e-mail: printable ASCII, fewer than 100 characters. */
  subject: string;
  email: string;
  /** At most 140 GSM characters. */
  sms: string;
  /** One JSON object of `Message` (docs/reference/alarm-schema.json), in ASCII. */
  json: string;
  /** The attributes on which subscriptions filter. `credential` is the label of the username (label.ts). */
  attributes: { severity: Severity; event: AlarmEvent['event']; credential: string };
};

/** Renders an event. Pure; never fails, whatever the event's texts hold. */
export function render(event: AlarmEvent, setting: Partial<Setting> = {}): Rendered {
  const complete = { ...defaultSetting, ...setting };
  const advice = adviceOn(event, complete);
  const runbook = `${complete.runbookUrl}#${situationOf(event).section}`;
  const subject = subjectOf(event, advice);
  return {
    subject,
    email: emailOf(event, advice, runbook),
    sms: smsOf(event, advice),
    json: asciiJson(messageOf(event, subject, runbook)),
    attributes: {
      severity: severityOf(event),
      event: event.event,
      credential: labelOf(event.credential),
    },
  };
}
