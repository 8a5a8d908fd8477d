import { isOfRest, withKind } from '../lambda/access/operation-patterns.ts';
import { oneLine } from '../lambda/alarms/legible.ts';
import type { StoredRecord } from './access-reader.ts';
import { type Found, findRecords, type Holder } from './access-records.ts';
import { inColumns } from './columns.ts';
import type { Desk } from './desk.ts';
import { UsageError } from './errors.ts';
import type { Options } from './options.ts';
import { shortArn } from './short-arn.ts';
import { iso } from './times.ts';

const DEFAULT_MS = 30 * 24 * 60 * 60_000;

/**
 * Prints the callers of the access function, with operation, device and outcome of each request.
 * @throws UsageError, AwsCallError
 */
export async function accessLog(desk: Desk, options: Options, nowMs = Date.now()): Promise<void> {
  const untilMs = timeIn('--until', options.until) ?? nowMs;
  const sinceMs = timeIn('--since', options.since) ?? untilMs - DEFAULT_MS;
  if (sinceMs > untilMs) throw new UsageError('--since wants a time before --until.');
  const { device: devices, user, operation } = options;
  const wanted = { devices, user, operation, sinceMs, untilMs };
  const found = await findRecords(desk.accessRecords(tableOf(desk, options)), wanted);
  desk.terminal.say(options.json ? JSON.stringify(found, null, 2) : accessText(found, devices));
}

/** @throws UsageError */
export function tableOf({ settings }: Desk, { accessTable }: Pick<Options, 'accessTable'>): string {
  if (accessTable !== undefined) return accessTable;
  const serviceName = settings.function?.environment.SERVICE_NAME;
  if (serviceName) return `${serviceName}-access`;
  throw new UsageError('Give the table of the access function: --access-table <service name>-access.');
}

function timeIn(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(`${option} wants a time such as 2026-01-05T03:10:00Z.`);
}

/** Prints a table, oldest first; below it, the changes that may have reached the device without naming it. */
export function accessText({ records, wide, holders }: Found, devices?: readonly string[]): string {
  const lines = records.length === 0 ? ['There is no such request.'] : tableOfRecords(records);
  if (wide.length > 0) {
    lines.push(
      '',
      'Changes that select devices by account, group or filter, or name none; the device may be one of theirs:',
      ...tableOfRecords(wide),
    );
  }
  if (holders.length > 0) {
    lines.push(
      '',
      'Callers that were given the session; the requests that they sent with it are not in this audit:',
      ...tableOfHolders(holders),
    );
  }
  if (devices !== undefined) lines.push('', ...aboutDevices(devices));
  return lines.join('\n');
}

function tableOfHolders(holders: readonly Holder[]): string[] {
  return inColumns([
    ['WHO', 'THROUGH', 'CREDENTIAL', 'DAYS', 'FIRST', 'LAST'],
    ...holders.map(({ credential, days, ...made }) => [
      ...whoAndThrough(made),
      credential,
      String(days.length),
      days[0] ?? '',
      days.at(-1) ?? '',
    ]),
  ]);
}

function aboutDevices(devices: readonly string[]): string[] {
  const reads = 'Requests that only read are not listed by device: leave --device out to see them.';
  if (devices.length > 1) return [reads];
  return [
    'A device has several names (ICCID, IMEI, MDN, …), and a request is found by those that it used.',
    'Give every name of the device: --device <ICCID> <IMEI> <MDN>.',
    reads,
  ];
}

/** A record without an outcome may have been sent: it is unknown, and never done. */
export function outcomeText({ outcome = 'unknown', code, generation }: StoredRecord): string {
  const more = code ?? (generation === undefined ? undefined : `session ${generation}`);
  return more === undefined ? outcome : `${outcome} (${oneLine(more, 60)})`;
}

function tableOfRecords(records: readonly StoredRecord[]): string[] {
  return inColumns([
    ['WHEN', 'WHO', 'THROUGH', 'OPERATION', 'ON', 'OUTCOME', 'RULE'],
    ...records.map((record) => [
      iso(record.at),
      ...whoAndThrough(record),
      `${record.credential}${isOfRest(record.operation) ? ' ' : '/'}${withKind(record.operation, record.kind)}`,
      subjectsText(record),
      outcomeText(record),
      `${oneLine(record.rule, 40)}${record.observed ? ' (observed only)' : ''}`,
    ]),
  ]);
}

/** The name of a role and that of its session have 64 characters each: both stay whole. */
const MAX_CALLER_CHARS = 150;

type Who = Pick<StoredRecord, 'user' | 'person' | 'caller'> & Partial<Pick<StoredRecord, 'userBy'>>;

/** A caller that neither speaks for a user nor is known to be a person stands for itself. */
function whoAndThrough({ user, userBy, person, caller }: Who): string[] {
  const name = user ?? person;
  const through = `${oneLine(shortArn(caller), MAX_CALLER_CHARS)}${userBy === undefined ? '' : ` (${userBy})`}`;
  return name === undefined ? [through, '-'] : [oneLine(name, 60), through];
}

/** Shows devices, and whatever else selects devices. The record of a denial keeps a few, and how many there were. */
function subjectsText({ devices, groups, deviceCount, groupCount }: StoredRecord): string {
  const parts = [
    firstAndMore(
      devices.map(({ kind, identifier }) => `${kind} ${identifier}`),
      deviceCount,
    ),
    firstAndMore(groups, groupCount),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '-' : parts.join('; ');
}

function firstAndMore([first, ...others]: readonly string[], count = others.length + 1): string | undefined {
  if (first === undefined) return undefined;
  return count === 1 ? oneLine(first, 60) : `${oneLine(first, 60)} and ${count - 1} more`;
}
