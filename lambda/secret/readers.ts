import { CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import * as v from 'valibot';
import type { Readers } from '../alarms/event.ts';
import { AwsCallError, awsCall } from '../aws-call.ts';
import { AWS_CLIENT, OWN_PROGRAM } from '../aws-client.ts';
import type { Clock } from '../clock.ts';

/** CloudTrail API reference, LookupEvents: two calls a second for an account and region. Others may call, too. */
const PAUSE_MS = 600;
const THROTTLED_PAUSE_MS = 2_000;
/** CloudTrail User Guide, "Working with CloudTrail event history". */
const KEPT_MS = 90 * 24 * 60 * 60_000;
/** So many readers fit into a mail. */
const MAX_READERS = 20;

/** CloudTrail User Guide, "CloudTrail record contents". A record of GetSecretValue never holds the value. */
const record = v.object({
  eventName: v.literal('GetSecretValue'),
  eventTime: v.pipe(v.string(), v.isoTimestamp()),
  errorCode: v.optional(v.string()),
  userAgent: v.optional(v.string(), ''),
  userIdentity: v.object({
    type: v.optional(v.string(), 'unknown'),
    arn: v.optional(v.string()),
    invokedBy: v.optional(v.string()),
    sessionContext: v.optional(
      v.object({ sessionIssuer: v.optional(v.object({ arn: v.optional(v.string()) })) }),
    ),
  }),
  requestParameters: v.nullish(v.object({ secretId: v.optional(v.string()) })),
});

type Parts = { cloudTrail: Pick<CloudTrailClient, 'send'>; clock: Clock; wallMs: () => number };
type Selector = { AttributeKey: 'ResourceName' | 'EventName'; AttributeValue: string };
type Look = { reads: Read[]; sinceMs: number };
type Read = { principal: string; at: number; own: boolean };

/** Returns `readersOf` over CloudTrail of the function's region. The client is made here, so that the bundle has no more of it. */
export function cloudTrailReaders(clock: Clock) {
  const parts: Parts = { cloudTrail: new CloudTrailClient(AWS_CLIENT), clock, wallMs: Date.now };
  return (secret: Parameters<typeof readersOf>[1], untilMs: number) => readersOf(parts, secret, untilMs);
}

/**
 * Lists the readers of a secret in the last 90 days, the oldest last read first: the reader that has not come for longest holds
 * a copy. Sessions count as their role; reads by the function and the tool are left out.
 * @param untilMs by `clock`; what was not looked through by then is said in `sinceMs`
 * @throws AwsCallError
 */
export async function readersOf(
  parts: Parts,
  secret: { arn: string; name: string | undefined },
  untilMs: number,
): Promise<Readers> {
  const names = [secret.arn, ...(secret.name === undefined ? [] : [secret.name])];
  const byName: Selector[] = names.map((name) => ({ AttributeKey: 'ResourceName', AttributeValue: name }));
  let look = await lookThrough(parts, byName, names, untilMs);
  // The function itself reads the secret every day: an index that does not show that does not show reads.
  if (look.reads.length === 0) {
    look = await lookThrough(
      parts,
      [{ AttributeKey: 'EventName', AttributeValue: 'GetSecretValue' }],
      names,
      untilMs,
    );
  }
  if (look.reads.length === 0) {
    const notAllSeen = look.sinceMs > parts.wallMs() - KEPT_MS;
    return {
      notListed: notAllSeen ? 'CloudTrail did not answer in time' : 'CloudTrail shows no read of it',
    };
  }
  const last = new Map<string, number>();
  for (const { principal, at, own } of look.reads) {
    if (!own) last.set(principal, Math.max(at, last.get(principal) ?? 0));
  }
  const all = [...last].map(([principal, lastReadAt]) => ({ principal, lastReadAt }));
  const listed = all.sort((a, b) => a.lastReadAt - b.lastReadAt).slice(0, MAX_READERS);
  return { listed, more: all.length - listed.length, sinceMs: look.sinceMs };
}

async function lookThrough(
  parts: Parts,
  selectors: readonly Selector[],
  names: readonly string[],
  untilMs: number,
): Promise<Look> {
  const since = parts.wallMs() - KEPT_MS;
  const found: Look = { reads: [], sinceMs: since };
  for (const selector of selectors) {
    let from: string | undefined;
    // CloudTrail answers with the newest first.
    let oldest = parts.wallMs();
    do {
      const page = await lookUp(parts, selector, { since, from, untilMs });
      const events = page?.Events ?? [];
      found.reads.push(...events.flatMap((event) => readIn(event, names)));
      oldest = events.at(-1)?.EventTime?.getTime() ?? oldest;
      from = page?.NextToken;
      if (!page || (from !== undefined && parts.clock.nowMs() >= untilMs)) {
        found.sinceMs = Math.max(found.sinceMs, oldest);
        break;
      }
      await parts.clock.sleep(PAUSE_MS);
    } while (from !== undefined);
  }
  return found;
}

/** Returns undefined when CloudTrail throttles until the time is over. */
async function lookUp(
  { cloudTrail, clock }: Parts,
  selector: Selector,
  { since, from, untilMs }: { since: number; from: string | undefined; untilMs: number },
) {
  const command = new LookupEventsCommand({
    LookupAttributes: [selector],
    StartTime: new Date(since),
    ...(from === undefined ? {} : { NextToken: from }),
  });
  for (;;) {
    try {
      return await awsCall('cloudtrail:LookupEvents', () => cloudTrail.send(command));
    } catch (failure) {
      if (!(failure instanceof AwsCallError) || !/throttl|toomany/i.test(failure.errorName)) throw failure;
      if (clock.nowMs() + THROTTLED_PAUSE_MS >= untilMs) return undefined;
      await clock.sleep(THROTTLED_PAUSE_MS);
    }
  }
}

/** A list, empty or of one: a lookup by the event's name shows the account's other secrets, too. */
function readIn({ CloudTrailEvent: text = '{}' }: Event, names: readonly string[]): Read[] {
  const parsed = v.safeParse(record, parsedJson(text));
  if (!parsed.success || parsed.output.errorCode !== undefined) return [];
  const { eventTime, userAgent, userIdentity, requestParameters } = parsed.output;
  if (!names.includes(requestParameters?.secretId ?? '')) return [];
  const { sessionContext, arn, invokedBy, type } = userIdentity;
  const principal = sessionContext?.sessionIssuer?.arn ?? arn ?? invokedBy ?? type;
  return [{ principal, at: Date.parse(eventTime), own: userAgent.includes(`app/${OWN_PROGRAM}`) }];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
