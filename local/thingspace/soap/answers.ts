import type { Random } from '../random.ts';
import { ENVELOPE_NAMESPACE, type Operation, V2_NAMESPACE } from './contract.ts';
import { type Values, writeStructure } from './structures.ts';
import { escapeXml } from './xml.ts';

/**
 * Answers as WCF or a gateway in front of it might write them: the prefixes, the spelling of special
 * characters and the white space are drawn, so that a reader which relies on any of them fails soon.
 */
export function renderAnswer(random: Random, operation: Operation, value: string): string {
  const [a, v2] = [random.pick(['a', 'b', 'd4p1']), random.pick(['', 'v2:', 'ns1:'])];
  const { name, memberNamespace, output } = operation;
  const declare = v2 === '' ? `xmlns="${V2_NAMESPACE}"` : `xmlns:${v2.slice(0, -1)}="${V2_NAMESPACE}"`;
  return envelope(
    random,
    (gap) =>
      `<${v2}${name}Response ${declare}>${gap}<${v2}Output xmlns:${a}="${memberNamespace}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${gap}<${a}:${output}>${spell(random, value)}</${a}:${output}>${gap}</${v2}Output>${gap}</${v2}${name}Response>`,
  );
}

/** The answer to a structured operation. */
export function renderStructure(random: Random, { name, structured }: Operation, values: Values): string {
  const content = structured ? writeStructure(values, structured.output) : '';
  return envelope(
    random,
    () => `<${name}Response xmlns="${V2_NAMESPACE}"><Output>${content}</Output></${name}Response>`,
  );
}

export type FaultOptions = {
  /** A value of the request that the text of the fault may quote, as careless services do. */
  echo?: string;
  /** WCF's own faults carry no service name. @default `UnifiedWebService.` */
  service?: string;
};

/** `code` is the error code without the service name. */
export function renderFault(random: Random, code: string, options: FaultOptions = {}): string {
  const { echo, service = 'UnifiedWebService.' } = options;
  const s = random.pick(['s', 'soap']);
  const prefix = random.pick(['a:', 'b:', '']);
  const declare = prefix === '' ? '' : ` xmlns:${prefix.slice(0, -1)}="${V2_NAMESPACE}"`;
  const texts = [
    'The request failed.',
    'An error occurred. Contact M2M Support.',
    `Error ${random.below(9000)}.`,
  ];
  if (echo !== undefined) texts.push(`The value "${escapeXml(echo)}" was not accepted.`);
  return envelope(
    random,
    (gap) =>
      `<${s}:Fault>${gap}<faultcode${declare}>${prefix}${service}${code}</faultcode>${gap}<faultstring xml:lang="en-US">${random.pick(texts)}</faultstring>${gap}</${s}:Fault>`,
    s,
  );
}

function envelope(
  random: Random,
  inner: (gap: string) => string,
  prefix = random.pick(['s', 'soap']),
): string {
  const gap = random.pick(['', '\n  ', '\r\n\t']);
  const declaration = random.oneIn(2) ? '<?xml version="1.0" encoding="utf-8"?>' : '';
  const header = random.oneIn(4) ? `<${prefix}:Header/>${gap}` : '';
  const comment = random.oneIn(4) ? `<!-- node ${random.below(100)} -->${gap}` : '';
  return `${declaration}<${prefix}:Envelope xmlns:${prefix}="${ENVELOPE_NAMESPACE}">${gap}${header}${comment}<${prefix}:Body>${gap}${inner(gap)}${gap}</${prefix}:Body>${gap}</${prefix}:Envelope>`;
}

/** Writes `value` as character data: entities, CDATA, or both in turn. */
function spell(random: Random, value: string): string {
  switch (random.below(4)) {
    case 0:
      return cdata(value);
    case 1: {
      const half = Math.floor([...value].length / 2);
      const [front, back] = [[...value].slice(0, half).join(''), [...value].slice(half).join('')];
      return `${escapeXml(front)}${cdata(back)}`;
    }
    case 2:
      return [...value].map((character) => spellCharacter(random, character)).join('');
    default:
      return escapeXml(value);
  }
}

function spellCharacter(random: Random, character: string): string {
  if (/[A-Za-z0-9]/.test(character) && !random.oneIn(6)) return character;
  const codePoint = character.codePointAt(0) ?? 0;
  return random.pick([escapeXml(character), `&#${codePoint};`, `&#x${codePoint.toString(16)};`]);
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
