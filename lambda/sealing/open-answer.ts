import * as v from 'valibot';
import { AnswerFormatError } from '../thingspace/answer-format.ts';
import type { AnswerContent, ThingSpaceApi } from '../thingspace/api.ts';
import { VISIBLE } from '../visible.ts';
import type { DataKey, Sealer } from './data-key.ts';
import {
  decrypt,
  type Envelope,
  EnvelopeError,
  type EnvelopeHeader,
  envelopeForItem,
  PART_BYTES,
  readEnvelope,
} from './seal-answer.ts';

export type OpenedAnswer = AnswerContent & {
  /** `password`: `body` is the password itself in UTF-8 and nothing else of the answer. */
  kind: 'answer' | 'password';
  /** Undefined where the envelope does not have it: in version 1, and beside a password alone. */
  httpStatus: number | undefined;
  complete: boolean | undefined;
  /** Bytes that the answer had when it arrived. */
  receivedBytes: number;
  /** The missing parts, counted from 1: `body` has a gap there, or ends there. */
  missing: number[];
};

type ReadNewPassword = ThingSpaceApi['readNewPassword'];

/**
 * Opens the envelopes of one answer, in any order. Parts that are missing are named.
 * @throws EnvelopeError when one was altered, or when they are not of one answer
 * @throws SealingKeyError when KMS does not open their key
 */
export async function open(envelopes: readonly Envelope[], sealer: Sealer): Promise<OpenedAnswer> {
  return withKeyOf(envelopes, sealer, (key) => opened(envelopes, key));
}

/**
 * Returns the new password in the envelopes of one answer, or in that of a password alone. Undefined when no password
 * can be read, also because a part is missing.
 * @throws as `open`; EnvelopeError also for a text that is not an envelope
 */
export async function openPassword(
  envelopeTexts: string | readonly string[],
  sealer: Sealer,
  readNewPassword: ReadNewPassword,
): Promise<string | undefined> {
  const answer = await open([envelopeTexts].flat().map(readEnvelope), sealer);
  const password = passwordIn(answer, readNewPassword);
  answer.body.fill(0);
  return password;
}

/**
 * Returns, for envelopes that were found in the log, the password in them, as `openPassword`, and the one envelope for
 * the ledger's item. If they are too large for the item, that envelope is sealed anew under their data key.
 * @throws as `openPassword`
 */
export async function condense(
  envelopeTexts: readonly string[],
  sealer: Sealer,
  readNewPassword: ReadNewPassword,
): Promise<{ password: string | undefined; forItem: string }> {
  const envelopes = envelopeTexts.map(readEnvelope);
  return withKeyOf(envelopes, sealer, (key, header) => {
    const answer = opened(envelopes, key);
    const password = passwordIn(answer, readNewPassword);
    const { secretArn, token, attempt, oldVersion, oldHash } = header;
    const about = { secretArn, token, attempt, oldVersion, oldHash };
    const forItem = envelopeForItem(envelopeTexts, answer, password, key, about);
    answer.body.fill(0);
    return { password, forItem };
  });
}

function passwordIn(answer: OpenedAnswer, readNewPassword: ReadNewPassword): string | undefined {
  const read = readOpened(answer, () => readNewPassword(answer));
  return read.outcome === 'done' ? read.value : undefined;
}

/**
 * Reads an opened envelope. A password alone is checked by the rules of an answer, so that this version rejects a
 * password that only an earlier one would take. For an answer it returns the result of `readAnswer`.
 */
export function readOpened(
  { kind, body }: OpenedAnswer,
  readAnswer: () => ReturnType<ReadNewPassword>,
): ReturnType<ReadNewPassword> {
  if (kind === 'answer') return readAnswer();
  const value = body.toString();
  if (VISIBLE.test(value)) return { outcome: 'done', value };
  return { outcome: 'unknown', cause: new AnswerFormatError(value === '' ? 'empty' : 'white-space') };
}

/** Opens the data key, which the parts of one answer share, once, and wipes it. */
async function withKeyOf<T>(
  envelopes: readonly Envelope[],
  sealer: Sealer,
  use: (key: DataKey, header: EnvelopeHeader) => T,
): Promise<T> {
  const [first] = envelopes;
  if (first === undefined) throw new EnvelopeError('There is no sealed answer to open.');
  const saidBy = ({ header, wrappedKey }: Envelope) => JSON.stringify([{ ...header, part: 1 }, wrappedKey]);
  if (!envelopes.every((envelope) => saidBy(envelope) === saidBy(first))) {
    throw new EnvelopeError('The parts of a sealed answer are not all of one answer.');
  }
  const { secretArn, token } = first.header;
  const wrapped = Buffer.from(first.wrappedKey, 'base64');
  const plaintext = await sealer.unwrap(wrapped, { secretArn, token });
  try {
    return use({ plaintext, wrapped }, first.header);
  } finally {
    plaintext.fill(0);
  }
}

function opened(envelopes: readonly Envelope[], key: DataKey): OpenedAnswer {
  const { present, missing } = partsOf(envelopes);
  const pieces = present.map((envelope) => {
    const plaintext = decrypt(envelope, key.plaintext);
    return { header: envelope.header, ...readPlaintext(envelope.header, plaintext) };
  });
  const body = Buffer.concat(pieces.map(({ bytes }) => bytes));
  const { header, described = {} } = pieces[0] ?? {};
  const receivedBytes = header?.version === 1 ? header.bodyBytes : described.receivedBytes;
  return {
    kind: header?.version === 2 ? header.kind : 'answer',
    body,
    transport: described.transport,
    contentType: described.contentType,
    contentEncoding: described.contentEncoding,
    httpStatus: described.httpStatus,
    gapAt: smaller(described.gapAt, gapOf(missing, present)),
    complete: missing.length > 0 ? false : described.complete,
    receivedBytes: receivedBytes ?? body.length,
    missing,
  };
}

/** The line that `seal` puts before the bytes of an answer. */
const description = v.object({
  /** Absent: SOAP. */
  transport: v.optional(v.literal('rest')),
  httpStatus: v.optional(v.number()),
  contentType: v.optional(v.string()),
  contentEncoding: v.optional(v.string()),
  gapAt: v.optional(v.number()),
  complete: v.optional(v.boolean()),
  receivedBytes: v.optional(v.number()),
});
type Description = v.InferOutput<typeof description>;

function readPlaintext(header: EnvelopeHeader, plaintext: Buffer): { described: Description; bytes: Buffer } {
  if (header.version === 1 || header.kind === 'password') return { described: {}, bytes: plaintext };
  const end = plaintext.indexOf('\n');
  try {
    const described = v.parse(description, JSON.parse(plaintext.toString('utf8', 0, end)));
    return { described, bytes: plaintext.subarray(end + 1) };
  } catch {
    // The cause is left out: a parser quotes its input.
    throw new EnvelopeError(
      'A sealed answer opens, but does not begin as this version of the software seals it.',
    );
  }
}

/** Returns the parts in their order, each once. */
function partsOf(envelopes: readonly Envelope[]): { present: Envelope[]; missing: number[] } {
  const byNumber = new Map(envelopes.map((envelope) => [placeOf(envelope).part, envelope]));
  const all = Array.from({ length: placeOf(envelopes[0]).parts }, (_, at) => at + 1);
  return {
    present: all.flatMap((part) => byNumber.get(part) ?? []),
    missing: all.filter((part) => !byNumber.has(part)),
  };
}

/** Returns where the first missing part would begin, if another one follows it. */
function gapOf(missing: readonly number[], present: readonly Envelope[]): number | undefined {
  const [first] = missing;
  const last = placeOf(present.at(-1)).part;
  return first === undefined || first > last ? undefined : (first - 1) * PART_BYTES;
}

function placeOf(envelope: Envelope | undefined): { part: number; parts: number } {
  return envelope?.header.version === 2 ? envelope.header : { part: 1, parts: 1 };
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
