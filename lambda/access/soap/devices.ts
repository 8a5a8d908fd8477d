import { type Device, NAMES, recordable, refuseName, type Subjects, subjectsOf } from '../subjects.ts';
import { isBlank, type SourceElement, withoutBlanks } from './xml-source.ts';

/** Names that select devices in the requests of ThingSpace's documentation (docs/thingspace-api.md, "Devices"). */
const GROUPS = new Set(['Account', 'AccountName', 'AccountNumber', 'DeviceGroupName', 'GroupName']);
/** Every published filter ends so: `AccountNameFilter`, `DeviceCustomFieldFilter`, `DeviceServicePlanFilter`, … */
const FILTER = /Filter$/;

/** Reports whether an element of this name selects devices by something else than their names. */
export const isSelector = (localName: string): boolean => GROUPS.has(localName) || FILTER.test(localName);

/**
 * Finds every element in the request that has an `Identifier`, as `DeviceIdentifier` does (`Kind` and `Identifier`, by
 * ThingSpace's API reference), and every account, group and filter. Names are looked for in every namespace and at every
 * depth: the record may hold more than ThingSpace looks at, and never less. An element that is marked nil is absent.
 * @throws Refusal when there are more than can be recorded, or one that cannot be recorded as it is sent
 */
export function subjectsIn(payload: SourceElement): Subjects {
  const devices: Device[] = [];
  const groups: string[] = [];
  const visit = (element: SourceElement): void => {
    let kind: string | undefined;
    for (const child of element.children) {
      if (child.isAbsent) continue;
      const { localName } = child;
      if (GROUPS.has(localName)) groups.push(`${localName} ${nameIn(child, NAMES.group)}`);
      if (FILTER.test(localName)) groups.push(`${localName} ${filterIn(child)}`);
      if (localName !== 'Identifier' || (isBlank(child.text) && child.children.length === 0)) continue;
      // Once for each parent: the cost of a request must not grow with the square of its size.
      kind ??= kindIn(element);
      devices.push({ kind, identifier: nameIn(child, NAMES.identifier) });
    }
    element.children.forEach(visit);
  };
  visit(payload);
  return subjectsOf(devices, groups);
}

function kindIn({ children }: SourceElement): string {
  const kind = children.find((child) => child.localName === 'Kind' && !child.isAbsent);
  return kind === undefined ? '' : nameIn(kind, NAMES.identifier);
}

/** Returns the filter's text, or the names and texts of the elements in it. */
function filterIn(filter: SourceElement): string {
  const parts: string[] = [];
  const visit = (element: SourceElement): void => {
    for (const child of element.children) {
      if (child.children.length === 0) parts.push(`${child.localName}=${wholeText(child)}`);
      else visit(child);
    }
  };
  visit(filter);
  return recordable([wholeText(filter), ...parts].filter((part) => part !== '').join(' '), NAMES.filter);
}

const nameIn = (element: SourceElement, name: Parameters<typeof recordable>[1]): string =>
  element.children.length > 0 ? refuseName('elements inside') : recordable(wholeText(element), name);

/** Another reader may take only a part of a text that comments split, as it may of one that elements split. */
const wholeText = ({ text, isSplit }: SourceElement): string =>
  isSplit && !isBlank(text) ? refuseName('a comment or a CDATA section inside') : withoutBlanks(text);
