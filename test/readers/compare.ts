import { V2 } from '../access/arbitrary-envelope.ts';
import type { Recorded } from './recorded.ts';

/** The word of an independent reader about a request. */
export type Reading =
  | {
      operation: string;
      tokens: string[];
      devices: string[];
      groups: string[];
      /** The changes of a device's state; none over REST, where the address says it. */
      kinds: string[];
      /** Devices and accounts as a reader takes them that knows the names of the members. */
      typed?: string[];
      /** The devices that .NET's serializer certainly reads in the operation's list, each behind its service. */
      listed?: string[];
    }
  | { error: string };
type Read = Exclude<Reading, { error: string }>;
type Part = [what: string, recorded: string[], read: string[]];

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();

/** Returns the difference between a record and the word of another reader, and undefined when they agree. */
export const soapDifference = (recorded: Recorded, reading: Reading): string | undefined =>
  differenceOf(reading, (read) => [
    ['the operation', [`{${V2}}${recorded.operation}`], [read.operation]],
    ['the token', [`{${V2}}token ${recorded.token}`], read.tokens],
    ['the devices', unique(recorded.devices), unique(read.devices)],
    ['accounts and groups', unique(recorded.groups), unique(read.groups)],
    ...(recorded.isNarrow && read.listed ? [listedPart(recorded, read.listed)] : []),
    ...(recorded.operation === 'ChangeDeviceState'
      ? [['the change of state', recorded.kind === '' ? [] : [recorded.kind], read.kinds] satisfies Part]
      : []),
  ]);

/** A narrow change restricts itself by devices that ThingSpace certainly reads, and that the record has. */
function listedPart({ service, devices }: Recorded, listed: readonly string[]): Part {
  const ofService = listed
    .filter((one) => one.startsWith(`${service} `))
    .map((one) => one.split(' ')[1] ?? '');
  const known = devices.map((device) => device.split(' ')[1] ?? '');
  const read = unique(ofService.filter((name) => known.includes(name)));
  return ['the devices that make it narrow', read.length === 0 ? ['one at least'] : read, unique(ofService)];
}

/** As `soapDifference`, of a request over REST. The operation is a template; a part of it in braces stands for any name. */
export const restDifference = (recorded: Recorded, reading: Reading): string | undefined =>
  differenceOf(reading, (read) => {
    const parts = recorded.operation.split(/\{\w+\}/).map((part) => part.replace(/[.]/g, '\\.'));
    const fits = new RegExp(`^${parts.join('[\\w.-]+')}$`).test(read.operation);
    const known = [...recorded.devices, ...recorded.groups].map((name) => name.slice(name.indexOf(' ') + 1));
    return [
      ['the operation', [recorded.operation], fits ? [recorded.operation] : [read.operation]],
      ['the token', [recorded.token], read.tokens],
      ['the devices', unique(recorded.devices), unique(read.devices)],
      ['accounts and groups', unique(recorded.groups), unique([...recorded.inPath, ...read.groups])],
      ['names in typed members', [], (read.typed ?? []).filter((name) => !known.includes(name))],
    ];
  });

function differenceOf(reading: Reading, partsOf: (read: Read) => Part[]): string | undefined {
  if ('error' in reading) return `it cannot read the request: ${reading.error}`;
  for (const [what, ours, theirs] of partsOf(reading)) {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      return `${what}: recorded ${JSON.stringify(ours)}, read ${JSON.stringify(theirs)}`;
    }
  }
  return undefined;
}

/**
 * Flawed function's words: each reader must contradict each of them somewhere, or the comparison proves nothing.
 * Each returns undefined where its flaw makes no difference.
 */
export const FLAWS: Record<string, (recorded: Recorded) => Recorded | undefined> = {
  'a record of the first device alone': (recorded) =>
    unique(recorded.devices).length < 2 ? undefined : { ...recorded, devices: recorded.devices.slice(0, 1) },
  'a record without groups': (recorded) =>
    recorded.groups.length === recorded.inPath.length ? undefined : { ...recorded, groups: recorded.inPath },
  'a record without the kind of a device': (recorded) =>
    recorded.devices.every((device) => device.startsWith(' '))
      ? undefined
      : { ...recorded, devices: recorded.devices.map((device) => device.replace(/^\S* /, ' ')) },
  'a record of another operation': (recorded) => ({ ...recorded, operation: `${recorded.operation}s` }),
  'a record of another token': (recorded) => ({ ...recorded, token: 'another-token' }),
};
