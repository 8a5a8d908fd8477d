/**
 * Reads the XML that SOAP allows, strictly, and also the part of a document that arrived before it broke
 * off. No library does both: fast-xml-parser accepts closing tags that match nothing, leaves unknown
 * entities as they stand and drops text with references to control characters, each of which would
 * yield a wrong password without a word.
 */
export type XmlElement = {
  /** The name without its prefix. */
  localName: string;
  /** By local name, references decoded. */
  attributes: Map<string, string>;
  children: XmlElement[];
  /** All character data directly inside, in order, untrimmed; comments leave no trace. */
  text: string;
  /** False when the document broke off before the closing tag. */
  closed: boolean;
};

/** Why bytes are not a document; they are never quoted. */
export type XmlProblem = 'doctype' | 'malformed';

export class XmlError extends Error {
  override name = 'XmlError';
  readonly problem: XmlProblem;
  constructor(problem: XmlProblem) {
    super(problem === 'doctype' ? 'The document has a DOCTYPE' : 'The document is not well-formed XML');
    this.problem = problem;
  }
}

// SOAP answers are six levels deep; a bound keeps every walk over the tree short.
const MAX_DEPTH = 100;
const name = String.raw`[^\s<>/=&"'?!]+`;
const closingTag = new RegExp(String.raw`^</(${name})\s*>$`);
const openingTag = new RegExp(String.raw`^<(${name})((?:\s+${name}\s*=\s*(?:"[^<"]*"|'[^<']*'))*)\s*(/?)>$`);
const attribute = new RegExp(String.raw`(${name})\s*=\s*(?:"([^<"]*)"|'([^<']*)')`, 'g');

/**
 * The root element, or undefined when the text broke off before one began.
 * @throws XmlError for a DOCTYPE (none is ever expanded) and for anything that XML does not allow.
 */
export function readXml(document: string): XmlElement | undefined {
  const xml = document.replace(/\r\n?/g, '\n'); // XML 1.0, 2.11
  const holder: XmlElement = { localName: '', attributes: new Map(), children: [], text: '', closed: false };
  const open: { element: XmlElement; rawName: string }[] = [{ element: holder, rawName: '' }];
  let at = 0;
  while (at < xml.length) {
    const parent = open.at(-1)?.element ?? holder;
    if (xml[at] !== '<') {
      const end = xml.indexOf('<', at);
      // Character data that nothing follows may have been cut anywhere, even inside a reference.
      if (end < 0 && parent !== holder) break;
      addText(parent, holder, decodeReferences(xml.slice(at, end < 0 ? undefined : end)));
      at = end < 0 ? xml.length : end;
      continue;
    }
    const end = endOfMarkup(xml, at);
    if (end === undefined) break;
    const markup = xml.slice(at, end);
    at = end;
    if (markup.startsWith('<![CDATA[')) {
      if (parent === holder) throw new XmlError('malformed');
      parent.text += markup.slice('<![CDATA['.length, -']]>'.length);
    } else if (markup.startsWith('</')) {
      if (open.length === 1 || closingTag.exec(markup)?.[1] !== open.at(-1)?.rawName) {
        throw new XmlError('malformed');
      }
      parent.closed = true;
      open.pop();
    } else if (!markup.startsWith('<!--') && !markup.startsWith('<?')) {
      const [, rawName, attributes, selfClosing] = openingTag.exec(markup) ?? [];
      if (rawName === undefined || open.length > MAX_DEPTH) throw new XmlError('malformed');
      if (parent === holder && holder.children.length > 0) throw new XmlError('malformed');
      const element: XmlElement = {
        localName: localName(rawName),
        attributes: readAttributes(attributes ?? ''),
        children: [],
        text: '',
        closed: selfClosing === '/',
      };
      parent.children.push(element);
      if (!element.closed) open.push({ element, rawName });
    }
  }
  return holder.children[0];
}

/** The index after the comment, CDATA section, instruction or tag at `at`; undefined if it broke off. */
function endOfMarkup(xml: string, at: number): number | undefined {
  for (const [start, end] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ] as const) {
    if (xml.startsWith(start, at)) {
      const found = xml.indexOf(end, at + start.length);
      return found < 0 ? undefined : found + end.length;
    }
  }
  if (xml.startsWith('<!', at)) {
    const rest = xml.slice(at, at + 9);
    if (/^<!doctype/i.test(rest)) throw new XmlError('doctype');
    const brokeOff = ['<!--', '<![CDATA[', '<!DOCTYPE'].some((start) => start.startsWith(rest));
    if (brokeOff && at + rest.length === xml.length) return undefined;
    throw new XmlError('malformed');
  }
  return endOfTag(xml, at);
}

function endOfTag(xml: string, at: number): number | undefined {
  let quote = '';
  for (let index = at; index < xml.length; index++) {
    const char = xml.charAt(index);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return index + 1;
    else if (char === '<' && index > at) throw new XmlError('malformed');
  }
  return undefined;
}

function addText(parent: XmlElement, holder: XmlElement, text: string): void {
  if (parent === holder && text.trim() !== '') throw new XmlError('malformed');
  parent.text += text;
}

function readAttributes(source: string): Map<string, string> {
  return new Map(
    [...source.matchAll(attribute)].map(([, rawName, double, single]) => [
      localName(rawName ?? ''),
      decodeReferences(double ?? single ?? ''),
    ]),
  );
}

function localName(rawName: string): string {
  return rawName.slice(rawName.lastIndexOf(':') + 1);
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Decodes once: what a reference yields is never read again. An `&` that begins none is malformed. */
function decodeReferences(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,32})|#([0-9]{1,32})|(\w+))?;?/g,
    (reference, hex, decimal, word) => {
      const char =
        word === undefined ? fromCode(hex, decimal) : Object.hasOwn(named, word) ? named[word] : undefined;
      if (char === undefined || !reference.endsWith(';')) throw new XmlError('malformed');
      return char;
    },
  );
}

/**
 * More than XML 1.0 allows: WCF writes control characters as references, and some writers an emoji as two
 * surrogates. Both can mean one thing only, and refusing them could lose a password.
 */
function fromCode(hex: string | undefined, decimal: string | undefined): string | undefined {
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
