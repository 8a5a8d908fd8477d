import { describe, expect, it } from 'vitest';
import { wrapped } from '../../cli/layout.ts';

const sentence = '  The old password was refused after a change whose answer did not arrive.';

describe('The tool’s output', () => {
  it('breaks between words at the terminal’s width, with its line’s indent', () => {
    expect(wrapped(sentence, 50)).toBe(
      '  The old password was refused after a change\n  whose answer did not arrive.',
    );
    expect(wrapped('x'.repeat(90), 50)).toBe('x'.repeat(90));
  });

  it('breaks a numbered step below its own words, at 60 columns', () => {
    const step = 'If there is no sealed answer, or it holds no password: Store the working password.';
    expect(wrapped(`  2. ${step}`, 60)).toBe(
      '  2. If there is no sealed answer, or it holds no password:\n     Store the working password.',
    );
    expect(wrapped(`12. ${step}`, 60)).toMatch(/^12\. If .*:\n {4}Store/);
  });

  it('keeps commands and table rows on one line, and every line without a known width', () => {
    const command = `    npm run cli -- store --secret '${'a'.repeat(80)}'`;
    const row = `thingspace/fleet  Fleet-API  all is well  ${'0 of 5  '.repeat(10)}`;
    for (const whole of [command, row]) expect(wrapped(whole, 60)).toBe(whole);
    expect(wrapped(sentence, undefined)).toBe(sentence);
  });
});
