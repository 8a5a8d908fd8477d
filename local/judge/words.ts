/** The text of a message or error, the name of either, and its facts (members of the alarm's JSON). */
export type Said = { by: string; text: string; facts: Readonly<Record<string, unknown>> };

/** A message as SNS took it. */
export type Rendered = { email: string; sms: string; json: string };

/**
 * The parts of a message that say what is so: the headline, WHAT HAPPENED and the SMS. The other sections say what
 * follows, and under which condition.
 */
export function saidBy({ email, sms, json }: Rendered): Said {
  const [headline = ''] = email.split('\n', 1);
  const [, happened = ''] = /^WHAT HAPPENED\n([\s\S]*?)\n\nWHAT HAPPENS NEXT/m.exec(email) ?? [];
  const facts = JSON.parse(json);
  return {
    by: facts.event,
    text: [ended(headline.replace(/ \(ThingSpace username .*\)$/, '')), happened, ended(sms)].join('\n'),
    facts,
  };
}

/** Returns the part of a message that announces the next events without an operator. */
export const nextSaidBy = ({ email }: Pick<Rendered, 'email'>): string =>
  /^WHAT HAPPENS NEXT BY ITSELF\n([\s\S]*?)\n\nWHAT TO DO/m.exec(email)?.[1] ?? '';

const ended = (line: string): string => (/[.!?]$/.test(line) ? line : `${line}.`);

/** A sentence with such a beginning says what holds under a condition, or asks for something. */
const CONDITIONAL =
  /^(?:If|When|Where|Unless|Until|Otherwise|Should|After|Before|Have|Store|Find|Check|Restart|Look)\b|^It (?:works|is refused):/;

/** The sentences that claim something. Quotations are left out: they are names of other messages and commands. */
export function claimsIn(text: string): string[] {
  return text
    .replaceAll(/"[^"]*"|`[^`]*`/g, '"…"')
    .split(/(?<=[.!?])\s+|\n/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !CONDITIONAL.test(sentence));
}
