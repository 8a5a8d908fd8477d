import { expect, test } from 'vitest';
import { SealingKeyError } from '../../lambda/sealing/data-key.ts';
import { open } from '../../lambda/sealing/open-answer.ts';
import {
  decrypt,
  type Envelope,
  EnvelopeError,
  type EnvelopeHeader,
  encrypt,
  readEnvelope,
  seal,
} from '../../lambda/sealing/seal-answer.ts';
import { ABOUT, oneKey } from './one-key.ts';

const HEADER: EnvelopeHeader = { version: 2, kind: 'answer', ...ABOUT, part: 1, parts: 1 };

function sealed(text: string, key = oneKey().key): Envelope {
  const [envelope = ''] = seal({ body: Buffer.from(text) }, key, ABOUT);
  return readEnvelope(envelope);
}

test('encrypts the same bytes differently each time, and shows none of them', () => {
  const { key } = oneKey();
  const body = Buffer.from('<NewPassword>MARKER-MARKER</NewPassword>');
  const [one = '', two = ''] = [encrypt(HEADER, body, key), encrypt(HEADER, body, key)];
  expect(readEnvelope(one).ciphertext).not.toBe(readEnvelope(two).ciphertext);
  for (const form of [
    'MARKER',
    Buffer.from('MARKER-MARKER').toString('base64'),
    key.plaintext.toString('base64'),
  ]) {
    expect(one).not.toContain(form);
  }
});

test('detects any altered byte of the ciphertext, the tag, the nonce or the key', async () => {
  const { key, sealer } = oneKey();
  const envelope = sealed('an answer', key);
  for (const member of ['ciphertext', 'tag', 'iv', 'wrappedKey'] as const) {
    const bytes = Buffer.from(envelope[member], 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      await expect(open([{ ...envelope, [member]: altered.toString('base64') }], sealer)).rejects.toThrow(
        member === 'wrappedKey' ? SealingKeyError : EnvelopeError,
      );
    }
  }
});

test('detects a cut ciphertext or a shortened tag', () => {
  const { key } = oneKey();
  const envelope = sealed('an answer', key);
  const cut = (text: string, bytes: number) =>
    Buffer.from(text, 'base64').subarray(0, bytes).toString('base64');
  const altered: Envelope[] = [
    { ...envelope, ciphertext: cut(envelope.ciphertext, 4) },
    // GCM would accept four bytes of a tag if its length were not demanded.
    { ...envelope, tag: cut(envelope.tag, 4) },
    { ...envelope, tag: cut(envelope.tag, 15) },
  ];
  for (const each of altered) expect(() => decrypt(each, key.plaintext)).toThrow(EnvelopeError);
});

test.each([
  ['secretArn', 'another', SealingKeyError],
  ['token', 'another', SealingKeyError],
  ['attempt', 'another', EnvelopeError],
  ['oldVersion', 'another', EnvelopeError],
  ['oldHash', 'another', EnvelopeError],
  ['kind', 'password', EnvelopeError],
  ['part', 2, EnvelopeError],
  ['parts', 2, EnvelopeError],
] as const)('rejects a header with another %s', async (member, other, error) => {
  const { key, sealer } = oneKey();
  const envelope = sealed('an answer', key);
  const altered = JSON.stringify({ ...envelope, header: { ...envelope.header, [member]: other } });
  const opening = async () => open([readEnvelope(altered)], sealer);
  await expect(opening()).rejects.toThrow(error);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{"header": MARKER'],
  ['another shape', '{"header":{"version":1},"iv":"MARKER"}'],
  ['another version', textWith({ ...HEADER, version: 3 })],
  ['another kind', textWith({ ...HEADER, kind: 'MARKER' })],
  ['a part behind the last', textWith({ ...HEADER, part: 2 })],
  ['a part before the first', textWith({ ...HEADER, part: 0 })],
  ['more parts than an answer can have', textWith({ ...HEADER, parts: 1e9 })],
])('throws EnvelopeError, without a quotation, for %s', (_, text) => {
  expect(() => readEnvelope(text)).toThrow(EnvelopeError);
  expect(() => readEnvelope(text)).not.toThrow('MARKER');
});

function textWith(header: object): string {
  return JSON.stringify({ header, wrappedKey: '', iv: '', tag: '', ciphertext: '' });
}
