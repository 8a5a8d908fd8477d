import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inPlainText } from '../../cli/plain-answer.ts';
import type { AnswerContent } from '../../lambda/thingspace/api.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { newPasswordAnswer } from '../thingspace/envelopes.ts';

const PASSWORD = 'pä€'; // The euro sign is in Windows-1252 and not in Latin 1.
const xml = newPasswordAnswer(PASSWORD);
const utf8 = Buffer.from(xml);
const utf16 = (text: string, bigEndian = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};
const charset = (name: string) => ({ contentType: `text/xml; charset=${name}` });

describe('undoes the codings that an answer declares', () => {
  it.each<[string, AnswerContent, string[]]>([
    ['gzip', { body: gzipSync(utf8), contentEncoding: 'GZip' }, ['gzip']],
    ['x-gzip', { body: gzipSync(utf8), contentEncoding: 'x-gzip' }, ['gzip']],
    ['deflate', { body: deflateSync(utf8), contentEncoding: 'deflate' }, ['deflate']],
    ['bare deflate', { body: deflateRawSync(utf8), contentEncoding: 'deflate' }, ['deflate']],
    ['Brotli', { body: brotliCompressSync(utf8), contentEncoding: 'br' }, ['Brotli']],
    [
      'two codings',
      { body: gzipSync(deflateSync(utf8)), contentEncoding: 'deflate, gzip' },
      ['gzip', 'deflate'],
    ],
    ['UTF-16LE', { body: utf16(xml), ...charset('UTF-16LE') }, ['UTF-16 (little-endian)']],
    ['UTF-16BE', { body: utf16(xml, true), ...charset('utf-16be') }, ['UTF-16 (big-endian)']],
    [
      'UTF-16 by its first character',
      { body: utf16(xml, true), ...charset('utf-16') },
      ['UTF-16 (big-endian)'],
    ],
    ['UTF-16 by its mark alone', { body: utf16(`\uFEFF${xml}`) }, ['UTF-16 (little-endian)']],
    [
      'UTF-16 with a declaration of its own',
      { body: utf16(`\uFEFF<?xml version="1.0" encoding="utf-16" standalone="yes"?>${xml}`) },
      ['UTF-16 (little-endian)'],
    ],
    [
      'gzip of UTF-16',
      { body: gzipSync(utf16(xml)), contentEncoding: 'gzip', ...charset('utf-16') },
      ['gzip', 'UTF-16 (little-endian)'],
    ],
  ])('%s', (_, answer, undone) => {
    const plain = inPlainText(answer);
    expect(plain).toMatchObject({ undone, problem: undefined });
    expect(readNewPassword(plain.content)).toEqual({ outcome: 'done', value: PASSWORD });
  });

  it('Latin 1 and Windows-1252, which differ', () => {
    const body = Buffer.from([...Buffer.from(newPasswordAnswer('p')), 0xe4, 0x80]);
    const text = (name: string) =>
      inPlainText({ body, ...charset(name) })
        .content.body.toString()
        .slice(-2);
    expect(text('iso-8859-1')).toBe('ä\u0080');
    expect(text('latin1')).toBe('ä\u0080');
    expect(text('windows-1252')).toBe('ä€');
    const declaring = Buffer.concat([Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>'), body]);
    expect(inPlainText({ body: declaring }).undone).toEqual(['ISO 8859-1']);
  });

  it('as far as it arrived, when the compressed bytes were cut', () => {
    const lines = Array.from({ length: 5_000 }, (_, line) => `line ${line}\n`).join('');
    const body = gzipSync(lines).subarray(0, 5_000);
    const plain = inPlainText({ body, contentEncoding: 'gzip' }).content.body.toString();
    expect(plain.length).toBeGreaterThan(5_000);
    expect(lines.startsWith(plain)).toBe(true);
  });

  it('on each side of a gap, which keeps its place', () => {
    const body = utf16(`ää${xml}`);
    const plain = inPlainText({ body, gapAt: 4, ...charset('utf-16le') });
    expect(plain.content.body.toString()).toBe(`ää${xml}`);
    expect(plain.content.gapAt).toBe(4); // Two characters of two bytes each, in UTF-8 as well.
    expect(readNewPassword(plain.content)).toMatchObject({ outcome: 'unknown' });
  });
});

describe('tries no coding that is not declared', () => {
  it.each<[string, AnswerContent]>([
    ['gzip that is not declared', { body: gzipSync(utf8) }],
    ['UTF-16 that is not declared', { body: utf16(xml) }],
    ['UTF-8', { body: utf8, ...charset('utf-8') }],
    ['UTF-16 of which nothing says what comes first', { body: utf16('pw'), ...charset('utf-16') }],
    ['a charset that is not known', { body: utf8, ...charset('constructor') }],
  ])('%s stays as it is', (_, answer) => {
    expect(inPlainText(answer)).toEqual({ content: answer, undone: [], problem: undefined });
  });

  it.each<[string, AnswerContent, RegExp]>([
    [
      'a coding that is not known',
      { body: utf8, contentEncoding: 'Marker' },
      /not one that this tool can undo/,
    ],
    [
      'bytes that are not what they declare',
      { body: utf8, contentEncoding: 'gzip' },
      /says gzip, and that could not be undone/,
    ],
    [
      'more than 16 MiB',
      { body: gzipSync(Buffer.alloc(17 * 1024 * 1024)), contentEncoding: 'gzip' },
      /says gzip, and that could not be undone/,
    ],
  ])('shows %s unchanged, with a remark', (_, answer, problem) => {
    const plain = inPlainText(answer);
    expect(plain).toMatchObject({ content: answer, undone: [], problem: expect.stringMatching(problem) });
    expect(plain.problem).not.toContain('Marker');
  });
});
