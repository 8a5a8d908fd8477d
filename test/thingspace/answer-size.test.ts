import { describe, expect, test } from 'vitest';
import { excerptOf } from '../../lambda/thingspace/answer-size.ts';

const xs = (count: number) => 'x'.repeat(count);
const of = (text: string, mostBytes: number, gapAt?: number) => {
  const excerpt = excerptOf({ body: Buffer.from(text), gapAt }, mostBytes);
  return { text: excerpt.body.toString(), gapAt: excerpt.gapAt };
};

describe('an excerpt of a body', () => {
  test('is the whole body up to the limit, its gap included', () => {
    expect(of(xs(100), 100)).toEqual({ text: xs(100), gapAt: undefined });
    expect(of(xs(100), 100, 7)).toEqual({ text: xs(100), gapAt: 7 });
  });

  test('is its beginning when no password is named, or one is near the beginning', () => {
    expect(of(xs(101), 100)).toEqual({ text: xs(100), gapAt: undefined });
    expect(of(`NewPassword${xs(200)}`, 100).text).toBe(`NewPassword${xs(89)}`);
    expect(of(xs(200), 100, 120)).toEqual({ text: xs(100), gapAt: undefined });
    expect(of(xs(200), 100, 40)).toEqual({ text: xs(100), gapAt: 40 });
  });

  test('holds the text around the last mention, whatever is named before', () => {
    const excerpt = of(`head NewPassword${xs(500)}>secret</NewPassword>tail${xs(500)}`, 100);
    expect(excerpt).toEqual({ text: expect.stringContaining('>secret</NewPassword>tail'), gapAt: 50 });
    expect(excerpt.text.slice(0, 16)).toBe('head NewPassword');
    expect(excerpt.text).toHaveLength(100);
  });

  test('is not drawn to the end of the operation, which has the same word in its name', () => {
    const response = `${xs(500)}>secret</NewPassword>${xs(500)}</GetNewPasswordResponse>`;
    expect(of(response, 100).text).toContain('>secret</NewPassword>');
    expect(of(`>secret</NewPassword>${xs(500)}</GetNewPasswordResponse>`, 100).gapAt).toBeUndefined();
  });

  test.each([500, 501])('reaches to the last byte when the mention is at the end of %i bytes', (before) => {
    const { text } = of(`${xs(before)}>secret</NewPassword>`, 100);
    expect(text).toMatch(/x>secret<\/NewPassword>$/);
    expect(text.length).toBeLessThanOrEqual(100);
  });

  test('keeps an earlier gap, so that no text behind it becomes readable', () => {
    expect(of(`${xs(500)}NewPassword`, 100, 20).gapAt).toBe(20);
  });

  test.each(['utf-16le', 'utf-16be'])('finds the mention in %s, and cuts no character', (charset) => {
    const body = Buffer.from(`${xs(501)}>sécret</NewPassword>${xs(300)}`, 'utf16le');
    if (charset === 'utf-16be') body.swap16();
    const excerpt = excerptOf({ body, gapAt: undefined }, 200);
    const text = (bytes: Buffer) => new TextDecoder(charset).decode(bytes);
    expect(text(excerpt.body.subarray(excerpt.gapAt))).toContain('>sécret</NewPassword>');
  });
});
