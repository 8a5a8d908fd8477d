import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelOf } from '../../lambda/alarms/label.ts';

describe('The label of a credential', () => {
  it('is the username itself when it is a usual one', () => {
    expect(labelOf('acme-uws_01@example.com')).toBe('acme-uws_01@example.com');
  });

  it.each([
    ['a b', 'a%20b'],
    ['50%', '50%25'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['\u0000', '%00'],
    ['', '%'],
  ])('writes %j as %s', (credential, label) => {
    expect(labelOf(credential)).toBe(label);
  });

  it('stays whole at 200 characters and is cut to 200 at 201', () => {
    expect(labelOf('a'.repeat(200))).toBe('a'.repeat(200));
    expect(labelOf('a'.repeat(201))).toMatch(/^a{167}~[0-9a-f]{32}$/);
  });

  it('differs for any two credentials', () => {
    const credential = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.constantFrom('x'.repeat(300), `${'x'.repeat(299)}y`, 'a%20b', 'a b'),
    );
    fc.assert(
      fc.property(credential, credential, (one, other) => {
        expect(labelOf(one) === labelOf(other)).toBe(one === other);
      }),
    );
  });
});
