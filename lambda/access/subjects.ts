import { notSent, Refusal } from './refusal.ts';

export type Device = { kind: string; identifier: string };

/** The subjects of a request: devices by name, and everything else that selects devices. */
export type Subjects = {
  devices: Device[];
  /** Accounts, groups, and filters, each with the name of its element or member. */
  groups: string[];
  /** How many there were, where a denial keeps only the first of them. */
  deviceCount?: number;
  groupCount?: number;
};

/** Each device of a change is an item of the audit table, written before the request is sent. */
export const MAX_DEVICES = 200;
const MAX_GROUPS = 20;
/** Devices kept from a denied request. The limit stops an unauthorized caller from filling the table. */
const MAX_TRIED = 3;

/** The names that a record holds, each with the most characters that it may have. */
export const NAMES = {
  /** ThingSpace's identifiers are digits, hexadecimal or not. Letters beyond ASCII only look like them. */
  identifier: { shape: /^[\x21-\x7e]*$/, maxChars: 64 },
  /** Of all white space, a name holds the blank alone: another one is not seen, and not found again. */
  group: { shape: /^(?:[^\p{C}\p{Z}]| )*$/u, maxChars: 100 },
  filter: { shape: /^(?:[^\p{C}\p{Z}]| )*$/u, maxChars: 500 },
};

/** Returns a name that can be recorded as it is sent. @throws Refusal */
export function recordable(name: string, { shape, maxChars }: (typeof NAMES)[keyof typeof NAMES]): string {
  if (name.length > maxChars) return refuseName(`more than ${maxChars} characters`);
  return shape.test(name)
    ? name
    : refuseName('characters that cannot be seen, or that only look like others');
}

/** @throws Refusal */
export function refuseName(flaw: string): never {
  throw notSent(`a device, account, group or filter in it has a name that cannot be recorded (${flaw})`);
}

/** Returns the subjects, each once. @throws Refusal when there are more than can be recorded */
export function subjectsOf(devices: Iterable<Device>, groups: Iterable<string>): Subjects {
  const once = new Map([...devices].map((device) => [`${device.kind} ${device.identifier}`, device]));
  const names = new Set(groups);
  if (once.size > MAX_DEVICES || names.size > MAX_GROUPS) {
    throw new Refusal(
      'RequestRefused',
      `The request was not sent: it names ${once.size} devices and ${names.size} accounts, groups and filters; at most ${MAX_DEVICES} and ${MAX_GROUPS} are recorded. Send it in parts.`,
    );
  }
  return { devices: [...once.values()], groups: [...names] };
}

/** Returns the subjects that the record of a denial keeps. */
export const firstOf = ({ devices, groups }: Subjects): Subjects => ({
  devices: devices.slice(0, MAX_TRIED),
  groups: groups.slice(0, MAX_TRIED),
  deviceCount: devices.length,
  groupCount: groups.length,
});
