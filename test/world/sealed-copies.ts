import { decrypt, readEnvelope } from '../../lambda/sealing/envelope.ts';
import type { AnswerContent } from '../../lambda/thingspace/api.ts';
import { createSoapApi } from '../../lambda/thingspace/soap.ts';
import type { Aws } from './memory-aws.ts';

const { readNewPassword } = createSoapApi({ baseUrl: 'http://127.0.0.1:1' });

type Opened = {
  about: string;
  part: number;
  password?: string;
  described?: Omit<AnswerContent, 'body'>;
  body?: Buffer;
};

/** What each envelope holds, by its text: every look at a world meets the same ones again. */
const opened = new Map<string, Opened | undefined>();

/** All sealed answers of a world, and the passwords in them by attempt. The observer has every key. */
export function sealedIn({ log, orphans, table, keys }: Aws): {
  passwords: Map<string, string>;
  count: number;
} {
  const byAttempt = Map.groupBy(
    [...envelopesIn(log), ...orphans.values(), ...[...table.values()].flatMap(envelopesOfItem)]
      .map((text) => openOnce(text, keys))
      .filter((found) => found !== undefined),
    ({ about }) => about,
  );
  const passwords = new Map<string, string>();
  for (const [attempt, parts] of byAttempt) {
    const password = passwordIn(parts);
    if (password !== undefined) passwords.set(attempt, password);
  }
  return { passwords, count: byAttempt.size };
}

function envelopesIn(log: Aws['log']): string[] {
  return log
    .filter(({ line }) => line.includes('sealedEnvelope'))
    .map(({ line }) => String(JSON.parse(line).sealedEnvelope));
}

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
