import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { oneLine } from '../lambda/alarms/legible.ts';
import { noteAct } from '../lambda/ledger/acts.ts';
import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import { queueAlarm } from '../lambda/ledger/outbox.ts';
import { type CredentialState, exposure } from '../lambda/ledger/state.ts';
import { type OpenedAnswer, open as openAnswer, readOpened } from '../lambda/sealing/open-answer.ts';
import type { StoredVersion } from '../lambda/secret/stored-version.ts';
import { isListed } from '../lambda/thingspace/codes.ts';
import { flushAudit } from './audit-rows.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { fileError, noSealedAnswer, UsageError } from './errors.ts';
import { inLog, SEARCHED_DAYS } from './logged-answers.ts';
import type { Acting } from './options.ts';
import { inPlainText, sourceOf } from './plain-answer.ts';
import { writePrivately } from './private-file.ts';
import { inLedger, inText, type SealedAnswer } from './sealed-answers.ts';
import { findTarget, type Named, usernameOf } from './target.ts';
import { iso } from './times.ts';

/** `text` holds sealed answers; without it they are read from the ledger. */
type OpenOptions = Acting & { text?: string | undefined };

/**
 * Opens sealed answers to GetNewPassword. The raw answer goes to `out`; the password in it, where one can be
 * read, to `out`.password; the same in plain UTF-8, where it was compressed or in another charset, to
 * `out`.plain; with more than one answer the next ones get `.2`, `.3`, ….
 * @throws NoSealedAnswerError, FileError, UsageError, EnvelopeError, SealingKeyError and what finds the target
 */
export async function open(desk: Desk, options: OpenOptions): Promise<void> {
  const { terminal } = desk;
  if (options.reveal && !terminal.isTty && !options.force) {
    throw new UsageError(
      '--reveal prints a password, and stdout is not a terminal: use --out, or add --force.',
    );
  }
  const { answers, remark, username } =
    options.text === undefined ? await fromLedger(desk, options) : fromText(options.text);
  const files = answers.map((_, index) => fileFor(options.out, index));
  for (const file of files.flatMap((name) =>
    name === undefined ? [] : [name, passwordFile(name), plainFile(name)],
  )) {
    if (existsSync(file)) {
      throw fileError(`The file ${file} exists already, and nothing is overwritten: name another.`);
    }
  }
  if (options.out !== undefined || options.reveal) await announce(desk, options, answers, username);
  for (const [index, answer] of answers.entries())
    await openOne(desk, options, { answer, remark }, files[index]);
  if (options.out === undefined && !options.reveal) {
    terminal.say('No part of it was written or shown: add --out FILE, or --reveal on a terminal.');
  }
}

/**
 * Notes and announces that an operator sees sealed answers, before the first is opened. A message that SNS does not take
 * waits in the ledger, and the terminal says so. Answers from a file are opened also where the ledger is not known.
 * @throws LedgerUnavailableError, LedgerItemError: nothing was opened
 */
async function announce(
  desk: Desk,
  { actor, reason, out }: OpenOptions,
  answers: readonly SealedAnswer[],
  knownUsername: string | undefined,
): Promise<void> {
  const { secretArn, token } = (answers[0] as SealedAnswer).envelopes[0].header;
  const username = knownUsername ?? (await usernameInLedger(desk, secretArn));
  if (username === undefined) {
    return desk.terminal.warn(
      'No row of the audit trail and no message tell of this, because the ledger is not known here (--table): tell your team.',
    );
  }
  const id = randomUUID();
  const act = { id, actor, reason, command: 'open', outcome: 'asked', secretArn, versionId: token };
  await desk.ledger.change(username, deadlineOf(desk), (state, now) => {
    noteAct(state, act, exposure(state), now);
    queueAlarm(state, {
      event: 'sealed-answer-opened',
      id: `sealed-answer-opened:${id}`,
      at: now,
      credential: state.credential,
      username,
      secretArn,
      actor,
      token,
      answers: answers.length,
      to: out === undefined ? 'terminal' : 'file',
    });
  });
  await flushAudit(desk, username);
}

/** An answer from a file names its secret alone. */
async function usernameInLedger({ settings, ledger }: Desk, secretArn: string): Promise<string | undefined> {
  return settings.table === undefined ? undefined : ledger.usernameOf(secretArn).catch(() => undefined);
}

/** Says in a sentence what is known of a password by now; undefined where nothing is. */
type Remark = (password: string) => Promise<string | undefined>;
type Found = { answers: SealedAnswer[]; remark: Remark; username?: string };

async function fromLedger(desk: Desk, named: Named): Promise<Found> {
  const target = await findTarget(desk, named);
  const username = usernameOf(target);
  const { state, now } = await desk.ledger.read(username, deadlineOf(desk));
  const remark: Remark = (password) => remarkOn(password, username, state, target.holder);
  const answers = inLedger(state, await setAside(desk, username));
  if (answers.length > 0) return { answers, remark, username };
  const logged = await inLog(desk, state.secretArn ?? target.secret?.arn, now);
  if (logged.length > 0) return { answers: logged, remark, username };
  throw noSealedAnswer(
    `The ledger keeps no sealed answer of ${oneLine(username)}, and none was found in the function’s log of the last ` +
      `${SEARCHED_DAYS} days. To look further back, save what \`aws logs filter-log-events --filter-pattern sealedEnvelope\` ` +
      'prints and open that with --file.',
  );
}

/** The journal's answer, the likelier one, is opened also where these cannot be read. */
async function setAside({ ledger, terminal }: Desk, username: string): Promise<Record<string, string>> {
  return ledger.readSetAside(username).catch((failure: Error) => {
    terminal.warn(`Sealed answers that were set aside are left out: ${failure.message}`);
    return {};
  });
}

/** Several answers are found: those of older rotations hold dead passwords, which must not be stored. */
async function remarkOn(
  password: string,
  username: string,
  { refused }: CredentialState,
  holder: StoredVersion | undefined,
): Promise<string | undefined> {
  const hash = await hashPassword(username, password);
  const known = Object.entries(refused).find(([id]) => id.endsWith(`:${hash}`))?.[1];
  if (known?.replaced) return 'It is dead: a rotation has replaced it since.';
  if (known) return `ThingSpace refused it at ${iso(known.at)}.`;
  return holder?.credential?.password === password ? 'It is the password that AWSCURRENT holds.' : undefined;
}

/** The text alone says nothing about later rotations. */
function fromText(text: string): Found {
  const answers = inText(text);
  if (answers.length > 0) return { answers, remark: async () => undefined };
  throw noSealedAnswer(
    'The given text holds no sealed answer: give an envelope, or whole lines of the function’s log that have ' +
      '"sealedEnvelope".',
  );
}

async function openOne(
  desk: Desk,
  { key, reveal }: OpenOptions,
  { answer: { where, envelopes }, remark }: { answer: SealedAnswer; remark: Remark },
  file: string | undefined,
): Promise<void> {
  const { terminal, api, store } = desk;
  const { secretArn, token, attempt } = envelopes[0].header;
  const keyId = key ?? (await store.describe(secretArn)).kmsKeyId;
  if (keyId === undefined) {
    throw new UsageError(`The secret ${secretArn} names no KMS key: name the sealing key with --key.`);
  }
  const answer = await openAnswer(envelopes, desk.sealerFor(keyId));
  const plain = inPlainText(answer);
  const read: Read = readOpened(answer, () => api.readNewPassword({ ...plain.content, ...sourceOf(answer) }));
  terminal.say(
    `A sealed ${answer.kind} in ${where}: attempt ${oneLine(attempt)}, rotation ${oneLine(token)},`,
  );
  terminal.say(`  ${sizeOf(answer)}; ${verdict(read)}`);
  const known = read.outcome === 'done' ? await remark(read.value) : undefined;
  for (const line of [...remarksOn(answer, plain), ...(known ? [known] : [])]) terminal.say(`  ${line}`);
  if (file !== undefined) {
    writePrivately(file, answer.body);
    terminal.say(`  The raw ${answer.kind} is in ${file}`);
    if (plain.undone.length > 0) {
      writePrivately(plainFile(file), plain.content.body);
      terminal.say(`  The same in plain UTF-8 is in ${plainFile(file)}`);
    }
    if (read.outcome === 'done') {
      writePrivately(passwordFile(file), read.value);
      terminal.say(`  The password is in ${passwordFile(file)} (without a line break at its end)`);
    }
  }
  if (reveal) {
    if (read.outcome === 'done') terminal.say(`  Password:\n${printable(read.value)}`);
    else terminal.say(`  Raw answer:\n${printable(plain.content.body.toString())}`);
  }
}

function sizeOf({ kind, body, receivedBytes, httpStatus }: OpenedAnswer): string {
  if (kind === 'password') return 'the password alone';
  const status = httpStatus === undefined ? '' : ` with HTTP status ${httpStatus}`;
  const kept = receivedBytes > body.length ? ` (${body.length} of them are here)` : '';
  return `an answer of ${receivedBytes} bytes${kept}${status}`;
}

/** Returns the remarks without which an operator could misread the raw answer. */
function remarksOn(answer: OpenedAnswer, { undone, problem }: ReturnType<typeof inPlainText>): string[] {
  const { missing, gapAt } = answer;
  return [
    ...(missing.length > 0 ? [`Not all of it was given: part ${missing.join(', ')} is missing.`] : []),
    ...(gapAt === undefined ? [] : [`The raw answer has a gap at byte ${gapAt}: look there yourself.`]),
    ...(undone.length > 0
      ? [`It was in ${undone.join(', ')}, as it declares; that is undone for reading.`]
      : []),
    ...(problem === undefined ? [] : [`It is shown as it came: ${problem}.`]),
  ];
}

type Read = ReturnType<Desk['api']['readNewPassword']>;

function verdict(read: Read): string {
  switch (read.outcome) {
    case 'done':
      return 'it holds a password.';
    case 'refused':
      // This process presented no secret, so it cannot tell whether another code repeats one.
      return isListed(read.code)
        ? `it holds no password but a refusal (${read.code}).`
        : 'it holds no password but a refusal, with a code that is not published: see the raw answer.';
    case 'unknown':
      return `this version can read no password in it (${read.cause.message}). Look for one in the raw answer.`;
  }
}

const fileFor = (out: string | undefined, index: number): string | undefined =>
  out === undefined || index === 0 ? out : `${out}.${index + 1}`;

const plainFile = (file: string): string => `${file}.plain`;

const passwordFile = (file: string): string => `${file}.password`;

/** Line by line, so that no control character of the answer reaches the terminal. */
function printable(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : oneLine(line, Number.POSITIVE_INFINITY)))
    .join('\n');
}
