import { V2 } from '../access/arbitrary-envelope.ts';
import type { Recorded } from './recorded.ts';

/** The word of an independent reader about a request. */
export type SoapReading =
  | { operation: string; tokens: string[]; devices: string[]; groups: string[]; kinds: string[] }
  | { error: string };

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();

/** Returns the difference between a record and the word of another reader, and undefined when they agree. */
export function differenceOf(recorded: Recorded, reading: SoapReading): string | undefined {
  if ('error' in reading) return `it cannot read the request: ${reading.error}`;
  const parts: [what: string, recorded: string[], read: string[]][] = [
    ['the operation', [`{${V2}}${recorded.operation}`], [reading.operation]],
    ['the token', [`{${V2}}token ${recorded.token}`], reading.tokens],
    ['the devices', unique(recorded.devices), unique(reading.devices)],
    ['accounts and groups', unique(recorded.groups), unique(reading.groups)],
  ];
  if (recorded.operation === 'ChangeDeviceState') {
    parts.push(['the change of state', recorded.kind === '' ? [] : [recorded.kind], reading.kinds]);
  }
  for (const [what, ours, theirs] of parts) {
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
    recorded.groups.length === 0 ? undefined : { ...recorded, groups: [] },
  'a record without the kind of a device': (recorded) =>
    recorded.devices.length === 0
      ? undefined
      : { ...recorded, devices: recorded.devices.map((device) => device.replace(/^\S* /, ' ')) },
  'a record of another operation': (recorded) => ({ ...recorded, operation: `${recorded.operation}s` }),
  'a record of another token': (recorded) => ({ ...recorded, token: 'another-token' }),
};
