import { NAMED } from '../xml-entities.ts';

/**
 * Reads XML as a tree whose elements have their offsets in the text, so that the judged bytes are the sent bytes. It
 * accepts less than XML 1.0 allows, and nothing that two readers could understand differently: no DOCTYPE, no
 * processing instruction, ASCII names, the five named entities and character references.
 */
export type SourceElement = {
  /** As it is written, with its prefix. */
  tag: string;
  namespace: string;
  localName: string;
  /** Offset of its `<`. */
  start: number;
  /** Offset behind the `>` of its first tag. */
  contentStart: number;
  /** Offset behind the element. */
  end: number;
  /** Written as `<a/>`: there is no closing tag. */
  selfClosing: boolean;
  /** Marked `xsi:nil`: a reader that knows its schema takes the element for absent. It holds nothing. */
  isAbsent: boolean;
  children: SourceElement[];
  /** All character data directly inside, references decoded. */
  text: string;
  /** A comment or a CDATA section splits it: another reader may take only a part. */
  isSplit: boolean;
};

/** The text is not XML, or more than is taken here. The message names the fault and quotes nothing. */
export class XmlSourceError extends Error {
  override readonly name = 'XmlSourceError';
  /** The text is XML, and another reader takes something else from it. */
  readonly contradicts: boolean;
  constructor(met: string, contradicts: boolean) {
    super(met);
    this.contradicts = contradicts;
  }
}

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
// Only XML's own white space is accepted: `\s` would match more, and another reader would not.
const ATTRIBUTE =
  /[ \t\r\n]+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)[ \t\r\n]*=[ \t\r\n]*("[^"<]*"|'[^'<]*')/y;
// Only the name of the encoding has no letter case.
const DECLARATION =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[uU][tT][fF]-8"|'[uU][tT][fF]-8'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/y;
const TAG_END = /[ \t\r\n]*(\/?)>/y;
const TEXT = /[^<]+/y;
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
const XSI_NAMESPACE = 'http://www.w3.org/2001/XMLSchema-instance';
/** The attributes of .NET's DataContractSerializer. */
const SERIALIZATION_NAMESPACE = 'http://schemas.microsoft.com/2003/10/Serialization/';
/** A URI (RFC 3986), without addresses in brackets: another reader rejects a namespace that is none. */
const NAMESPACE_NAME =
  /^(?:[A-Za-z][A-Za-z\d+.-]*:|(?![^/?#]*:))(?:\/\/[\w.~!$&'()*+,;=-]*(?::\d{1,5})?(?![^/?#])|(?!\/\/))(?:[\w.~:/?@!$&'()*+,;=-]|%[\da-fA-F]{2})*(?:#(?:[\w.~:/?@!$&'()*+,;=-]|%[\da-fA-F]{2})*)?$/;
const MAX_DEPTH = 50;
/** Each element that declares a namespace copies its scope; this limit and the next one bound the work. */
const MAX_NAMESPACES = 64;
const MAX_ELEMENTS = 20_000;
// The Char production of XML 1.0, negated; under the u flag a lone surrogate is one character.
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

type Scope = ReadonlyMap<string, string>;
type Open = { element: SourceElement; scope: Scope; isNil: boolean };

/** @throws XmlSourceError */
export function readXmlSource(source: string): SourceElement {
  let at = source.startsWith('\uFEFF') ? 1 : 0;
  let root: SourceElement | undefined;
  let elements = 0;
  const open: Open[] = [];
  if (NOT_XML.test(source)) fail('a character that XML forbids');

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (!found) return undefined;
    at = pattern.lastIndex;
    return found;
  };
  const takeUntil = (end: string, what: string): string => {
    const found = source.indexOf(end, at);
    if (found < 0) return fail(`${what} that does not end`);
    const inside = source.slice(at, found);
    at = found + end.length;
    return inside;
  };
  const startsWith = (text: string): boolean => {
    if (!source.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };
  const addText = (text: string): void => {
    const parent = open.at(-1);
    if (parent) {
      parent.element.isSplit ||= parent.element.text !== '';
      parent.element.text += text;
    } else if (!isBlank(text)) fail('text outside of the root element');
  };

  function startTag(): void {
    const start = at - 1;
    elements += 1;
    if (elements > MAX_ELEMENTS) fail(`more than ${MAX_ELEMENTS} elements`);
    const tag = take(NAME)?.[0] ?? fail('a tag without a name');
    const written: [name: string, value: string][] = [];
    for (let found = take(ATTRIBUTE); found; found = take(ATTRIBUTE)) {
      const [, name = '', quoted = ''] = found;
      written.push([name, decoded(quoted.slice(1, -1).replace(/[\t\n\r]/g, ' '))]);
    }
    const selfClosing = (take(TAG_END)?.[1] ?? fail('a tag that does not end')) === '/';
    const scope = scopeOf(written, open.at(-1)?.scope ?? OUTERMOST);
    refuseRepeated(written, scope);
    const [prefix, localName] = split(tag);
    const namespace = namespaceOf(prefix, scope);
    const isNil = isMarkedNil(written, scope);
    if (attributeOf(written, scope, SERIALIZATION_NAMESPACE, 'Ref') !== undefined) {
      fail('a reference to another element (Ref), which .NET’s serializer reads in its place', true);
    }
    const element = { tag, namespace, localName, start, contentStart: at, end: at, selfClosing };
    const made: SourceElement = {
      ...element,
      isAbsent: isNil && selfClosing,
      children: [],
      text: '',
      isSplit: false,
    };
    const parent = open.at(-1)?.element;
    if (parent) parent.children.push(made);
    else if (root) fail('a second root element');
    else root = made;
    if (selfClosing) return;
    if (open.length >= MAX_DEPTH) fail(`elements that are nested deeper than ${MAX_DEPTH}`);
    open.push({ element: made, scope, isNil });
  }

  function endTag(): void {
    const tag = take(NAME)?.[0];
    const { element: ended, isNil } = open.pop() ?? {};
    if (!ended || ended.tag !== tag || take(TAG_END)?.[1] !== '') fail('a closing tag that closes nothing');
    ended.end = at;
    ended.isAbsent = isNil === true;
    // .NET's serializer passes over the content, and another reader takes it.
    if (isNil && !(ended.children.length === 0 && isBlank(ended.text))) {
      fail('content in an element marked nil', true);
    }
  }

  take(DECLARATION);
  while (at < source.length) {
    if (startsWith('<!--')) {
      if (/--|-$/.test(takeUntil('-->', 'a comment'))) fail('a comment that holds --');
      const parent = open.at(-1);
      if (parent) parent.element.isSplit = true;
    } else if (startsWith('<![CDATA[')) {
      if (open.length === 0) fail('text outside of the root element');
      addText(takeUntil(']]>', 'a CDATA section'));
    } else if (startsWith('<!')) {
      fail('a DOCTYPE, which SOAP forbids');
    } else if (startsWith('<?')) {
      fail('a processing instruction, which SOAP forbids, or a declaration other than of XML 1.0 in UTF-8');
    } else if (startsWith('</')) {
      endTag();
    } else if (startsWith('<')) {
      startTag();
    } else {
      const text = take(TEXT)?.[0] ?? '';
      if (text.includes(']]>')) fail('a ]]> that ends nothing');
      addText(decoded(text));
    }
  }
  if (open.length > 0) fail('an element that is not closed');
  return root ?? fail('no element');
}

/** Returns the text without the white space of XML around it. */
export const withoutBlanks = (text: string): string => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');

/** Reports whether the text is only XML's white space. */
export const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text);

const OUTERMOST: Scope = new Map([
  ['', ''],
  ['xml', XML_NAMESPACE],
]);

function scopeOf(attributes: readonly [string, string][], outer: Scope): Scope {
  const declared = attributes.filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'));
  if (declared.length === 0) return outer;
  const scope = new Map(outer);
  for (const [name, namespace] of declared) {
    const prefix = name.slice('xmlns:'.length);
    const reserved = [XML_NAMESPACE, XMLNS_NAMESPACE].includes(namespace);
    if (reserved || prefix === 'xml' || prefix === 'xmlns' || (prefix !== '' && namespace === '')) {
      fail('a namespace declaration that is not allowed');
    }
    if (!NAMESPACE_NAME.test(namespace)) fail('a namespace that is not a URI');
    scope.set(prefix, namespace);
    if (scope.size > MAX_NAMESPACES) fail(`more than ${MAX_NAMESPACES} namespaces in scope`);
  }
  return scope;
}

/** Rejects an attribute that occurs twice, by its name or by its namespace and local name. */
function refuseRepeated(attributes: readonly [string, string][], scope: Scope): void {
  const expanded = attributes.map(([name]) => {
    const [prefix, localName] = split(name);
    const isDeclaration = prefix === 'xmlns' || prefix === '';
    return isDeclaration ? name : `{${namespaceOf(prefix, scope)}}${localName}`;
  });
  if (new Set(expanded).size !== expanded.length) fail('an attribute that stands twice');
}

const isMarkedNil = (attributes: readonly [string, string][], scope: Scope): boolean =>
  ['true', '1'].includes(withoutBlanks(attributeOf(attributes, scope, XSI_NAMESPACE, 'nil') ?? ''));

/** Returns the value of the attribute of this namespace and name. */
function attributeOf(
  attributes: readonly [string, string][],
  scope: Scope,
  namespace: string,
  wanted: string,
): string | undefined {
  return attributes.find(([name]) => {
    const [prefix, localName] = split(name);
    return localName === wanted && prefix !== '' && scope.get(prefix) === namespace;
  })?.[1];
}

const namespaceOf = (prefix: string, scope: Scope): string =>
  scope.get(prefix) ?? fail('a prefix that is not declared');

function split(name: string): [prefix: string, localName: string] {
  const colon = name.indexOf(':');
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

/** Decodes once. An `&` that begins no known reference is refused. */
function decoded(text: string): string {
  return text.replace(/&(?:#x([\da-fA-F]{1,6});|#(\d{1,7});|(\w+);)?/g, (_, hex, decimal, name) => {
    if (name !== undefined) return NAMED.get(name) ?? fail('an entity that is not one of the five of XML');
    const code = Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16);
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
    return NOT_XML.test(character) ? fail('a reference to no character of XML') : character;
  });
}

function fail(met: string, contradicts = false): never {
  throw new XmlSourceError(met, contradicts);
}
