import type { CredentialState } from '../lambda/ledger/state.ts';
import { type Envelope, EnvelopeError, readEnvelope } from '../lambda/sealing/seal-answer.ts';

/** A sealed answer, in one envelope or in several parts, and where it was found. */
export type SealedAnswer = { where: string; envelopes: [Envelope, ...Envelope[]] };

/**
 * Returns the sealed answers of the ledger: the journal's first, then the set-aside ones, each attempt's once.
 * @param items the answers in separate items, by attempt
 * @throws EnvelopeError when a stored value does not have the shape of an envelope
 */
export function inLedger(
  { journal, setAside }: Pick<CredentialState, 'journal' | 'setAside'>,
  items: Record<string, string>,
): SealedAnswer[] {
  const answers: SealedAnswer[] = [];
  if ('envelope' in journal && journal.envelope !== undefined) {
    answers.push({ where: 'the journal', envelopes: [readEnvelope(journal.envelope)] });
  }
  for (const text of Object.values({ ...setAside, ...items })) {
    answers.push({ where: 'what was set aside', envelopes: [readEnvelope(text)] });
  }
  return answers;
}

const MAX_DEPTH = 12;

/**
 * Every sealed answer in a text, each once and its parts together: an envelope, a line of the function's log, what
 * `aws logs filter-log-events` or `aws dynamodb get-item` print, or many such lines.
 */
export function inText(text: string): SealedAnswer[] {
  const found = new Map<string, SealedAnswer>();
  const keep = (envelope: Envelope): void => {
    const known = found.get(answerOf(envelope));
    if (known) known.envelopes.push(envelope);
    else found.set(answerOf(envelope), { where: 'the given text', envelopes: [envelope] });
  };
  if (!search(text, 0, keep)) for (const line of text.split('\n')) search(line, 0, keep);
  return [...found.values()];
}

/** Tells answers apart: an attempt may have one in the log and a smaller envelope in the ledger. */
function answerOf({ header }: Envelope): string {
  return JSON.stringify(header.version === 1 ? header : { ...header, part: 1 });
}

/** Looks through JSON, and through JSON inside its strings; returns whether the text was JSON. */
function search(value: unknown, depth: number, keep: (envelope: Envelope) => void): boolean {
  if (depth > MAX_DEPTH) return true;
  if (typeof value === 'string') {
    // A log line may have a time stamp before its JSON.
    const start = value.search(/[[{]/);
    if (start < 0) return false;
    let json: unknown;
    try {
      json = JSON.parse(value.slice(value.indexOf('{') < 0 ? start : value.indexOf('{')));
    } catch {
      return false;
    }
    search(json, depth + 1, keep);
    return true;
  }
  if (typeof value !== 'object' || value === null) return true;
  try {
    keep(readEnvelope(JSON.stringify(value)));
  } catch (failure) {
    if (!(failure instanceof EnvelopeError)) throw failure;
    for (const member of Object.values(value)) search(member, depth + 1, keep);
  }
  return true;
}
