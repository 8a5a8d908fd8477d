import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DataKey, type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';
import {
  type Envelope,
  EnvelopeError,
  MOST_SEALED_BYTES,
  open,
  readEnvelope,
  seal,
} from '../../lambda/sealing/envelope.ts';

const ABOUT = {
  secretArn: 'arn:secret',
  token: 'token',
  attempt: 'attempt',
  oldVersion: 'v1',
  oldHash: 'hash',
};

/** A sealer that knows one key and, like KMS, gives it back only for its own context. */
function oneKey(): { key: DataKey; sealer: Sealer } {
  const plaintext = randomBytes(32);
  const wrapped = randomBytes(100);
  const sealer: Sealer = {
    newKey: async () => ({ plaintext: Buffer.from(plaintext), wrapped }),
    async unwrap(blob, { secretArn, token }) {
      if (!blob.equals(wrapped) || secretArn !== ABOUT.secretArn || token !== ABOUT.token) {
        throw new SealingKeyError('not this key');
      }
      return Buffer.from(plaintext);
    },
  };
  return { key: { plaintext, wrapped }, sealer };
}

test('any bytes come back exactly as they were sealed', async () => {
  const { key, sealer } = oneKey();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      const body = Buffer.from(bytes);
      const envelope = readEnvelope(seal(body, key, ABOUT));
      expect((await open(envelope, sealer)).equals(body)).toBe(true);
      expect(envelope.header).toEqual({ version: 1, ...ABOUT, bodyBytes: body.length });
    }),
    { numRuns: 100 },
  );
});

test('a body of exactly 45 KiB is sealed whole, a byte more is sealed in part and says so', async () => {
  const { key, sealer } = oneKey();
  for (const [length, kept] of [
    [MOST_SEALED_BYTES, MOST_SEALED_BYTES],
    [MOST_SEALED_BYTES + 1, MOST_SEALED_BYTES],
    [1024 * 1024, MOST_SEALED_BYTES],
  ] as const) {
    const body = randomBytes(length);
    const text = seal(body, key, ABOUT);
    // What holds it: a log line and a table item.
    expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
    const envelope = readEnvelope(text);
    expect(envelope.header.bodyBytes).toBe(length);
    expect((await open(envelope, sealer)).equals(body.subarray(0, kept))).toBe(true);
  }
});

test('the same bytes never look the same twice, and nothing of them shows', () => {
  const { key } = oneKey();
  const body = Buffer.from('<NewPassword>MARKER-MARKER</NewPassword>');
  const [one, two] = [seal(body, key, ABOUT), seal(body, key, ABOUT)];
  expect(readEnvelope(one).ciphertext).not.toBe(readEnvelope(two).ciphertext);
  for (const form of [
    'MARKER',
    Buffer.from('MARKER-MARKER').toString('base64'),
    key.plaintext.toString('base64'),
  ]) {
    expect(one).not.toContain(form);
  }
});

test('any altered byte of the ciphertext, the tag, the nonce or the key is detected', async () => {
  const { key, sealer } = oneKey();
  const envelope = readEnvelope(seal(Buffer.from('an answer'), key, ABOUT));
  for (const member of ['ciphertext', 'tag', 'iv', 'wrappedKey'] as const) {
    const bytes = Buffer.from(envelope[member], 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      await expect(open({ ...envelope, [member]: altered.toString('base64') }, sealer)).rejects.toThrow(
        member === 'wrappedKey' ? SealingKeyError : EnvelopeError,
      );
    }
  }
});

test('a ciphertext that was cut, or a tag that was shortened, is detected', async () => {
  const { key, sealer } = oneKey();
  const envelope = readEnvelope(seal(Buffer.from('an answer'), key, ABOUT));
  const cut = (text: string, bytes: number) =>
    Buffer.from(text, 'base64').subarray(0, bytes).toString('base64');
  const altered: Envelope[] = [
    { ...envelope, ciphertext: cut(envelope.ciphertext, 4) },
    // GCM would accept four bytes of a tag if its length were not demanded.
    { ...envelope, tag: cut(envelope.tag, 4) },
    { ...envelope, tag: cut(envelope.tag, 15) },
  ];
  for (const each of altered) await expect(open(each, sealer)).rejects.toThrow(EnvelopeError);
});

test.each([
  ['secretArn', SealingKeyError],
  ['token', SealingKeyError],
  ['attempt', EnvelopeError],
  ['oldVersion', EnvelopeError],
  ['oldHash', EnvelopeError],
  ['bodyBytes', EnvelopeError],
] as const)('a header with another %s is refused', async (member, error) => {
  const { key, sealer } = oneKey();
  const envelope = readEnvelope(seal(Buffer.from('an answer'), key, ABOUT));
  const header = { ...envelope.header, [member]: member === 'bodyBytes' ? 1 : 'another' };
  await expect(open({ ...envelope, header }, sealer)).rejects.toThrow(error);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{"header": MARKER'],
  ['another shape', '{"header":{"version":1},"iv":"MARKER"}'],
  [
    'another version',
    JSON.stringify({
      header: { version: 2, ...ABOUT, bodyBytes: 1 },
      wrappedKey: '',
      iv: '',
      tag: '',
      ciphertext: '',
    }),
  ],
])('%s is no envelope: EnvelopeError, which quotes nothing', (_, text) => {
  expect(() => readEnvelope(text)).toThrow(EnvelopeError);
  expect(() => readEnvelope(text)).not.toThrow('MARKER');
});
