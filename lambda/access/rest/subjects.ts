import type { JsonObject, JsonValue } from '../../thingspace/rest/json.ts';
import { type Device, NAMES, recordable, refuseName, type Subjects, subjectsOf } from '../subjects.ts';
import type { Body } from './body.ts';
import type { Operation } from './operations.ts';

/** Names of members are compared in small letters: a reader that folds them finds no more than the record has. */
const GROUPS = new Set([
  ...['account', 'accountid', 'accountname', 'accountnames', 'accountnumber', 'aname'],
  ...['devicegroupname', 'gname', 'groupname'],
]);
const FILTER = /filters?$/;
/** Filters of a request whose operation is not described. */
const ALWAYS: readonly string[] = ['customfields', 'serviceplan'];
/** Members that hold names of devices as plain texts. */
const DEVICE_NAMES =
  /^(?:devices?|device_?ids?(?:to)?|devicelist|devicesto\w+|ids?|identifiers?|imeis?|iccids?|eids?|esns?|meids?|mdns?|msisdns?)$/;

/** The subjects of a body, and whether the request may reach other devices than those that it names. */
export type Selected = { subjects: Subjects; own: string[]; wide: boolean };

/**
 * Finds every device, account, group and filter. Members are looked for at every depth and in any letter case: the record
 * may hold more than ThingSpace looks at, and never less. A member that is null is absent.
 * @param operation undefined when it is not described
 * @param inPath the selectors in the path
 * @throws Refusal when there are more than can be recorded, or one that cannot be recorded as it is sent
 */
export function selectedIn(
  body: Body | undefined,
  operation: Operation | undefined,
  inPath: readonly string[],
): Selected {
  const found: Found = { devices: [], groups: [], selecting: inPath.length > 0 };
  if (body) visit(body, found, operation, true);
  const lists = body?.kind === 'object' && operation?.list !== undefined && leadsToName(body, operation.list);
  return {
    subjects: subjectsOf(found.devices, [...inPath, ...found.groups]),
    own: [...inPath.map(nameOf), ...(body ? ownSelectors(body, operation) : [])],
    wide: found.selecting || !lists,
  };
}

const nameOf = (group: string): string => group.slice(0, group.indexOf(' '));

type Found = { devices: Device[]; groups: string[]; selecting: boolean };

/** @param isTop whether members of this value are those of the body itself */
function visit(value: JsonValue, found: Found, operation: Operation | undefined, isTop = false): void {
  if (value.kind === 'array') for (const item of value.items) visit(item, found, operation);
  if (value.kind !== 'object') return;
  const kind = textOf(memberOf(value, 'kind'));
  for (const [name, member] of value.members) {
    if (member.kind === 'null') continue;
    const folded = name.toLowerCase();
    found.devices.push(...devicesIn(folded, member, kind));
    const groups = groupsIn(name, member, isTop ? operation : undefined);
    found.groups.push(...groups);
    if (groups.length > 0 && !(isTop && selectsNothing(name, operation))) found.selecting = true;
    visit(member, found, operation);
  }
}

/** Returns the devices that a member names by texts directly in it. */
function devicesIn(name: string, member: JsonValue, kind: string): Device[] {
  if (!DEVICE_NAMES.test(name)) return [];
  return flat(member).flatMap((value) => {
    if (value.kind === 'object' || value.kind === 'null') return [];
    const identifier = recordable(textOf(value), NAMES.identifier);
    // Of several names in one object, `kind` is that of `id`.
    return identifier === ''
      ? []
      : [{ kind: name === 'id' ? recordable(kind, NAMES.identifier) : name, identifier }];
  });
}

/** Returns the selectors in a member, each with its name. @param operation that of a member of the body itself */
function groupsIn(name: string, member: JsonValue, operation: Operation | undefined): string[] {
  const folded = name.toLowerCase();
  if (GROUPS.has(folded)) {
    return flat(member).map((value) => `${name} ${recordable(textOf(value), NAMES.group)}`);
  }
  const selects = operation ? (operation.selects ?? []) : ALWAYS;
  const isFilter = FILTER.test(folded) || selects.some((one) => one.toLowerCase() === folded);
  return isFilter ? [`${name} ${recordable(partsOf(member).join(' '), NAMES.filter)}`] : [];
}

/** Returns the values of lists within lists, or the value itself. */
const flat = (value: JsonValue): JsonValue[] =>
  value.kind === 'array' ? value.items.flatMap(flat) : [value];

/** Another reader may take the text of a number otherwise, and this one would not find it again. */
function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value.kind === 'null') return '';
  return value.kind === 'string' ? value.text : refuseName('another kind of JSON than a text');
}

/** Returns the texts of a filter, each with the name of its member. */
function partsOf(value: JsonValue, name?: string): string[] {
  if (value.kind === 'object') return value.members.flatMap(([inner, member]) => partsOf(member, inner));
  if (value.kind === 'array') return value.items.flatMap((item) => partsOf(item, name));
  const text = value.kind === 'string' || value.kind === 'number' ? value.text : value.kind;
  return [name === undefined ? text : `${name}=${text}`];
}

/** Reports whether a member of the body itself stands beside a list of devices without selecting others. */
function selectsNothing(name: string, operation: Operation | undefined): boolean {
  return [...(operation?.account ?? []), ...(operation?.target ?? [])].includes(name);
}

/** Returns the names of the selectors that ThingSpace certainly reads: another one restricts nothing. */
function ownSelectors(body: Body, operation: Operation | undefined): string[] {
  if (body.kind !== 'object') return [];
  return [...(operation?.selects ?? []), ...(operation?.account ?? [])].filter((name) => {
    const member = memberOf(body, name);
    return member?.kind === 'string' && member.text.trim() !== '';
  });
}

const memberOf = ({ members }: JsonObject, name: string): JsonValue | undefined =>
  members.find(([written]) => written === name)?.[1];

/**
 * Reports whether ThingSpace certainly reads a device by name, in the list of the operation. A name anywhere else may
 * restrict nothing: the request may then reach every device of the username.
 */
function leadsToName(value: JsonValue, [step, ...steps]: readonly string[]): boolean {
  if (value.kind === 'array')
    return value.items.some((item) => leadsToName(item, step === undefined ? [] : [step, ...steps]));
  if (value.kind !== 'object') return false;
  if (step !== undefined) {
    const next = memberOf(value, step);
    return next !== undefined && leadsToName(next, steps);
  }
  return ['id', 'kind'].every((name) => textOf(memberOf(value, name)).trim() !== '');
}
