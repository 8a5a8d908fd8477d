import type { Step } from './steps.ts';

/** `well`: no step is due. `goes-on`: unfinished, and it ends by itself. `act`: an operator must act. */
export type Wellness = 'well' | 'goes-on' | 'act';

/**
 * One situation of a credential, a message, or a fault: its only text. Subject, SMS, e-mail, `status`, `explain` and
 * the runbook's section are renderings of it; a message adds its own facts. A message's severity depends on these
 * (alarms/severity.ts).
 */
export type Situation = {
  wellness: Wellness;
  /** The headline of a message, and the verdict of `status`. No other situation begins with the same words. */
  short: string;
  /** The second half of the SMS; with the headline at most 90 GSM characters. Only of a situation that has a message. */
  brief?: string;
  means: string;
  /** The next events without an act of an operator. */
  byItself: string;
  /** Empty when the reader need not act. `status` shows those that help now. */
  todo: readonly Step[];
  never?: readonly string[];
  /** The section of docs/runbook.md. */
  section: string;
  /** The errors, metrics, alarms of the template, and codes that mean it. */
  names?: readonly string[];
};
