import type { Terminal } from './desk.ts';
import { UsageError } from './errors.ts';
import { alarms, errors, type Told, troubles } from './explanations.ts';
import { type FindingName, findings } from './findings.ts';
import { commandOf } from './next-words.ts';

export type Explanation = Told & { about: string; secretArn?: string };

/**
 * Says of a pasted message (JSON, or a mail's text), an error's name or a state what it means, what happens by
 * itself and what to do. Asks nobody.
 * @throws UsageError when nothing in it is known
 */
export function explain(
  terminal: Pick<Terminal, 'say'>,
  text: string,
  { json }: { json?: boolean } = {},
): void {
  const told = explanationOf(text);
  if (!told) {
    throw new UsageError(
      'The text holds no known name. Paste a whole message, or an error’s name such as CredentialLostError, or ask `status`.',
    );
  }
  const command = commandOf(told.todo, told.secretArn);
  if (json) {
    terminal.say(JSON.stringify({ ...told, todo: command }, null, 2));
    return;
  }
  terminal.say(`${told.about}: ${told.means}`);
  terminal.say(`By itself: ${told.byItself}`);
  terminal.say(`Do: ${command}`);
  terminal.say(`More: docs/runbook.md#${told.section}`);
}

/** The trouble before its event: it says more. */
export function explanationOf(text: string): Explanation | undefined {
  const secretArn = /arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[\w/+=.@-]+/.exec(text)?.[0];
  const about = nameIn(text);
  if (about === undefined) return undefined;
  return { about, ...meaningOf(about), ...(secretArn === undefined ? {} : { secretArn }) };
}

/** Of several names the most particular one: a trouble or state, then an error, then an event. */
function nameIn(text: string): string | undefined {
  const words = new Set(text.match(/[A-Za-z]+(?:-[a-z]+)*/g) ?? []);
  const kinds = [troubles, errors, alarms, findings] as const;
  const marked = /"trouble"\s*:\s*"([\w-]+)"/.exec(text)?.[1] ?? /"event"\s*:\s*"([\w-]+)"/.exec(text)?.[1];
  if (marked !== undefined && kinds.some((kind) => Object.hasOwn(kind, marked))) return marked;
  if (Object.hasOwn(findings, text.trim())) return text.trim();
  const eventsFirst = [errors, alarms, troubles, findings];
  for (const kind of eventsFirst) {
    // Words such as "lost" and "unknown" occur in any text: they count only alone.
    const name = Object.keys(kind).find((key) => (/[-A-Z]/.test(key) ? words.has(key) : text.trim() === key));
    if (name !== undefined) return name;
  }
  return undefined;
}

function meaningOf(name: string): Told {
  const found = Object.hasOwn(troubles, name)
    ? troubles[name as keyof typeof troubles]
    : (errors[name] ??
      (Object.hasOwn(alarms, name) ? alarms[name as keyof typeof alarms] : (name as FindingName)));
  if (typeof found !== 'string') return found;
  const { means, byItself, section } = findings[found];
  return { means, byItself, section, todo: 'status' };
}
