import { isSelector } from './devices.ts';
import { V2 } from './envelope.ts';
import { isBlank, type SourceElement } from './xml-source.ts';

/** The members of a request are in this namespace and that of its service (docs/thingspace-api.md, "SOAP"). */
const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

/**
 * Returns the local names of the selectors that ThingSpace certainly reads: members of the one `Input`, in the namespace
 * of the service, in the serializer's order. .NET's serializer passes over an element of another name, namespace, place
 * or order, so an account there restricts nothing.
 */
export function ownSelectors({ children }: SourceElement, service: string): string[] {
  const [input, ...others] = children;
  if (input?.localName !== 'Input' || input.namespace !== V2 || others.length > 0) return [];
  const names: string[] = [];
  let last = '';
  for (const { localName, namespace, isAbsent, text } of input.children) {
    if (namespace !== `${CONTRACT}.${service}`) continue;
    if (localName > last && isSelector(localName) && !isAbsent && !isBlank(text)) names.push(localName);
    if (localName > last) last = localName;
  }
  return names;
}
