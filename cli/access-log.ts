import { oneLine } from '../lambda/alarms/legible.ts';
import { type Found, findRecords, type StoredRecord } from './access-records.ts';
import { inColumns } from './columns.ts';
import type { Desk } from './desk.ts';
import { UsageError } from './errors.ts';

export type AccessLogOptions = {
  device?: string;
  user?: string;
  operation?: string;
  /** A time, as ISO 8601 has it. */
  since?: string;
  until?: string;
  accessTable?: string;
  json?: boolean;
};

const DEFAULT_MS = 30 * 24 * 60 * 60_000;

/**
 * Prints the callers of the access function, with operation, device and outcome of each request.
 * @throws UsageError, AwsCallError
 */
export async function accessLog(desk: Desk, options: AccessLogOptions, nowMs = Date.now()): Promise<void> {
  const untilMs = timeIn('--until', options.until) ?? nowMs;
  const sinceMs = timeIn('--since', options.since) ?? untilMs - DEFAULT_MS;
  if (sinceMs > untilMs) throw new UsageError('--since wants a time before --until.');
  const { device, user, operation } = options;
  const wanted = { device, user, operation, sinceMs, untilMs };
  const found = await findRecords(desk.accessRecords(tableOf(desk, options)), wanted);
  desk.terminal.say(options.json ? JSON.stringify(found, null, 2) : accessText(found));
}

function tableOf({ settings }: Desk, { accessTable }: AccessLogOptions): string {
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

/** A table, oldest first; what may have reached a device without naming it stands below. */
export function accessText({ records, wide, sessions }: Found): string {
  const lines = records.length === 0 ? ['There is no such request.'] : tableOfRecords(records);
  if (wide.length > 0) {
    lines.push(
      '',
      'Changes that name an account or a group, or no device; the device may be one of theirs:',
      ...tableOfRecords(wide),
    );
  }
  if (sessions.length > 0) {
    lines.push(
      '',
      'Callers that were given the session; the requests that they sent with it are not in this audit:',
      ...tableOfHolders(sessions),
    );
  }
  return lines.join('\n');
}

/** A line for each caller, because an app asks every minute. */
function tableOfHolders(sessions: readonly StoredRecord[]): string[] {
  // Node.js 20 has no Map.groupBy.
  const holders = new Map<string, StoredRecord[]>();
  for (const record of sessions) {
    const { user = '', caller, credential } = record;
    const holder = JSON.stringify([user, caller, credential]);
    holders.set(holder, [...(holders.get(holder) ?? []), record]);
  }
  return inColumns([
    ['WHO', 'THROUGH', 'CREDENTIAL', 'TIMES', 'FIRST', 'LAST'],
    ...[...holders.values()].map((records) => {
      const [first] = records as [StoredRecord];
      return [
        oneLine(first.user ?? shortArn(first.caller), 60),
        first.user === undefined ? '-' : oneLine(shortArn(first.caller), 60),
        first.credential,
        String(records.length),
        ...[first, records.at(-1) ?? first].map(({ at }) => new Date(at).toISOString()),
      ];
    }),
  ]);
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
      new Date(record.at).toISOString(),
      oneLine(record.user ?? shortArn(record.caller), 60),
      record.user === undefined ? '-' : oneLine(shortArn(record.caller), 60),
      `${record.credential}/${record.operation}`,
      subjectsText(record),
      outcomeText(record),
      oneLine(record.rule, 40),
    ]),
  ]);
}

const shortArn = (arn: string) => arn.split(':').slice(5).join(':');

/** The record of a denial keeps a few names, and how many there were. */
function subjectsText({ devices, groups, deviceCount, groupCount }: StoredRecord): string {
  const names = devices.length > 0 ? devices.map(({ kind, identifier }) => `${kind} ${identifier}`) : groups;
  const [first] = names;
  if (first === undefined) return '-';
  const more = ((devices.length > 0 ? deviceCount : groupCount) ?? names.length) - 1;
  return more === 0 ? oneLine(first, 60) : `${oneLine(first, 60)} and ${more} more`;
}
