/**
 * A small strict XML 1.0 reader with namespaces, for requests to the simulator. It is on purpose not the
 * product's: an error that both made would cancel out. Like WCF it refuses a DOCTYPE.
 */
export type XmlElement = {
  namespace: string;
  name: string;
  /** Attributes other than namespace declarations, keyed `{namespace}name`. */
  attributes: Map<string, string>;
  children: XmlElement[];
  /** All character data directly inside, entities decoded. */
  text: string;
};

/** The text is not well-formed XML. The message holds an offset and nothing of the text. */
export class XmlSyntaxError extends Error {
  override name = 'XmlSyntaxError';
}

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*=\s*("[^"<]*"|'[^'<]*')/y;
const NAMED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

type Scope = Map<string, string>;
type Open = { element: XmlElement; tag: string; scope: Scope };

/** Reads one document and returns its root. Throws XmlSyntaxError. */
export function readXml(source: string): XmlElement {
  // XML 1.0, 2.11: a reader sees every line end as one line feed.
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  let at = 0;
  let root: XmlElement | undefined;
  const open: Open[] = [];
  const topScope: Scope = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

  const fail = (what: string): never => {
    throw new XmlSyntaxError(`The request is not well-formed XML: ${what} at character ${at}.`);
  };
  const skipPast = (end: string): string => {
    const found = text.indexOf(end, at);
    if (found < 0) return fail(`a missing ${end}`);
    const inside = text.slice(at, found);
    at = found + end.length;
    return inside;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };

  const addText = (characters: string): void => {
    if (!isXmlText(characters)) fail('a character that XML forbids');
    const parent = open.at(-1);
    if (parent) parent.element.text += characters;
    else if (characters.trim() !== '') fail('text outside the root element');
  };

  const decode = (raw: string): string =>
    raw.replace(/&([^;&]*;?)/g, (_, entity: string) => decodeEntity(entity) ?? fail('an unknown entity'));

  const startElement = (): void => {
    const tag = match(NAME)?.[0] ?? fail('a bad element name');
    const scope: Scope = new Map(open.at(-1)?.scope ?? topScope);
    const raw = new Map<string, string>();
    for (let found = match(ATTRIBUTE); found; found = match(ATTRIBUTE)) {
      const [, name = '', quoted = ''] = found;
      if (raw.has(name)) fail('a repeated attribute');
      raw.set(name, decode(quoted.slice(1, -1)));
    }
    const attributes = new Map<string, string>();
    for (const [name, value] of raw) {
      if (name === 'xmlns') scope.set('', value);
      else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value);
    }
    for (const [name, value] of raw) {
      if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
      const [prefix, local] = name.includes(':') ? splitName(name) : ['', name];
      attributes.set(`{${prefix ? namespaceOf(prefix, scope) : ''}}${local}`, value);
    }
    const [prefix, local] = splitName(tag);
    const element: XmlElement = {
      namespace: namespaceOf(prefix, scope),
      name: local,
      attributes,
      children: [],
      text: '',
    };
    const parent = open.at(-1)?.element;
    if (parent) parent.children.push(element);
    else if (root) fail('a second root element');
    else root = element;
    match(/\s*/y);
    if (match(/\/>/y)) return;
    if (!match(/>/y)) fail('a tag that does not end');
    open.push({ element, tag, scope });
  };

  const namespaceOf = (prefix: string, scope: Scope): string =>
    scope.get(prefix) ?? (prefix === '' ? '' : fail('an undeclared prefix'));

  match(/<\?xml\s[^?]*\?>/y);
  while (at < text.length) {
    if (match(/<!--/y)) {
      skipPast('--');
      if (!match(/>/y)) fail('a comment that holds --');
    } else if (match(/<!\[CDATA\[/y)) {
      if (open.length === 0) fail('CDATA outside the root element');
      addText(skipPast(']]>'));
    } else if (match(/<[!?]/y)) {
      fail('a DOCTYPE or processing instruction');
    } else if (match(/<\//y)) {
      const tag = match(NAME)?.[0];
      match(/\s*/y);
      if (open.pop()?.tag !== tag || !match(/>/y)) fail('an end tag that matches no start');
    } else if (match(/</y)) {
      startElement();
    } else {
      const raw = match(/[^<]+/y)?.[0] ?? '';
      if (raw.includes(']]>')) fail('a bare ]]>');
      addText(decode(raw));
    }
  }
  if (open.length > 0) fail('an element that is not closed');
  return root ?? fail('no root element');
}

function splitName(name: string): [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

/** Decodes what stands between `&` and `;` (inclusive); undefined where XML knows no such entity. */
function decodeEntity(entity: string): string | undefined {
  if (!entity.endsWith(';')) return undefined;
  const name = entity.slice(0, -1);
  const decimal = /^#(\d{1,7})$/.exec(name);
  const hex = /^#x([0-9a-fA-F]{1,6})$/.exec(name);
  if (!decimal && !hex) return NAMED.get(name);
  const codePoint = decimal ? Number(decimal[1]) : Number.parseInt(hex?.[1] ?? '', 16);
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined;
}

/** XML 1.0, 2.2: which characters a document may hold, written or referred to. */
function isXmlText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the ones that XML forbids
  return text.isWellFormed() && !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text);
}

/** For text and for attribute values. */
export const escapeXml = (text: string): string =>
  [...NAMED].reduce((escaped, [name, character]) => escaped.replaceAll(character, `&${name};`), text);
