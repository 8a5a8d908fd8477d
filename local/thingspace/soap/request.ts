import { ENVELOPE_NAMESPACE, type Operation, V2_NAMESPACE } from './contract.ts';
import { readStructure, type Values } from './structures.ts';
import { readXml, type XmlElement, XmlSyntaxError } from './xml.ts';

/** The request is not what the contract says. The message names the part and quotes nothing. */
export class DeserializationError extends Error {
  override name = 'DeserializationError';
}

export type SoapRequest = {
  /** Undefined where the header holds no `token` of the right namespace. */
  token: string | undefined;
  /** The members of `Input` in the contract's order; a nil member is empty. */
  members: readonly string[];
  /** The values in `Input` of a structured operation. */
  input?: Values;
};

const NIL = '{http://www.w3.org/2001/XMLSchema-instance}nil';
const MUST_UNDERSTAND = `{${ENVELOPE_NAMESPACE}}mustUnderstand`;

/**
 * Reads a request as strictly as WCF's DataContractSerializer at its strictest: every element by name,
 * namespace and order, nothing missing, nothing more. Throws DeserializationError.
 */
export function readRequest(body: Buffer, operation: Operation): SoapRequest {
  const envelope = parse(body);
  expectName(envelope, ENVELOPE_NAMESPACE, 'Envelope');
  expectNoText(envelope);
  const [first, second] = envelope.children;
  const header = first?.name === 'Header' ? first : undefined;
  const soapBody = header ? second : first;
  if (header) expectName(header, ENVELOPE_NAMESPACE, 'Header');
  if (!soapBody) throw new DeserializationError('Envelope holds no Body.');
  expectName(soapBody, ENVELOPE_NAMESPACE, 'Body');
  expectCount(envelope, header ? 2 : 1);

  const wrapper = onlyChild(soapBody);
  expectName(wrapper, V2_NAMESPACE, operation.name);
  const input = onlyChild(wrapper);
  expectName(input, V2_NAMESPACE, 'Input');
  if (operation.structured) {
    const values = readStructure(input, operation.structured.input);
    if (!values) throw new DeserializationError('Input is not the structure of the operation.');
    return { token: tokenOf(header), members: [], input: values };
  }
  expectNoText(input);
  expectCount(input, operation.input.length);
  const members = operation.input.map((name, index) => {
    const member = input.children[index] as XmlElement;
    expectName(member, operation.memberNamespace, name);
    expectCount(member, 0);
    return member.attributes.get(NIL) === 'true' ? '' : member.text;
  });
  return { token: tokenOf(header), members };
}

function parse(body: Buffer): XmlElement {
  try {
    return readXml(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    const what = cause instanceof XmlSyntaxError ? cause.message : 'The request is not UTF-8.';
    throw new DeserializationError(what, { cause });
  }
}

function tokenOf(header: XmlElement | undefined): string | undefined {
  if (!header) return undefined;
  expectNoText(header);
  const isToken = (child: XmlElement) => child.namespace === V2_NAMESPACE && child.name === 'token';
  const tokens = header.children.filter(isToken);
  if (tokens.length > 1) throw new DeserializationError('Header holds more than one token.');
  // SOAP 1.1, 4.2.3: a header that must be understood and is not is refused.
  const demanding = header.children.some(
    (child) => !isToken(child) && child.attributes.get(MUST_UNDERSTAND) === '1',
  );
  if (demanding) throw new DeserializationError('Header demands that an unknown entry is understood.');
  if (tokens[0]) expectCount(tokens[0], 0);
  return tokens[0]?.text;
}

function onlyChild(parent: XmlElement): XmlElement {
  expectNoText(parent);
  expectCount(parent, 1);
  return parent.children[0] as XmlElement;
}

function expectName(element: XmlElement, namespace: string, name: string): void {
  if (element.namespace !== namespace || element.name !== name)
    throw new DeserializationError(`Where ${name} of namespace ${namespace} belongs stands something else.`);
}

function expectCount(parent: XmlElement, count: number): void {
  if (parent.children.length !== count)
    throw new DeserializationError(
      `An element holds ${parent.children.length} elements instead of ${count}.`,
    );
}

function expectNoText(parent: XmlElement): void {
  if (parent.text.trim() !== '') throw new DeserializationError('An element holds text beside its elements.');
}
