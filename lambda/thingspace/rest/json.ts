/**
 * Reads JSON (RFC 8259) for one meaning, and also the part of a document that arrived before it broke off. Keeps what
 * `JSON.parse` hides: every member of a name, however it is spelled, and the text of numbers. Each character is looked
 * at once.
 */
export type JsonValue =
  | JsonObject
  | { kind: 'array'; items: JsonValue[]; closed: boolean }
  | { kind: 'string'; text: string }
  /** `text` as it is written. */
  | { kind: 'number'; text: string }
  | { kind: 'boolean' | 'null' }
  /** A value that was cut. */
  | { kind: 'cut' };

/** `closed` is false when the document broke off inside. */
export type JsonObject = { kind: 'object'; members: [name: string, value: JsonValue][]; closed: boolean };

/** The reason why bytes are not a document; they are never quoted. */
export type JsonProblem = 'not-json' | 'too-deep' | 'trailing';

/** Readers of documents turn it into an error of their own. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly problem: JsonProblem;
  constructor(problem: JsonProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** ThingSpace's answers have two levels. */
const MAX_DEPTH = 32;
const TOKEN = /[-+.\w]+/y;
const SCALAR = /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$/;
/** The beginning of a scalar that may have been cut. */
const CUT_SCALAR = /^(?:[-+.0-9eE]+|[a-z]{1,4})$/;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const CUT_ESCAPE = /\\(?:u[0-9a-fA-F]{0,3})?$/y;

type Reader = { text: string; at: number };

/** Returns the root, or undefined when the text broke off before one began. @throws JsonError */
export function readJson(text: string): JsonValue | undefined {
  const reader = { text, at: 0 };
  skipBlanks(reader);
  if (reader.at === text.length) return undefined;
  const root = value(reader, 1);
  skipBlanks(reader);
  if (reader.at < text.length) throw new JsonError('trailing');
  return root;
}

/** Returns the values of every member of this name, directly inside. */
export function membersNamed({ members }: JsonObject, name: string): JsonValue[] {
  return members.filter(([written]) => written === name).map(([, member]) => member);
}

/** Returns how many members of this name there are at any depth, in capital letters or small ones. */
export function countOf(root: JsonValue, name: string): number {
  if (root.kind === 'array') return root.items.reduce((sum, item) => sum + countOf(item, name), 0);
  if (root.kind !== 'object') return 0;
  return root.members.reduce(
    (sum, [written, member]) => sum + (isSameName(written, name) ? 1 : 0) + countOf(member, name),
    0,
  );
}

const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function skipBlanks(reader: Reader): void {
  while (' \t\n\r'.includes(reader.text[reader.at] ?? 'x')) reader.at += 1;
}

/** Reads at a character that is not blank. */
function value(reader: Reader, depth: number): JsonValue {
  const char = reader.text[reader.at];
  if ((char === '{' || char === '[') && depth > MAX_DEPTH) throw new JsonError('too-deep');
  if (char === '{') return object(reader, depth);
  if (char === '[') return array(reader, depth);
  if (char !== '"') return scalar(reader);
  const text = string(reader);
  return text === undefined ? { kind: 'cut' } : { kind: 'string', text };
}

function object(reader: Reader, depth: number): JsonObject {
  const members: JsonObject['members'] = [];
  const closed = items(reader, '}', () => {
    if (reader.text[reader.at] !== '"') throw new JsonError('not-json');
    const name = string(reader);
    skipBlanks(reader);
    if (name === undefined || reader.at === reader.text.length) return;
    if (reader.text[reader.at] !== ':') throw new JsonError('not-json');
    reader.at += 1;
    skipBlanks(reader);
    members.push([name, reader.at === reader.text.length ? { kind: 'cut' } : value(reader, depth + 1)]);
  });
  return { kind: 'object', members, closed };
}

function array(reader: Reader, depth: number): JsonValue {
  const found: JsonValue[] = [];
  const closed = items(reader, ']', () => {
    found.push(value(reader, depth + 1));
  });
  return { kind: 'array', items: found, closed };
}

/** Reads items up to the closing bracket; returns whether it came. */
function items(reader: Reader, closing: string, readItem: () => void): boolean {
  reader.at += 1;
  skipBlanks(reader);
  if (reader.text[reader.at] === closing) {
    reader.at += 1;
    return true;
  }
  while (reader.at < reader.text.length) {
    readItem();
    skipBlanks(reader);
    const char = reader.text[reader.at];
    if (char === undefined) return false;
    if (char !== ',' && char !== closing) throw new JsonError('not-json');
    reader.at += 1;
    if (char === closing) return true;
    skipBlanks(reader);
  }
  return false;
}

/** Reads at an opening quote. Returns the text with its escapes decoded, once; undefined when it was cut. */
function string(reader: Reader): string | undefined {
  const { text } = reader;
  const start = reader.at;
  let end = start + 1;
  for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(end)) {
    if (Number.isNaN(code) || (code === 0x5c && matchAt(CUT_ESCAPE, text, end))) {
      reader.at = text.length;
      return undefined;
    }
    const length = code === 0x5c ? matchAt(ESCAPE, text, end) : 1;
    if (code < 0x20 || !length) throw new JsonError('not-json');
    end += length;
  }
  reader.at = end + 1;
  return JSON.parse(text.slice(start, end + 1));
}

function scalar(reader: Reader): JsonValue {
  const { text, at } = reader;
  reader.at += matchAt(TOKEN, text, at);
  const written = text.slice(at, reader.at);
  if (!SCALAR.test(written)) {
    if (reader.at === text.length && CUT_SCALAR.test(written)) return { kind: 'cut' };
    throw new JsonError('not-json');
  }
  if (written === 'null') return { kind: 'null' };
  return /^[tf]/.test(written) ? { kind: 'boolean' } : { kind: 'number', text: written };
}

/** Returns how many characters match from `at` on; 0 for none. */
function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}
