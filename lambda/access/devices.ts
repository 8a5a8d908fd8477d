import { Refusal } from './refusal.ts';
import type { SourceElement } from './xml-source.ts';

export type Device = { kind: string; identifier: string };

/** The subjects of a request: devices by name, or accounts and groups as a whole. */
export type Subjects = {
  devices: Device[];
  groups: string[];
  /** How many there were, where a denial keeps only the first of them. */
  deviceCount?: number;
  groupCount?: number;
};

/** Each device is an item of the audit table, written before the request is sent. */
export const MAX_DEVICES = 200;
const MAX_GROUPS = 20;
/** ICCID, IMEI, MEID, MDN, ESN and SKU are shorter. */
const MAX_IDENTIFIER_CHARS = 64;
const MAX_GROUP_CHARS = 100;
/** Devices kept from a denied request. The limit stops an unauthorized caller from filling the table. */
const MAX_TRIED = 3;

/** Names that stand for more than one device, in the requests of ThingSpace's documentation. */
const GROUPS = new Set(['AccountName', 'AccountNumber', 'DeviceGroupName', 'GroupName']);

/**
 * Finds every element in the request that has an `Identifier`, as `DeviceIdentifier` does (`Kind` and `Identifier`, by
 * ThingSpace's API reference). Names are looked for in every namespace and at every depth: the record may hold more
 * devices than ThingSpace looks at, and never fewer.
 * @throws Refusal when there are more than can be recorded, or one that cannot be
 */
export function subjectsIn(payload: SourceElement): Subjects {
  const devices = new Map<string, Device>();
  const groups = new Set<string>();
  const visit = (element: SourceElement): void => {
    let kind: string | undefined;
    for (const { localName, text } of element.children) {
      if (GROUPS.has(localName)) groups.add(`${localName} ${nameIn(text, MAX_GROUP_CHARS)}`);
      if (localName !== 'Identifier' || text.trim() === '') continue;
      // Once for each parent: the cost of a request must not grow with the square of its size.
      kind ??= nameIn(
        element.children.find((child) => child.localName === 'Kind')?.text ?? '',
        MAX_IDENTIFIER_CHARS,
      );
      const device = { kind, identifier: nameIn(text, MAX_IDENTIFIER_CHARS) };
      devices.set(`${device.kind} ${device.identifier}`, device);
    }
    element.children.forEach(visit);
  };
  visit(payload);
  if (devices.size > MAX_DEVICES || groups.size > MAX_GROUPS) {
    throw new Refusal(
      'RequestRefused',
      `The SOAP request was not sent: it names ${devices.size} devices, and each of ${MAX_DEVICES} at most is recorded. Send it in parts.`,
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

function nameIn(text: string, maxChars: number): string {
  const name = text.trim();
  if (name.length <= maxChars && /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(name)) return name;
  throw new Refusal(
    'RequestRefused',
    `The SOAP request was not sent: a device, account or group in it has a name that cannot be recorded (more than ${maxChars} characters, or unprintable ones).`,
  );
}
