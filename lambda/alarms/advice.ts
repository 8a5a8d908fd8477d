import { quoted } from '../operator-tool.ts';
import { situationOf } from '../situations/of-event.ts';
import { type Place, type Step, stepCommands, stepWords } from '../situations/steps.ts';
import type { AlarmEvent } from './event.ts';
import { factsOf } from './facts.ts';
import { instant, oneLine } from './legible.ts';
import type { Setting } from './setting.ts';

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
  todo: { text: string; commands: string[] }[];
  never: readonly string[];
  /** Details for a search of the logs: name and value. */
  facts: [name: string, value: string][];
};

/** A secret's name has at most 512 characters (CreateSecret in its API reference), and its ARN some 80 more. */
const MAX_ARN_CHARS = 1_024;

/** Renders the situation of an event, with the facts of that event. */
export function adviceOn(event: AlarmEvent, setting: Setting): Advice {
  const { short, brief = '', means, byItself, todo, never = [] } = situationOf(event);
  const facts = factsOf(event, setting);
  const { secretArn, username } = event;
  const optionOf = (arn: string) => `--secret ${quoted(oneLine(arn, MAX_ARN_CHARS))}`;
  const place: Place = {
    secret: optionOf(secretArn),
    ...(facts.holderArn === undefined ? {} : { holder: optionOf(facts.holderArn) }),
    username: oneLine(username),
    support: oneLine(setting.supportContact),
    until: facts.until ?? '20 minutes after the request',
  };
  const steps: readonly Step[] = facts.steps?.(todo) ?? todo;
  return {
    headline: `${short}${facts.headline ?? ''}`,
    brief: facts.brief?.(brief) ?? brief,
    happened: [means, ...(facts.happened ?? []), ...lastActWords(event)],
    next: [byItself, ...(facts.next ?? [])],
    todo: steps.map((step) => ({ text: stepWords(step, place), commands: stepCommands(step, place) })),
    never,
    facts: facts.details,
  };
}

/** The operator's act before the event. It need not be the cause, and the words do not say so. */
function lastActWords({ lastAct }: AlarmEvent): string[] {
  if (!lastAct) return [];
  const { command, actor, at, reason } = lastAct;
  const why = reason === undefined ? 'No reason was given.' : `The reason given: "${oneLine(reason)}".`;
  return [
    `The last act of an operator before it: "${oneLine(actor)}" ran \`${oneLine(command)}\` at ${instant(at)}. ${why}`,
  ];
}
