import type * as v from 'valibot';
import type { Terminal } from './desk.ts';
import type { documents } from './documents.ts';

/** Commands whose result is a document of their own; the others' is what they say. */
export const OWN_DOCUMENT: ReadonlySet<string> = new Set([
  'status',
  'audit',
  'changes',
  'access-log',
  'access-may',
  'access-changes',
  'doctor',
  'explain',
  'release',
  'report',
  'agent',
]);

/** The document that a command without its own document prints at its end, for scripts. */
export type Ended = v.InferOutput<(typeof documents)['ended']>;

/** Returns a terminal that keeps its texts; it cannot ask a question. */
export function keptTerminal(terminal: Terminal): { terminal: Terminal; said: string[] } {
  const said: string[] = [];
  return { said, terminal: { ...terminal, isTty: false, say: (text) => void said.push(text) } };
}
