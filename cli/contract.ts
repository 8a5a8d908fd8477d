import { oneLine } from '../lambda/alarms/legible.ts';
import { checkBaseUrl } from '../lambda/thingspace/base-url.ts';
import { readXml, type XmlElement, XmlError } from '../lambda/thingspace/xml.ts';
import { transportOfAddress } from '../lambda/transport.ts';
import type { Desk } from './desk.ts';
import { contractError } from './errors.ts';

/** Fetches a document; throws ContractError. */
export type Fetch = (url: string) => Promise<string>;

const OPERATION = 'GetNewPassword';
/** WCF names some ten schemas per service. */
const MAX_DOCUMENTS = 40;

/**
 * Reads the contract that AccountService publishes and says which element GetNewPassword wants for the
 * current password. No log-in, no password.
 * @throws ContractError, also when the setting and the contract disagree; BaseUrlError
 */
export async function contract(
  { terminal }: Pick<Desk, 'terminal'>,
  fetch: Fetch,
  { baseUrl, passwordElement }: { baseUrl: string; passwordElement?: string | undefined },
): Promise<void> {
  if (transportOfAddress(baseUrl) === 'rest') {
    throw contractError(
      `The contract concerns SOAP only, and ${oneLine(baseUrl)} is an address of REST. REST publishes none and has no element ` +
        'to name: `doctor` checks its key and addresses.',
    );
  }
  const members = inputMembers(await documents(fetch, `${checkBaseUrl(baseUrl)}/AccountService.svc`));
  terminal.say(`${OPERATION} takes: ${members.map((member) => oneLine(member)).join(', ')}`);
  const candidates = members.length === 1 ? members : members.filter((member) => /password/i.test(member));
  const [element, ...others] = candidates;
  if (element === undefined || others.length > 0) {
    throw contractError(
      'Which of them carries the current password does not follow from the names: ask M2M Support.',
    );
  }
  if (passwordElement !== undefined && passwordElement !== element) {
    throw contractError(
      `The setting is ${oneLine(passwordElement)}, the service wants ${oneLine(element)}: set THINGSPACE_PASSWORD_ELEMENT=` +
        `${oneLine(element)} and deploy before the next rotation.`,
    );
  }
  terminal.say(`The current password goes into the element ${oneLine(element)}.`);
  terminal.say(
    passwordElement === undefined
      ? `If that is not OldPassword (the default), set THINGSPACE_PASSWORD_ELEMENT=${oneLine(element)}.`
      : 'The setting agrees.',
  );
}

/** The WSDL and everything it names, on the service's own address whatever host the server writes there. */
async function documents(fetch: Fetch, service: string): Promise<XmlElement[]> {
  const roots: XmlElement[] = [];
  const queries = ['?wsdl'];
  for (const query of queries) {
    const root = parse(await fetch(`${service}${query}`), query);
    roots.push(root);
    for (const { localName, attributes } of all(root)) {
      if (localName !== 'import' && localName !== 'include') continue;
      const location = attributes.get('schemaLocation') ?? attributes.get('location') ?? '';
      const named = /\?(?:wsdl|xsd)(?:=[\w.-]{1,64})?$/.exec(location)?.[0];
      if (named !== undefined && !queries.includes(named)) queries.push(named);
    }
    if (queries.length > MAX_DOCUMENTS) throw contractError('The contract names too many documents.');
  }
  return roots;
}

function parse(text: string, query: string): XmlElement {
  try {
    const root = readXml(text);
    if (root?.closed) return root;
  } catch (failure) {
    if (!(failure instanceof XmlError)) throw failure;
  }
  throw contractError(
    `The document that the service publishes at ${query} is not XML. Is the base URL right?`,
  );
}

/** The members of the operation's Input, in the order that the serializer wants. */
function inputMembers(roots: XmlElement[]): string[] {
  const schemas = roots.flatMap((root) => [...all(root)].filter(({ localName }) => localName === 'schema'));
  const top = schemas.flatMap(({ children }) => children);
  const find = (kind: string, name: string | undefined) =>
    top.find((node) => node.localName === kind && node.attributes.get('name') === name);
  /** Returns the elements within an element, from the type that it contains or names. */
  const membersOf = (element: XmlElement | undefined): XmlElement[] => {
    const type = element?.attributes.get('type')?.replace(/^.*:/, '');
    const body = type === undefined ? element : find('complexType', type);
    if (body === undefined) return [];
    return [...all(body)].filter((node) => node !== element && node.localName === 'element');
  };
  const input = membersOf(find('element', OPERATION)).find((node) => node.attributes.get('name') === 'Input');
  const members = membersOf(input).flatMap(({ attributes }) => attributes.get('name') ?? []);
  if (members.length > 0) return members;
  throw contractError(
    `The contract does not say what ${OPERATION} takes. Is the base URL that of the SOAP service?`,
  );
}

function* all(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* all(child);
}
