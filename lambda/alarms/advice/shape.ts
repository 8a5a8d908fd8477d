import type { Step } from '../steps.ts';

/** The text about an event, before it is laid out for e-mail, SMS, or a machine. */
export type Advice = {
  /** The event in a few words without the username; it opens subject and SMS. */
  headline: string;
  /** The SMS's second half: the one thing to know. With the headline at most 90 GSM characters. */
  brief: string;
  happened: string[];
  /** The automatic next steps. */
  next: string[];
  /** Empty when the receiver need not act. */
  todo: Step[];
  never: string[];
  /** Details for a search of the logs: name and value. */
  facts: [name: string, value: string][];
};

/** The text about a standing trouble; the facts are the same for all and added later. */
export type TroubleAdvice = Omit<Advice, 'facts'>;
