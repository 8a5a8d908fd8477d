import { decrypt, readEnvelope } from '../../lambda/sealing/seal-answer.ts';
import type { AnswerContent } from '../../lambda/thingspace/api.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import type { Aws } from './memory-aws.ts';

type Opened = {
  about: string;
  part: number;
  password?: string;
  described?: Omit<AnswerContent, 'body'>;
  body?: Buffer;
};

type Kept = Pick<Aws, 'log' | 'orphans' | 'table' | 'keys' | 'logSearch'>;

/** The content of each envelope, by its text: every look at a world meets the same envelopes again. */
const opened = new Map<string, Opened | undefined>();

/**
 * The passwords in all sealed answers of a world, by attempt: in the ledger, in the log, and those lines of the log
 * that no search finds yet. The observer has every key. `count`: of the answers, readable or not.
 */
export function sealedIn({ log, orphans, table, keys, logSearch }: Kept, nowMs: number) {
  const lines = log.filter(({ line }) => line.includes('sealedEnvelope'));
  const late = lines.filter(({ at }) => at > nowMs - logSearch.delayMs).map(envelopeIn);
  const found = lines.filter(({ at }) => at <= nowMs - logSearch.delayMs).map(envelopeIn);
  const kept = [...found, ...orphans.values(), ...[...table.values()].flatMap(envelopesOfItem)];
  const sealed = passwordsIn(kept, keys);
  const all = passwordsIn([...kept, ...late], keys);
  return {
    sealed: sealed.passwords,
    sealedLate: new Map([...all.passwords].filter(([attempt]) => !sealed.passwords.has(attempt))),
    count: all.count,
  };
}

function passwordsIn(envelopes: readonly string[], keys: Aws['keys']) {
  const byAttempt = Map.groupBy(
    envelopes.map((text) => openOnce(text, keys)).filter((one) => one !== undefined),
    ({ about }) => about,
  );
  const passwords = new Map<string, string>();
  for (const [attempt, parts] of byAttempt) {
    const password = passwordIn(parts);
    if (password !== undefined) passwords.set(attempt, password);
  }
  return { passwords, count: byAttempt.size };
}

const envelopeIn = ({ line }: { line: string }): string => String(JSON.parse(line).sealedEnvelope);

function envelopesOfItem(text: string): string[] {
  if (!text.includes('"envelope"') && !text.includes('"setAside":{"')) return [];
  const { journal = {}, setAside = {} } = JSON.parse(text);
  return [journal.envelope, ...Object.values(setAside)].filter((envelope) => typeof envelope === 'string');
}

function openOnce(text: string, keys: Aws['keys']) {
  if (!opened.has(text)) {
    if (opened.size > 5_000) opened.clear();
    opened.set(text, openEnvelope(text, keys));
  }
  return opened.get(text);
}

function openEnvelope(text: string, keys: Aws['keys']): Opened | undefined {
  try {
    const { header, ...sealed } = readEnvelope(text);
    const known = keys.get(sealed.wrappedKey);
    if (!known) return undefined;
    const bytes = decrypt({ header, ...sealed }, known.key);
    if (header.version === 2 && header.kind === 'password')
      return { about: header.attempt, part: 0, password: bytes.toString() };
    const end = header.version === 1 ? -1 : bytes.indexOf('\n');
    const described = end < 0 ? {} : JSON.parse(bytes.toString('utf8', 0, end));
    const part = header.version === 1 ? 1 : header.part;
    return { about: header.attempt, part, described, body: bytes.subarray(end + 1) };
  } catch {
    return undefined;
  }
}

function passwordIn(parts: readonly Opened[]): string | undefined {
  const alone = parts.find(({ password }) => password !== undefined);
  if (alone) return alone.password;
  const inOrder = [...new Map(parts.map((part) => [part.part, part]))]
    .sort(([one], [other]) => one - other)
    .map(([, part]) => part);
  const body = Buffer.concat(inOrder.flatMap((part) => part.body ?? []));
  const read = readNewPassword({ ...inOrder[0]?.described, body });
  return read.outcome === 'done' ? read.value : undefined;
}
