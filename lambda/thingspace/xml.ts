import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { PresentableError } from '../errors.ts';

/**
 * Reads XML with fast-xml-parser, strictly, and also the part of a document that arrived before it broke off. The
 * library makes the tree and checks tags and attributes. Alone it throws at markup that broke off, loses text outside
 * the root, and leaves or drops references that it does not know. This module handles those three.
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

/** The reason why bytes are not a document; they are never quoted. */
export type XmlProblem = 'doctype' | 'malformed';

export class XmlError extends PresentableError {
  override readonly name = 'XmlError';
  readonly problem: XmlProblem;
  constructor(problem: XmlProblem) {
    super(problem === 'doctype' ? 'The document has a DOCTYPE' : 'The document is not well-formed XML');
    this.problem = problem;
  }
}

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';
const position = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** A node of the library: one member named after the tag, TEXT, or CDATA, with its attributes beside it. */
type Node = Record<string, unknown> & { [position: symbol]: Position };

/** Offsets; an element that was not closed has no end. */
type Position = { startIndex: number; endIndex?: number };

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  ignorePiTags: true,
  // The library must not guess or decode: see decodeReferences.
  processEntities: false,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  // The library lets one more through: 100 levels. SOAP answers have six; every walk over the tree is short.
  maxNestedTags: 99,
  jPath: false,
  // Its default renames elements such as toString; as own members of their node they are harmless.
  onDangerousProperty: (name) => name,
});

/**
 * Returns the root element, or undefined when the text broke off before one began.
 * @throws XmlError for a DOCTYPE (none is ever expanded) and for anything that XML does not allow.
 */
export function readXml(document: string): XmlElement | undefined {
  const xml = document.replace(/\r\n?/g, '\n'); // XML 1.0, 2.11
  const { whole, tail } = splitAtCut(xml);
  let nodes: Node[];
  try {
    nodes = parser.parse(whole);
  } catch {
    // No cause is kept: the library's messages quote the document.
    throw new XmlError('malformed');
  }
  const root = nodes.find((node) => position in node);
  const { startIndex, endIndex } = root?.[position] ?? { startIndex: whole.length, endIndex: whole.length };
  const after = endIndex === undefined ? '' : whole.slice(endIndex) + tail;
  const outside = whole.slice(0, startIndex) + after;
  if (outside.replace(COMMENT_OR_INSTRUCTION, '').trim() !== '') throw new XmlError('malformed');
  if (root === undefined) return undefined;
  let closingTags = '';
  for (let open: Node | undefined = root; open?.[position] && open[position].endIndex === undefined; ) {
    const { name, content }: Tag = tagOf(open);
    closingTags = `</${name}>${closingTags}`;
    open = content.at(-1);
  }
  const checked = XMLValidator.validate(whole.slice(startIndex, endIndex) + closingTags);
  if (checked !== true) throw new XmlError('malformed');
  return elementOf(root);
}

const inside = (quoted: string) => `[^<>"']*(?:(?:${quoted})[^<>"']*)*`;
const inTag = inside(`"[^<"]*"|'[^<']*'`);
// The library takes quotes in instructions for a tag's: they must come in pairs, and no '?>' inside.
const inInstruction = inside(`"[^<>"]*"|'[^<>']*'`);
const anyOf = (...forms: string[]) => new RegExp(forms.join('|'), 'sy');
const wholeMarkup = anyOf(
  '<!--.*?-->',
  String.raw`<!\[CDATA\[.*?\]\]>`,
  String.raw`<\?${inInstruction}\?>`,
  `</[^<>"'/]*>`, // The validator would take '</a/>' for an empty element.
  `<[^!?/<>"']${inTag}>`,
);
const cutMarkup = anyOf(
  '<!--',
  String.raw`<!\[CDATA\[`,
  `</[^<>"'/]*$`,
  `<(?:[^!/<>"']${inTag}(?:"[^<"]*|'[^<']*)?)?$`,
);

/**
 * `whole` ends with the last markup that arrived whole; `tail` is the text behind it, which may have been
 * cut anywhere, even inside a reference. Looks only for where each `<` ends: no DOCTYPE reaches the parser.
 */
function splitAtCut(xml: string): { whole: string; tail: string } {
  let end = 0;
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', end)) {
    wholeMarkup.lastIndex = cutMarkup.lastIndex = at;
    if (wholeMarkup.test(xml)) end = wholeMarkup.lastIndex;
    else if (cutMarkup.test(xml) || isCutDeclaration(xml, at)) {
      const tail = xml.slice(end, at);
      decodeReferences(tail); // Markup follows: no reference in it was cut.
      return { whole: xml.slice(0, end), tail };
    } else throw new XmlError(/^<!doctype/i.test(xml.slice(at, at + 9)) ? 'doctype' : 'malformed');
  }
  return { whole: xml.slice(0, end), tail: xml.slice(end) };
}

function isCutDeclaration(xml: string, at: number): boolean {
  const rest = xml.slice(at);
  return ['<!--', '<![CDATA[', '<!DOCTYPE'].some((start) => start !== rest && start.startsWith(rest));
}

/** Markup that may stand outside of the root. `$`: markup that does not end is read once, not once for each `<`. */
const COMMENT_OR_INSTRUCTION = /<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)/gs;

type Tag = { name: string; content: Node[] };

function tagOf(node: Node): Tag {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES) ?? '';
  return { name, content: node[name] as Node[] };
}

function elementOf(node: Node): XmlElement {
  const { name, content } = tagOf(node);
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>)) {
    attributes.set(name.slice(name.lastIndexOf(':') + 1), decodeReferences(value));
  }
  const children: XmlElement[] = [];
  let text = '';
  for (const child of content) {
    if (position in child) children.push(elementOf(child));
    else if (CDATA in child) text += (child[CDATA] as Node[]).map((literal) => literal[TEXT]).join('');
    else if (typeof child[TEXT] === 'string') text += decodeReferences(child[TEXT]);
  }
  return {
    localName: name.slice(name.lastIndexOf(':') + 1),
    attributes,
    children,
    text,
    closed: node[position]?.endIndex !== undefined,
  };
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Decodes once: what a reference yields is never read again. An `&` that begins none is malformed. */
function decodeReferences(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,32})|#([0-9]{1,32})|(\w+))?;?/g,
    (reference, hex, decimal, word) => {
      if (!reference.endsWith(';')) throw new XmlError('malformed');
      if (Object.hasOwn(named, word)) return named[word] as string;
      // More than XML 1.0 allows: WCF writes control characters as references, and some writers an emoji as two
      // surrogates. Both can mean one thing only, and refusing them could lose a password.
      const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
      if (!(code <= 0x10ffff)) throw new XmlError('malformed');
      return String.fromCodePoint(code);
    },
  );
}
