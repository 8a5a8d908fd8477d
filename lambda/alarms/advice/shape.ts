import type { Step } from '../steps.ts';

/** What is said about an event, before it is laid out for e-mail, SMS or a machine. */
export type Advice = {
  /** What happened, in a few words without the username; opens subject and SMS. */
  headline: string;
  /** The SMS's second half: the one thing to know. With the headline at most 90 GSM characters. */
  brief: string;
  happened: string[];
  /** What happens next without anybody's help. */
  next: string[];
  /** Empty when nobody must do anything. */
  todo: Step[];
  never: string[];
  /** Details for whoever searches logs: name and value. */
  facts: [name: string, value: string][];
};

/** What is said about a standing trouble; the facts are added for all alike. */
export type TroubleAdvice = Omit<Advice, 'facts'>;
