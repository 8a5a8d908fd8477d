import { contradiction, notSent } from '../refusal.ts';
import { isBlank, readXmlSource, type SourceElement, withoutBlanks, XmlSourceError } from './xml-source.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
export const V2 = 'http://nphase.com/unifiedwebservice/v2';

/** Every version of WS-Addressing, and WCF's own namespace of it, have this word in their names. */
const ADDRESSING = /\/addressing\b/i;

/** A SOAP 1.1 request that can be understood in one way only. */
export type RequestEnvelope = {
  source: string;
  /** Local name of the one element in the Body; it is of namespace v2. */
  operation: string;
  /** The one element in the Body. */
  payload: SourceElement;
  envelope: SourceElement;
  header: SourceElement | undefined;
};

/**
 * @param action the SOAPAction of the request, without quotes
 * @throws Refusal
 */
export function readEnvelope(source: string, action: string): RequestEnvelope {
  const envelope = parse(source);
  if (envelope.localName !== 'Envelope' || envelope.namespace !== SOAP) {
    refuse('its root is not an Envelope of SOAP 1.1');
  }
  const header = envelope.children.length === 2 ? envelope.children[0] : undefined;
  const body = envelope.children.at(-1);
  if (!body || envelope.children.length > 2 || !is(body, 'Body') || (header && !is(header, 'Header'))) {
    refuse('its Envelope does not hold one Body with at most one Header before it');
  }
  for (const outer of [envelope, body, ...(header ? [header] : [])]) {
    if (!isBlank(outer.text)) refuse('text stands beside the elements of Envelope, Header or Body');
  }
  checkHeader(header?.children ?? [], action);
  const [payload, ...more] = body.children;
  if (!payload || more.length > 0) refuse('its Body does not hold exactly one element');
  if (payload.namespace !== V2) refuse(`the element in its Body is not of the namespace ${V2}`);
  return { source, operation: payload.localName, payload, envelope, header };
}

/** Another reader may follow the header where this function follows SOAPAction and its own token. */
function checkHeader(blocks: readonly SourceElement[], action: string): void {
  if (blocks.some(({ localName, text }) => localName === 'Action' && withoutBlanks(text) !== action)) {
    throw contradiction('its header names another operation than SOAPAction does');
  }
  if (blocks.some(({ namespace }) => ADDRESSING.test(namespace))) {
    refuse('it has a header of WS-Addressing, which this API does not use');
  }
  if (blocks.filter(isToken).length > 1) throw contradiction('its header holds more than one token');
}

/**
 * Returns the request with this session token in its header and no other. Every header block that is called `token`, in
 * any namespace or letter case, is removed. All other bytes stay as they are.
 * @param token as a session has it: printable ASCII
 */
export function withToken({ source, envelope, header }: RequestEnvelope, token: string): string {
  const block = `<token xmlns="${V2}">${escapeXml(token)}</token>`;
  if (!header) {
    const tag = `${envelope.tag.slice(0, -'Envelope'.length)}Header`;
    return splice(source, [envelope.contentStart, envelope.contentStart, `<${tag}>${block}</${tag}>`]);
  }
  if (header.selfClosing) {
    const opened = `${source.slice(header.start, header.end).replace(/[ \t\r\n]*\/>$/, '')}>`;
    return splice(source, [header.start, header.end, `${opened}${block}</${header.tag}>`]);
  }
  const smuggled = header.children.filter(isToken);
  return splice(
    source,
    [header.contentStart, header.contentStart, block],
    ...smuggled.map(({ start, end }) => [start, end, ''] as const),
  );
}

/** Replaces each part by its offsets, which are in ascending order. */
function splice(source: string, ...parts: (readonly [start: number, end: number, text: string])[]): string {
  let result = '';
  let from = 0;
  for (const [start, end, text] of parts) {
    result += source.slice(from, start) + text;
    from = end;
  }
  return result + source.slice(from);
}

function parse(source: string): SourceElement {
  try {
    return readXmlSource(source);
  } catch (failure) {
    if (!(failure instanceof XmlSourceError)) throw failure;
    const what = `it holds ${failure.message}`;
    throw failure.contradicts ? contradiction(what) : notSent(what);
  }
}

const isToken = ({ localName }: SourceElement): boolean => localName.toLowerCase() === 'token';

const is = (element: SourceElement, localName: string) =>
  element.localName === localName && element.namespace === SOAP;

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function refuse(what: string): never {
  throw notSent(what);
}
