import { isSelector } from './devices.ts';
import { V2 } from './envelope.ts';
import { isBlank, type SourceElement } from './xml-source.ts';

/** The members of a request are in this namespace and that of its service (docs/thingspace-api.md, "SOAP"). */
const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

/**
 * Returns the members that ThingSpace certainly reads: those of the one `Input`, in the namespace of the service, in the
 * serializer's order. .NET's serializer passes over an element of another name, namespace, place or order.
 */
function ownMembers({ children }: SourceElement, service: string): SourceElement[] {
  const [input, ...others] = children;
  if (input?.localName !== 'Input' || input.namespace !== V2 || others.length > 0) return [];
  const members: SourceElement[] = [];
  let last = '';
  for (const member of input.children) {
    if (member.namespace !== `${CONTRACT}.${service}` || member.localName <= last) continue;
    last = member.localName;
    if (!member.isAbsent) members.push(member);
  }
  return members;
}

/** Returns the local names of the selectors that ThingSpace certainly reads: another one restricts nothing. */
export const ownSelectors = (payload: SourceElement, service: string): string[] =>
  ownMembers(payload, service)
    .filter(({ localName, text }) => isSelector(localName) && !isBlank(text))
    .map(({ localName }) => localName);

/** The way from a list of devices to a name (docs/thingspace-api.md, "Devices"); a published page has the misspelling. */
const TO_NAME = [
  /^DeviceIdentifierCollection$/,
  /^DeviceIn?dentifiers$/,
  /^DeviceIdentifier$/,
  /^Identifier$/,
];

/**
 * Reports whether ThingSpace certainly reads a device by name, in the list of the operation. A name anywhere else may
 * restrict nothing: the request may then reach every device of the username.
 */
export function listsDevices(
  payload: SourceElement,
  { service, operation }: { service: string; operation: string },
): boolean {
  const list = operation === 'SendSmsMessage' ? 'Devices' : 'DeviceList';
  const found = ownMembers(payload, service).find(({ localName }) => localName === list);
  return found !== undefined && leadsToName(found, TO_NAME, [`${CONTRACT}.${service}`, `${CONTRACT}.Common`]);
}

const leadsToName = (
  { children }: SourceElement,
  [step, ...steps]: readonly RegExp[],
  namespaces: readonly string[],
): boolean =>
  children.some(
    (child) =>
      !child.isAbsent &&
      namespaces.includes(child.namespace) &&
      step?.test(child.localName) === true &&
      (steps.length === 0 ? !isBlank(child.text) : leadsToName(child, steps, namespaces)),
  );
