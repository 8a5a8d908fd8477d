import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JSON_DOCUMENTS } from '../../../lambda/thingspace/rest/documents.ts';
import {
  countOf,
  JsonError,
  type JsonValue,
  membersNamed,
  readJson,
} from '../../../lambda/thingspace/rest/json.ts';

/** The value as `JSON.parse` gives it, for a document without duplicate members. */
function plain(value: JsonValue): unknown {
  switch (value.kind) {
    case 'object':
      return Object.fromEntries(value.members.map(([name, member]) => [name, plain(member)]));
    case 'array':
      return value.items.map(plain);
    case 'string':
      return value.text;
    case 'number':
      return Number(value.text);
    case 'null':
      return null;
    default:
      return value.kind;
  }
}
const problemOf = (text: string): string | undefined => {
  try {
    readJson(text);
    return undefined;
  } catch (error) {
    return error instanceof JsonError ? error.problem : 'another error';
  }
};
const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;
const spaced = fc.constantFrom(undefined, 1, '\t');
/** Texts near JSON: a document with some characters taken out, put in or doubled. */
const nearJson = fc
  .tuple(
    values,
    fc.nat(),
    fc.constantFrom('', '"', '\\', '{', ']', ',', ':', 'e', '0', '\\u00', '\n', '\u0001'),
  )
  .map(([value, at, piece]) => {
    const text = JSON.stringify(value);
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + piece + text.slice(cut + (at % 3));
  });

describe('a JSON document', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(values, spaced, (value, space) => {
        const text = JSON.stringify(value, null, space);
        const root = readJson(`${text}\r\n`);
        expect(root && plain(root)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test('is whole in no other case than those in which JSON.parse takes it', () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        const state = JSON_DOCUMENTS.stateOf({ body: Buffer.from(text) });
        const isContainer = /^\s*[{[]/.test(text) && !/^\s*</.test(text);
        expect(state === 'closed').toBe(isContainer && parses(Buffer.from(text).toString()));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is never malformed because it broke off', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const text = JSON.stringify({ first: value });
        const root = readJson(text.slice(0, at % text.length));
        expect(root === undefined || (root.kind === 'object' && !root.closed)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps every member of a name, however it is spelled, and the text of numbers', () => {
    const root = readJson('{"a":1e400,"\\u0061":0.10,"b":{"a":2}}');
    if (root?.kind !== 'object') throw new Error('no object');
    expect(membersNamed(root, 'a')).toEqual([
      { kind: 'number', text: '1e400' },
      { kind: 'number', text: '0.10' },
    ]);
    expect(countOf(root, 'a')).toBe(3);
  });

  test('counts a name at any depth, as often as it is written', () => {
    fc.assert(
      fc.property(values, fc.nat(3), fc.nat(3), (value, times, deeper) => {
        const name = '"\\u0041 name that no other member has"';
        const members = [...Array.from({ length: times }, () => `${name}:1`), `"v":${JSON.stringify(value)}`];
        const inner = Array.from({ length: deeper }, () => `[{${name}:null}]`);
        const root = readJson(`{${members.join(',')},"w":[${inner.join(',')}]}`);
        expect(root && countOf(root, 'A name that no other member has')).toBe(times + deeper);
      }),
    );
  });

  test.each([
    ['{"a":1}x', 'trailing'],
    ['{"a":1}{}', 'trailing'],
    ['{"a":1}\0', 'trailing'],
    ['\uFEFF{}', 'not-json'],
    ['{"a":01}', 'not-json'],
    ['{"a":1,}', 'not-json'],
    ["{'a':1}", 'not-json'],
    ['{"a":"\t"}', 'not-json'],
    ['{"a":"\\x41"}', 'not-json'],
    ['{"a":NaN}', 'not-json'],
    ['{"a" 1}', 'not-json'],
    ['[1 2]', 'not-json'],
    ['// {}', 'not-json'],
    ['['.repeat(33) + ']'.repeat(33), 'too-deep'],
    ['{"a":'.repeat(50_000), 'too-deep'],
  ])('%# is not taken: %j is %s', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  test('is read in one pass: a large one costs what its size costs', () => {
    // A million of each character at which a reader could begin anew.
    for (const piece of ['\\\\', '"', '[', '{"a":', ' ', 'x', '1', '\\u0041', '{},']) {
      const text = `{"a":"${piece.repeat(1_000_000 / piece.length)}`;
      expect(() => problemOf(text)).not.toThrow();
    }
    expect(readJson(`"${'\\"'.repeat(500_000)}"`)).toEqual({ kind: 'string', text: '"'.repeat(500_000) });
  });
});

describe('the end of a JSON document', () => {
  const watched = (pieces: readonly (string | Buffer)[]) => {
    const watch = JSON_DOCUMENTS.watch();
    return pieces.map((piece) => watch(Buffer.from(piece)));
  };

  test('is seen at the bracket that closes the root, in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(values, spaced, fc.array(fc.nat(), { maxLength: 6 }), (value, space, cuts) => {
        const bytes = Buffer.from(JSON.stringify({ value, text: '}]"\\' }, null, space));
        const at = [...cuts.map((cut) => cut % bytes.length), 0, bytes.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const ends = watched(pieces.filter(({ length }) => length > 0));
        expect(ends).toEqual(ends.map((_, i) => i === ends.length - 1));
      }),
    );
  });

  test('stays seen behind a few blanks and not behind anything else', () => {
    expect(watched(['{}', '\r\n', ' '])).toEqual([true, true, true]);
    expect(watched(['{}', 'x', '{}'])).toEqual([true, false, false]);
    expect(watched(['{}{', '}'])).toEqual([false, false]);
    expect(watched(['\uFEFF {', '}'])).toEqual([false, true]);
    expect(watched(['null'])).toEqual([false]);
    expect(watched(['x', '{}'])).toEqual([false, false]);
  });

  test('is looked at a few times only when blanks come one by one', () => {
    expect(watched(['{a}', ...' '.repeat(99)]).filter(Boolean)).toHaveLength(4);
  });

  test('is that of XML for a gateway’s XML', () => {
    expect(watched(['<am:fault><am:code>', '404</am:code></am:fault>'])).toEqual([false, true]);
    expect(JSON_DOCUMENTS.stateOf({ body: Buffer.from('<a><b/></a>\n') })).toBe('closed');
    expect(JSON_DOCUMENTS.stateOf({ body: Buffer.from('<a><b/>') })).toBe('open');
  });

  test.each([
    ['{"a":1}\n', 'closed'],
    ['\uFEFF{"a":1}', 'closed'],
    ['{"a":"}', 'open'],
    ['[{"a":{}}', 'open'],
    ['{"a":1}}', undefined],
    ['{a}', undefined],
    ['12', undefined],
    ['', undefined],
  ])('%j is %s', (text, state) => {
    expect(JSON_DOCUMENTS.stateOf({ body: Buffer.from(text) })).toBe(state);
  });
});
