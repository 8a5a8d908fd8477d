import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { condense, open, openPassword, readOpened } from '../../lambda/sealing/open-answer.ts';
import {
  EnvelopeError,
  encrypt,
  envelopeForItem,
  PART_BYTES,
  readEnvelope,
  type Sealable,
  seal,
  sealPassword,
} from '../../lambda/sealing/seal-answer.ts';
import { linesOf } from '../../lambda/sealing/sealed-log.ts';
import { excerptOf, MAX_ANSWER_BYTES } from '../../lambda/thingspace/answer-size.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { newPasswordAnswer } from '../thingspace/envelopes.ts';
import { ABOUT, oneKey } from './one-key.ts';

const KIB = 1024;

/** A well-formed answer of so many bytes; its password stands where `share` of the filler came before. */
function answerOf(bytes: number, share = 0.5): Sealable {
  const bare = newPasswordAnswer('p&amp;w');
  const before = Math.floor((bytes - bare.length) * share);
  const [head, tail] = [' '.repeat(before), ' '.repeat(bytes - bare.length - before)];
  return {
    body: Buffer.from(bare.replace('<Output', () => `${head}<Output`) + tail),
    httpStatus: 200,
    complete: true,
  };
}

describe('a sealed answer', () => {
  test('opens to the exact bytes, with its headers’ values', async () => {
    const { key, sealer } = oneKey();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.option(fc.string({ maxLength: 256, unit: 'binary' }), { nil: undefined }),
        async (bytes, contentType) => {
          const answer: Sealable = {
            body: Buffer.from(bytes),
            contentType,
            contentEncoding: 'gzip',
            httpStatus: 502,
            complete: false,
            gapAt: 7,
          };
          const envelopes = seal(answer, key, ABOUT).map(readEnvelope);
          expect(envelopes.map(({ header }) => header)).toEqual([
            { version: 2, kind: 'answer', ...ABOUT, part: 1, parts: 1 },
          ]);
          expect(await open(envelopes, sealer)).toEqual({
            ...answer,
            kind: 'answer',
            receivedBytes: bytes.length,
            missing: [],
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('shows no text of the server, not even in the header', () => {
    const answer = { body: Buffer.from('a'), contentType: 'MARKER/x', contentEncoding: 'MARKER' };
    expect(seal(answer, oneKey().key, ABOUT).join()).not.toContain('MARKER');
  });

  test('opens although its format is version 1, of the software version before', async () => {
    const { sealer } = oneKey(Buffer.alloc(32, 7), Buffer.from('wrapped key of version 1'));
    const text =
      '{"header":{"version":1,"secretArn":"arn:secret","token":"token","attempt":"attempt","oldVersion":"v1","oldHash":"hash",' +
      '"bodyBytes":48},"wrappedKey":"d3JhcHBlZCBrZXkgb2YgdmVyc2lvbiAx","iv":"8XIBthmtOkakBO0c","tag":"7kPmQQ0RXY8ptrGFd8er7g==",' +
      '"ciphertext":"O2+7/qaMb040rUgSROR2opswFyd3vgjEZV7TjX2G8j6ySNxyYlZ0Z6+mJ4P5YfVa"}';
    const envelope = readEnvelope(text);
    expect(await open([envelope], sealer)).toEqual({
      kind: 'answer',
      body: Buffer.from('<NewPassword>of an earlier release</NewPassword>'),
      receivedBytes: 48,
      missing: [],
    });
    expect(await condense([text], sealer, readNewPassword)).toEqual({ password: undefined, forItem: text });
    const header = { ...envelope.header, bodyBytes: 49 } as typeof envelope.header;
    await expect(open([{ ...envelope, header }], sealer)).rejects.toThrow(EnvelopeError);
  });
});

describe('an answer over REST', () => {
  const answer = { body: Buffer.from('{"newPassword":"p&w"}'), httpStatus: 200, transport: 'rest' as const };

  test('says so inside of its envelope, and is read by the rules of REST, from log and item', async () => {
    const { key, sealer } = oneKey();
    const envelopes = seal(answer, key, ABOUT);
    expect(await open(envelopes.map(readEnvelope), sealer)).toMatchObject(answer);
    expect(envelopes.join('')).not.toContain('rest');
    expect(await openPassword(envelopes, sealer, readNewPassword)).toBe('p&w');
    const { forItem } = await condense(envelopes, sealer, readNewPassword);
    expect(await openPassword(forItem, sealer, readNewPassword)).toBe('p&w');
  });

  test('keeps its password and its transport when it is too large for the item', async () => {
    const { key, sealer } = oneKey();
    const body = Buffer.from(`{"x":"${'x'.repeat(900_000)}","newPassword":"p&w"}`);
    const envelopes = seal({ ...answer, body }, key, ABOUT);
    expect(envelopes.length).toBeGreaterThan(1);
    const { forItem } = await condense(envelopes, sealer, readNewPassword);
    expect(await openPassword(forItem, sealer, readNewPassword)).toBe('p&w');
    const unread = envelopeForItem(envelopes, { ...answer, body }, undefined, key, ABOUT);
    expect(await open([readEnvelope(unread)], sealer)).toMatchObject({ transport: 'rest', httpStatus: 200 });
  });

  test('is not taken for one over SOAP, nor one over SOAP for it', async () => {
    const { key, sealer } = oneKey();
    const { transport: _, ...overSoap } = answer;
    expect(await openPassword(seal(overSoap, key, ABOUT), sealer, readNewPassword)).toBeUndefined();
    const xml = { ...answerOf(1_000), httpStatus: 200, transport: 'rest' as const };
    expect(await openPassword(seal(xml, key, ABOUT), sealer, readNewPassword)).toBeUndefined();
  });
});

describe('an answer that is too large for one line of the log', () => {
  test.each([
    [PART_BYTES, 1],
    [PART_BYTES + 1, 2],
    [MAX_ANSWER_BYTES, 6],
  ])('is sealed whole (%i bytes) in %i parts, each a line below 256 KB', async (bytes, parts) => {
    const { key, sealer } = oneKey();
    const about = { ...ABOUT, secretArn: `arn:${'s'.repeat(600)}`, token: 't'.repeat(64) };
    const answer = { body: randomBytes(bytes), contentType: '\u00ff'.repeat(256) };
    const lines = linesOf('a'.repeat(36), seal(answer, { ...key, wrapped: randomBytes(400) }, about));
    // CloudWatch Logs counts 26 bytes for each event.
    for (const line of lines) expect(Buffer.byteLength(line) + 26).toBeLessThan(256 * KIB);

    const envelopes = seal(answer, key, ABOUT).map(readEnvelope);
    expect(envelopes).toHaveLength(parts);
    expect(new Set(envelopes.map(({ iv }) => iv)).size).toBe(parts);
    const opened = await open(envelopes.toReversed(), sealer);
    expect(opened).toMatchObject({ missing: [], gapAt: undefined, receivedBytes: bytes });
    expect(opened.body.equals(answer.body)).toBe(true);
  });

  test('gives its password from all parts by one call of KMS, and the key is wiped', async () => {
    const { key, sealer, given } = oneKey();
    const envelopes = seal(answerOf(MAX_ANSWER_BYTES), key, ABOUT);
    expect(await openPassword(envelopes, sealer, readNewPassword)).toBe('p&w');
    expect(given).toEqual([Buffer.alloc(32)]);
  });

  test.each([
    ['first', 0, 0],
    ['one in the middle', 2, 2 * PART_BYTES],
    ['last', 5, undefined],
  ])('reports that its %s part is missing, and gives no password from there', async (_, without, gapAt) => {
    const { key, sealer } = oneKey();
    const envelopes = seal(answerOf(MAX_ANSWER_BYTES, without / 5), key, ABOUT).toSpliced(without, 1);
    const opened = await open(envelopes.map(readEnvelope), sealer);
    expect(opened).toMatchObject({ missing: [without + 1], gapAt, complete: false });
    expect(await openPassword(envelopes, sealer, readNewPassword)).toBeUndefined();
  });

  test('gives a password that ended before the part that is missing', async () => {
    const { key, sealer } = oneKey();
    const envelopes = seal(answerOf(MAX_ANSWER_BYTES, 0), key, ABOUT).toSpliced(3, 1);
    expect(await openPassword(envelopes, sealer, readNewPassword)).toBe('p&w');
  });

  test('uses a part that is given twice once', async () => {
    const { key, sealer } = oneKey();
    const { body } = answerOf(PART_BYTES + 1);
    const envelopes = seal({ body }, key, ABOUT).map(readEnvelope);
    expect((await open([...envelopes, ...envelopes], sealer)).body.equals(body)).toBe(true);
  });

  test('does not open with a part of another attempt, another count or another key', async () => {
    const { key, sealer } = oneKey();
    const [first = '', second = ''] = seal(answerOf(PART_BYTES + 1), key, ABOUT);
    const foreign = [
      seal(answerOf(PART_BYTES + 1), key, { ...ABOUT, attempt: 'another' })[1],
      seal(answerOf(2 * PART_BYTES + 1), key, ABOUT)[1],
      seal(answerOf(PART_BYTES + 1), oneKey().key, ABOUT)[1],
    ];
    for (const other of foreign) {
      const parts = [first, other ?? ''].map(readEnvelope);
      await expect(open(parts, sealer)).rejects.toThrow('not all of one answer');
    }
    expect(await openPassword([first, second], sealer, readNewPassword)).toBe('p&w');
    await expect(open([], sealer)).rejects.toThrow(EnvelopeError);
  });
});

describe('the envelope of a table item', () => {
  const pieces = (answer: Sealable, password?: string) => {
    const { key, sealer } = oneKey();
    const envelopes = seal(answer, key, ABOUT);
    return { sealer, envelopes, forItem: envelopeForItem(envelopes, answer, password, key, ABOUT) };
  };

  test('is the envelope of the log for a usual answer', () => {
    const { envelopes, forItem } = pieces(answerOf(1_000), 'p&w');
    expect(forItem).toBe(envelopes[0]);
  });

  test.each([49 * KIB, PART_BYTES + 1, MAX_ANSWER_BYTES])(
    'holds the password alone when the answer has %i bytes',
    async (bytes) => {
      const { forItem, sealer, envelopes } = pieces(answerOf(bytes), 'p&w');
      expect(envelopes).not.toContain(forItem);
      expect(readEnvelope(forItem).header).toEqual({
        version: 2,
        kind: 'password',
        ...ABOUT,
        part: 1,
        parts: 1,
      });
      expect(forItem.length).toBeLessThan(2 * KIB);
      expect(forItem).not.toContain('p&w');
      expect(await openPassword(forItem, sealer, readNewPassword)).toBe('p&w');
    },
  );

  test('holds the text around the password when none can be read', async () => {
    const { body } = answerOf(MAX_ANSWER_BYTES);
    const unforeseen = Buffer.from(body.toString().replaceAll('NewPassword>', 'NewPassword2>'));
    const { forItem, sealer } = pieces({ body: unforeseen, receivedBytes: 2 * MAX_ANSWER_BYTES });
    expect(forItem.length).toBeLessThan(64 * KIB);
    const opened = await open([readEnvelope(forItem)], sealer);
    expect(opened.body.toString()).toContain('NewPassword2>p&amp;w</');
    expect(opened).toMatchObject({ complete: false, receivedBytes: 2 * MAX_ANSWER_BYTES });
    expect(await openPassword(forItem, sealer, readNewPassword)).toBeUndefined();
  });

  test('stays below 64 KiB for a password of any size, and never gives a part of one', async () => {
    const password = 'x'.repeat(200 * KIB);
    const { forItem, sealer } = pieces({ body: Buffer.from(newPasswordAnswer(password)) }, password);
    expect(forItem.length).toBeLessThan(64 * KIB);
    expect(await openPassword(forItem, sealer, readNewPassword)).toBeUndefined();
  });

  test('can be made from envelopes in the log, under their own data key', async () => {
    const { key, sealer, given } = oneKey();
    const small = seal(answerOf(1_000), key, ABOUT);
    expect(await condense(small, sealer, readNewPassword)).toEqual({ password: 'p&w', forItem: small[0] });
    const large = await condense(seal(answerOf(MAX_ANSWER_BYTES), key, ABOUT), sealer, readNewPassword);
    expect(large.password).toBe('p&w');
    expect(large.forItem.length).toBeLessThan(2 * KIB);
    expect(readEnvelope(large.forItem).header).toMatchObject(ABOUT);
    expect(await openPassword(large.forItem, sealer, readNewPassword)).toBe('p&w');
    expect(given.every((each) => each.equals(Buffer.alloc(32)))).toBe(true);
  });
});

describe('a sealed password', () => {
  test.each(['0042', ' spaces ', '1e10', '\u{1f600}&<>"\'\\', 'x'.repeat(1_000)])(
    'opens to the exact text of %j',
    async (value) => {
      const { key, sealer } = oneKey();
      expect(await openPassword(sealPassword(value, key, ABOUT), sealer, readNewPassword)).toBe(value);
    },
  );

  test('is not a password when it is only white space, which an earlier version accepted', async () => {
    const { key, sealer } = oneKey();
    const envelope = sealPassword('\n      ', key, ABOUT);
    expect(await openPassword(envelope, sealer, readNewPassword)).toBeUndefined();
    expect(readOpened(await open([readEnvelope(envelope)], sealer), () => expect.fail())).toMatchObject({
      outcome: 'unknown',
      cause: { reason: 'white-space' },
    });
  });
});

test('shows an operator, but not the function, the password in an answer larger than 1 MiB', async () => {
  const { key, sealer } = oneKey();
  const { body } = answerOf(3 * MAX_ANSWER_BYTES);
  const kept: Sealable = {
    ...excerptOf({ body }, MAX_ANSWER_BYTES),
    receivedBytes: body.length,
    complete: false,
  };
  const envelopes = seal(kept, key, ABOUT);
  const opened = await open(envelopes.map(readEnvelope), sealer);
  expect(opened.body.toString()).toContain('NewPassword>p&amp;w</a:NewPassword>');
  expect(opened.receivedBytes).toBe(body.length);
  expect(await openPassword(envelopes, sealer, readNewPassword)).toBeUndefined();
});

test('reports an envelope that opens but has another format, and quotes none of it', async () => {
  const { key, sealer } = oneKey();
  const header = { version: 2, kind: 'answer', ...ABOUT, part: 1, parts: 1 } as const;
  for (const text of ['MARKER without a line', '{"httpStatus":"MARKER"}\nbody', 'MARKER\nbody']) {
    const envelope = readEnvelope(encrypt(header, Buffer.from(text), key));
    const failure = await open([envelope], sealer).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(EnvelopeError);
    expect((failure as Error).message).toContain('does not begin as this version of the software seals it');
    expect((failure as Error).cause).toBeUndefined();
  }
});
