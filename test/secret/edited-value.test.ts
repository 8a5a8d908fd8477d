import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replaceTopLevel } from '../../lambda/secret/edited-value.ts';

const HOLE = '\u0000';
const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 2 });

/** A JSON string in one of its many spellings: each character as it is or as an escape. */
const spelled = (content: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...content.split('').map((unit) => {
        const escaped = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
        const plain = JSON.stringify(unit).slice(1, -1);
        return fc.constantFrom(plain, escaped, ...(unit === '/' ? ['\\/'] : []));
      }),
    )
    .map((units) => `"${units.join('')}"`);

const content = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(
    '"',
    '\\',
    '\\"',
    '{',
    '}',
    '[',
    ':',
    ',',
    '"password":"x"',
    'password',
    '\u2028',
    '\\u0041',
  ),
);
const text = content.chain(spelled);
const number = fc.constantFrom('0', '-0', '12345678901234567890', '0.1000', '1e400', '1E-10', '-3.14');

/** JSON texts with white space, duplicate members, names in escapes and values of any depth. */
const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    text,
    number,
    fc.constantFrom('true', 'false', 'null'),
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 3 }))
    .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
  object: fc
    .tuple(space, fc.array(fc.tuple(fc.oneof(text, spelled('password')), tie('value')), { maxLength: 3 }))
    .map(
      ([gap, members]) => `{${gap}${members.map(([name, item]) => `${name}${gap}:${item}${gap}`).join(',')}}`,
    ),
}));

/** An object's text with a hole for the value of each top-level "password", and what stood there. */
const objectWithHoles = fc
  .tuple(
    space,
    fc.array(
      fc.oneof(
        fc.tuple(spelled('password'), fc.constant(true)),
        fc.tuple(content.filter((name) => name !== 'password').chain(spelled), fc.constant(false)),
      ),
      { maxLength: 5 },
    ),
    fc.array(value, { minLength: 5, maxLength: 5 }),
  )
  .map(([gap, names, values]) => {
    const members = names.map(
      ([name, isHole], index) => `${gap}${name}${gap}:${gap}${isHole ? HOLE : values[index]}${gap}`,
    );
    const old = values.filter((_, index) => names[index]?.[1]);
    return { template: `${gap}{${members.length > 0 ? members.join(',') : gap}}${gap}`, old };
  });

const filled = (template: string, values: string[]): string => {
  const rest = [...values];
  return template
    .split('')
    .map((unit) => (unit === HOLE ? rest.shift() : unit))
    .join('');
};

test('replaces only the values of the top-level members, and keeps every other byte', () => {
  let holes = 0;
  fc.assert(
    fc.property(objectWithHoles, text, ({ template, old }, json) => {
      const before = filled(template, old);
      JSON.parse(before); // what is generated is JSON
      holes += old.length;
      expect(replaceTopLevel(before, 'password', json)).toBe(template.replaceAll(HOLE, () => json));
    }),
    { numRuns: 2_000 },
  );
  expect(holes).toBeGreaterThan(1_000);
});

test('keeps a nested member of the same name before and after the top-level one', () => {
  const json = (password: string) =>
    `{"a":{"password":"in"},"list":[{"password":"in"}],"password":${password},"z":{"password":["in"]}}`;
  expect(replaceTopLevel(json('"old"'), 'password', '"new"')).toBe(json('"new"'));
});

test('reads a value of a secret’s full length that consists of escapes', () => {
  const long = '\\"'.repeat(32_000);
  const json = (password: string) => `{"certificate":"${long}","password":${password}}`;
  expect(replaceTopLevel(json(`"${long}"`), 'password', '"new"')).toBe(json('"new"'));
});
