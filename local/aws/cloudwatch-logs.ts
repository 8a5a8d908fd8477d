import * as v from 'valibot';
import type { Listening } from '../http.ts';
import { AwsFailure, operation, type Place, serveJson } from './service.ts';

/** The stand-in for CloudWatch Logs: what invocations printed, searchable. */
export interface CloudWatchLogs extends Listening {
  /** Appends one line as one event; the log group comes into being with its first line. */
  append(logGroup: string, line: string, timestampMs: number): void;
  /** All lines of a group in the order of their arrival; empty for an unknown one. */
  lines(logGroup: string): readonly string[];
  /** How long after its arrival a line is found by a search. @default 0 */
  searchDelayMs: number;
}

type LogEvent = { timestamp: number; message: string; ingestionTime: number; eventId: string };

const logStreamName = '[$LATEST]local';

/** Events looked at per page: small, so that paging happens. */
const eventsPerPage = 100;

const FilterLogEvents = v.pipe(
  v.object({
    logGroupName: v.optional(v.pipe(v.string(), v.minLength(1))),
    logGroupIdentifier: v.optional(v.pipe(v.string(), v.minLength(1))),
    filterPattern: v.optional(v.pipe(v.string(), v.maxLength(1024)), ''),
    startTime: v.optional(v.pipe(v.number(), v.minValue(0))),
    endTime: v.optional(v.pipe(v.number(), v.minValue(0))),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 10_000),
    nextToken: v.optional(v.pipe(v.string(), v.regex(/^\d+$/))),
  }),
  v.check(({ logGroupName, logGroupIdentifier }) => !logGroupName !== !logGroupIdentifier),
);

/**
 * FilterLogEvents as documented: times are inclusive, and a page may be empty and still be followed by
 * another ("partially full or empty pages"): only a missing nextToken is the end.
 */
export async function startCloudWatchLogs({ clock }: Pick<Place, 'clock'>): Promise<CloudWatchLogs> {
  const groups = new Map<string, LogEvent[]>();
  const isSearchable = ({ ingestionTime }: LogEvent) => ingestionTime <= clock.nowMs() - logs.searchDelayMs;

  const operations = {
    DescribeLogGroups: operation(
      v.object({ logGroupNamePrefix: v.optional(v.string(), '') }),
      'InvalidParameterException',
      ({ logGroupNamePrefix }) => ({
        logGroups: [...groups.keys()]
          .filter((name) => name.startsWith(logGroupNamePrefix))
          .map((logGroupName) => ({ logGroupName })),
      }),
    ),
    FilterLogEvents: operation(FilterLogEvents, 'InvalidParameterException', (input) => {
      const named = input.logGroupName ?? input.logGroupIdentifier?.split(':log-group:').at(-1) ?? '';
      const events = groups.get(named);
      if (!events) {
        throw new AwsFailure('ResourceNotFoundException', 'The specified log group does not exist.');
      }
      const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER, limit } = input;
      const terms = termsOf(input.filterPattern);
      const start = Number(input.nextToken ?? 0);
      const found: (LogEvent & { logStreamName: string })[] = [];
      let next = start;
      for (; next < events.length && next < start + eventsPerPage && found.length < limit; next += 1) {
        const event = events[next] as LogEvent;
        const inTime = event.timestamp >= startTime && event.timestamp <= endTime;
        if (inTime && isSearchable(event) && terms.every((term) => event.message.includes(term))) {
          found.push({ ...event, logStreamName });
        }
      }
      return {
        events: found,
        searchedLogStreams: [],
        ...(next < events.length && { nextToken: String(next) }),
      };
    }),
  };

  const logs: CloudWatchLogs = {
    ...(await serveJson('logs', operations)),
    searchDelayMs: 0,
    append(logGroup, message, timestamp) {
      const events = groups.get(logGroup) ?? [];
      const eventId = String(events.length).padStart(56, '0');
      events.push({ timestamp, message, ingestionTime: clock.nowMs(), eventId });
      groups.set(logGroup, events);
    },
    lines: (logGroup) => (groups.get(logGroup) ?? []).map(({ message }) => message),
  };
  return logs;
}

/**
 * The terms of an unstructured pattern, all of which must occur: bare words, and quoted terms with spaces
 * or punctuation (`\"` inside). Optional, excluded and JSON patterns are refused rather than misread.
 */
function termsOf(pattern: string): string[] {
  const parts = pattern.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return parts.map((part) => {
    if (part.startsWith('"')) {
      return part.slice(1, -1).replaceAll(/\\(.)/g, '$1');
    }
    if (/^\w+$/.test(part)) return part;
    throw new AwsFailure('InvalidParameterException', 'Invalid filter pattern');
  });
}
