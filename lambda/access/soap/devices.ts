import { Refusal } from '../refusal.ts';
import { isBlank, type SourceElement, withoutBlanks } from './xml-source.ts';

export type Device = { kind: string; identifier: string };

/** The subjects of a request: devices by name, and everything else that selects devices. */
export type Subjects = {
  devices: Device[];
  /** Accounts, groups, and filters, each with the name of its element. */
  groups: string[];
  /** How many there were, where a denial keeps only the first of them. */
  deviceCount?: number;
  groupCount?: number;
};

/** Each device of a change is an item of the audit table, written before the request is sent. */
export const MAX_DEVICES = 200;
const MAX_GROUPS = 20;
/** ICCID, IMEI, MEID, MDN, ESN, EID and SKU are shorter. */
const MAX_IDENTIFIER_CHARS = 64;
const MAX_GROUP_CHARS = 100;
const MAX_FILTER_CHARS = 500;
/** Devices kept from a denied request. The limit stops an unauthorized caller from filling the table. */
const MAX_TRIED = 3;

/** Names that select devices in the requests of ThingSpace's documentation (docs/thingspace-api.md, "Devices"). */
const GROUPS = new Set(['Account', 'AccountName', 'AccountNumber', 'DeviceGroupName', 'GroupName']);
/** Every published filter ends so: `AccountNameFilter`, `DeviceCustomFieldFilter`, `DeviceServicePlanFilter`, … */
const FILTER = /Filter$/;

/** Reports whether an element of this name selects devices by something else than their names. */
export const isSelector = (localName: string): boolean => GROUPS.has(localName) || FILTER.test(localName);

/** ThingSpace's identifiers are digits, hexadecimal or not. Letters beyond ASCII only look like them. */
const IDENTIFIER = /^[\x21-\x7e]*$/;
/** Of all white space, a name holds the blank alone: another one is not seen, and not found again. */
const NAME = /^(?:[^\p{C}\p{Z}]| )*$/u;

/**
 * Finds every element in the request that has an `Identifier`, as `DeviceIdentifier` does (`Kind` and `Identifier`, by
 * ThingSpace's API reference), and every account, group and filter. Names are looked for in every namespace and at every
 * depth: the record may hold more than ThingSpace looks at, and never less. An element that is marked nil is absent.
 * @throws Refusal when there are more than can be recorded, or one that cannot be recorded as it is sent
 */
export function subjectsIn(payload: SourceElement): Subjects {
  const devices = new Map<string, Device>();
  const groups = new Set<string>();
  const visit = (element: SourceElement): void => {
    let kind: string | undefined;
    for (const child of element.children) {
      if (child.isAbsent) continue;
      const { localName } = child;
      if (GROUPS.has(localName)) groups.add(`${localName} ${nameIn(child, NAME, MAX_GROUP_CHARS)}`);
      if (FILTER.test(localName)) groups.add(`${localName} ${filterIn(child)}`);
      if (localName !== 'Identifier' || (isBlank(child.text) && child.children.length === 0)) continue;
      // Once for each parent: the cost of a request must not grow with the square of its size.
      kind ??= kindIn(element);
      const device = { kind, identifier: nameIn(child, IDENTIFIER, MAX_IDENTIFIER_CHARS) };
      devices.set(`${device.kind} ${device.identifier}`, device);
    }
    element.children.forEach(visit);
  };
  visit(payload);
  if (devices.size > MAX_DEVICES || groups.size > MAX_GROUPS) {
    throw new Refusal(
      'RequestRefused',
      `The SOAP request was not sent: it names ${devices.size} devices and ${groups.size} accounts, groups and filters; at most ${MAX_DEVICES} and ${MAX_GROUPS} are recorded. Send it in parts.`,
    );
  }
  return { devices: [...devices.values()], groups: [...groups] };
}

/** Returns the subjects that the record of a denial keeps. */
export const firstOf = ({ devices, groups }: Subjects): Subjects => ({
  devices: devices.slice(0, MAX_TRIED),
  groups: groups.slice(0, MAX_TRIED),
  deviceCount: devices.length,
  groupCount: groups.length,
});

function kindIn({ children }: SourceElement): string {
  const kind = children.find((child) => child.localName === 'Kind' && !child.isAbsent);
  return kind === undefined ? '' : nameIn(kind, IDENTIFIER, MAX_IDENTIFIER_CHARS);
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
  return checked(
    [wholeText(filter), ...parts].filter((part) => part !== '').join(' '),
    NAME,
    MAX_FILTER_CHARS,
  );
}

const nameIn = (element: SourceElement, shape: RegExp, maxChars: number): string =>
  element.children.length > 0 ? refuse('elements inside') : checked(wholeText(element), shape, maxChars);

/** Another reader may take only a part of a text that comments split, as it may of one that elements split. */
const wholeText = ({ text, isSplit }: SourceElement): string =>
  isSplit && !isBlank(text) ? refuse('a comment or a CDATA section inside') : withoutBlanks(text);

function checked(name: string, shape: RegExp, maxChars: number): string {
  if (name.length > maxChars) return refuse(`more than ${maxChars} characters`);
  return shape.test(name) ? name : refuse('characters that cannot be seen, or that only look like others');
}

function refuse(flaw: string): never {
  throw new Refusal(
    'RequestRefused',
    `The SOAP request was not sent: a device, account, group or filter in it has a name that cannot be recorded (${flaw}).`,
  );
}
