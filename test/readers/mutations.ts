import type { Random } from '../../local/thingspace/random.ts';
import { SOAP, V2 } from '../access/arbitrary-envelope.ts';
import { anywhere, chooser } from './choice.ts';
import { CONTRACT, type Element, element } from './elements.ts';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const SERIALIZATION = 'http://schemas.microsoft.com/2003/10/Serialization/';

const isElement = (part: Element['content'][number]): part is Element =>
  typeof part !== 'string' && !('raw' in part);
const childrenOf = ({ content }: Element): Element[] => content.filter(isElement);
const allOf = (root: Element): Element[] => [root, ...childrenOf(root).flatMap(allOf)];
const named = (root: Element, name: string): Element[] => allOf(root).filter((one) => one.name === name);

type Mutation = (root: Element, random: Random) => void;

const somewhere = (random: Random, { content }: Element, part: Element['content'][number]) =>
  content.splice(random.below(content.length + 1), 0, part);
const anyOf = (root: Element, random: Random) => random.pick(allOf(root));
/** An element that is looked at by the function, when there is one. */
const watched = (root: Element, random: Random): Element => {
  const names = /^(?:Identifier|Kind|DeviceList|AccountName|Activate|Deactivate|Suspend|token|Device\w*)$/;
  const found = allOf(root).filter(({ name }) => names.test(name));
  return found.length === 0 ? root : random.pick(found);
};
const other = (random: Random) =>
  random.pick(['urn:x', '', SOAP, V2, `${CONTRACT}.Common`, `${CONTRACT}.Other`, `${V2} `, V2.toUpperCase()]);

/** Changes of the tree. Each may change the meaning; the readers must agree on the new one. */
const TREE: Record<string, Mutation> = {
  'an element twice'(root, random) {
    const parent = anyOf(root, random);
    const child = childrenOf(parent)[0];
    if (child) somewhere(random, parent, structuredClone(child));
  },
  'another device beside it'(root, random) {
    const copy = structuredClone(random.pick([...named(root, 'DeviceIdentifier'), root]));
    for (const one of named(copy, 'Identifier')) one.content = [String(random.below(1e9))];
    somewhere(random, anyOf(root, random), copy);
  },
  'a second Identifier or Kind'(root, random) {
    const name = random.pick(['Identifier', 'Kind']);
    const content = random.oneIn(4) ? [] : [random.pick(['MDN', '5550000000'])];
    somewhere(random, watched(root, random), element(other(random), name, ...content));
  },
  'a marker of nil'(root, random) {
    const one = watched(root, random);
    const value = random.pick(['true', '1', 'false', '0', ' true ', 'TRUE', '\ntrue', '']);
    one.attributes.push([`{${random.pick([XSI, XSI, 'urn:x'])}}nil`, value]);
    if (random.oneIn(2)) one.content = [];
  },
  'a reference of the serializer'(root, random) {
    const name = random.pick(['Ref', 'Id']);
    watched(root, random).attributes.push([`{${SERIALIZATION}}${name}`, random.pick(['i1', 'i2', ''])]);
  },
  'another name'(root, random) {
    const one = watched(root, random);
    one.name = random.pick([
      one.name.toLowerCase(),
      one.name.toUpperCase(),
      'Identifier',
      'Kind',
      'token',
      'Token',
      `${one.name}s`,
      `${one.name}.`,
      'Ident\u0456fier',
    ]);
  },
  'another namespace'(root, random) {
    watched(root, random).namespace = other(random);
  },
  'another order'(root, random) {
    const { content } = anyOf(root, random);
    content.reverse();
  },
  'an element left out'(root, random) {
    anyOf(root, random).content.splice(0, 1);
  },
  'odd white space'(root, random) {
    const odd = random.pick([
      ' ',
      '\t',
      '\r',
      '\n',
      '\u00a0',
      '\ufeff',
      '\u2003',
      '\u200b',
      '\u0085',
      '\u2028',
    ]);
    const one = watched(root, random);
    if (random.oneIn(2)) one.content.unshift(odd);
    else one.content.push(odd);
  },
  'other digits'(root, random) {
    const one = random.pick([...named(root, 'Identifier'), root]);
    one.content = [
      random.pick(['\uff11\uff12', '\u0661\u0662', '1\u03412', '\u{1d7d8}', '1 2', '&#49;', '0x31']),
    ];
  },
  'a block in the header'(root, random) {
    const block = random.pick([
      () => element(V2, 'token', 'another-token'),
      () => element('urn:x', 'TOKEN', 'another-token'),
      () => element('', 'token'),
      () => element('urn:x', 'Security', element(V2, 'token', 'another-token')),
      () => element('http://www.w3.org/2005/08/addressing', 'Action', `${V2}/IDeviceService/GetDeviceList`),
      () => element('', 'Action', `${V2}/ICarrierService/ChangeDeviceState`),
    ])();
    const header = named(root, 'Header')[0];
    if (header) somewhere(random, header, block);
    else root.content.unshift(element(SOAP, 'Header', block));
  },
  'another part of the envelope'(root, random) {
    const part = random.pick(['Body', 'Header', 'Envelope']);
    const copy = structuredClone(random.pick([...named(root, part), element(SOAP, part)]));
    somewhere(random, anyOf(root, random), copy);
  },
  'another operation'(root, random) {
    const body = named(root, 'Body')[0];
    const made = element(
      random.pick([V2, 'urn:x']),
      random.pick(['LogIn', 'GetDeviceList', 'ChangeDeviceState']),
    );
    if (body) somewhere(random, body, made);
  },
  'an attribute'(root, random) {
    const name = random.pick([
      'Identifier',
      `{${XSI}}type`,
      '{http://www.w3.org/XML/1998/namespace}space',
      '{http://www.w3.org/XML/1998/namespace}lang',
      `{${SOAP}}mustUnderstand`,
      'id',
      'href',
    ]);
    anyOf(root, random).attributes.push([
      name,
      random.pick(['1', 'preserve', '#a', '>', "'", '"', ']]>', '']),
    ]);
  },
  'markup between'(root, random) {
    const raw = random.pick([
      '<!-- <Identifier>1</Identifier> -->',
      '<![CDATA[<Identifier>1</Identifier>]]>',
      '<?Identifier 1?>',
      '<!-- a -- b -->',
      '<!--->',
      '&amp;Identifier;',
      '&Identifier;',
      '&#0;',
      '&#x110000;',
      '&#xD800;',
      '&#1;',
      ']]>',
      'text',
    ]);
    somewhere(random, anyOf(root, random), { raw });
  },
  depth(root, random) {
    let inner: Element = element('urn:x', 'Identifier', '7');
    for (let depth = random.below(60); depth > 0; depth -= 1) inner = element('urn:x', 'a', inner);
    somewhere(random, anyOf(root, random), inner);
  },
};

const DTD = '<!DOCTYPE Envelope [<!ENTITY a "1"><!ATTLIST Kind xmlns CDATA "urn:x">]>';
const BEFORE = [
  '<?xml version="1.0"?>',
  '<?xml version="1.0" encoding="UTF-8"?>\n',
  "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
  '<?xml version="1.1"?>',
  '<?xml version="1.0" encoding="ISO-8859-1"?>',
  '<?xml version="1.0" encoding="utf-16"?>',
  '<?XML version="1.0"?>',
  '<?xml VERSION="1.0"?>',
  '<?xml version="1.0" standalone="YES"?>',
  '<?xml  version = "1.0"\n encoding = "utf-8"?>',
  ' <?xml version="1.0"?>',
  '\ufeff',
  '\ufeff\ufeff',
  '\ufeff<?xml version="1.0" encoding="utf-8"?>',
  '<!-- before -->',
  '<?before it?>',
  DTD,
];
const JUNK = [
  ...[
    '<',
    '>',
    '"',
    "'",
    '&',
    '&amp;',
    '/',
    '=',
    ' ',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '\0',
    '\u0001',
  ],
  ...[
    ':',
    'xmlns=""',
    ' xmlns:a="urn:x"',
    ' xmlns="urn:x"',
    '\ud800',
    '\ufffe',
    '\u00e9',
    '\u{1f600}',
    '&#x1F600;',
  ],
  ...[
    '<token>',
    '</s:Body>',
    'Identifier',
    '<Identifier>1</Identifier>',
    '\r',
    '\n',
    '\u2028',
    '.',
    '-',
    '1',
  ],
];

/** Changes of the text, at any place. */
const TEXT: Record<string, (text: string, random: Random) => string> = {
  'a prologue': (text, random) => random.pick(BEFORE) + text,
  ...anywhere(JUNK, 80),
  'two parts exchanged'(text, random) {
    const tags = [...text.matchAll(/<[^<>]*>/g)];
    const [one, next] = [random.pick(tags), random.pick(tags)].sort((a, b) => a.index - b.index);
    if (!one || !next || one.index === next.index) return text;
    const between = text.slice(one.index + one[0].length, next.index);
    return text.slice(0, one.index) + next[0] + between + one[0] + text.slice(next.index + next[0].length);
  },
};

/** Changes of the bytes. */
const BYTES: Record<string, (bytes: Buffer, random: Random) => Buffer> = {
  'UTF-16': (bytes) => Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le'),
  'Latin-1': (bytes) => Buffer.from(bytes.toString(), 'latin1'),
  'a byte turned over'(bytes, random) {
    const changed = Buffer.from(bytes);
    const at = random.below(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  'a byte between'(bytes, random) {
    const at = random.below(bytes.length);
    const byte = random.pick([0xff, 0xc0, 0x80, 0xed, 0xf8, 0x00]);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)]);
  },
};

/** The mutations of one request, chosen beforehand; the names are for people. */
export function chooseMutations(random: Random) {
  const { names, choose } = chooser(random);
  const tree = choose(TREE, random.pick([0, 1, 1, 2, 2, 3]));
  const text = choose(TEXT, random.pick([0, 0, 0, 0, 1, 2]));
  const bytes = choose(BYTES, random.oneIn(20) ? 1 : 0);
  return { names, tree, text, bytes };
}
