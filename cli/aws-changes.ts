import { CloudTrailClient, type Event, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import * as v from 'valibot';
import { pagesOf } from './pages.ts';
import type { SecretChange } from './surroundings.ts';

/**
 * Secrets Manager's calls that change a secret, its labels or its rotation (AWS Secrets Manager User Guide, "Log AWS Secrets
 * Manager events with AWS CloudTrail"). One lookup takes one name of an event, and reads would be far more.
 * An event has whole seconds: within one, this order holds, which is that of a rotation.
 */
const CHANGES = [
  'CancelRotateSecret',
  'RotateSecret',
  'PutSecretValue',
  'UpdateSecret',
  'UpdateSecretVersionStage',
  'DeleteSecret',
  'RestoreSecret',
];

/** CloudTrail User Guide, "CloudTrail record contents". The parameters of these calls never hold the secret's value. */
const record = v.object({
  eventName: v.string(),
  eventTime: v.string(),
  errorCode: v.optional(v.string()),
  sourceIPAddress: v.optional(v.string(), ''),
  userIdentity: v.object({ arn: v.optional(v.string()), type: v.optional(v.string()) }),
  requestParameters: v.nullish(
    v.object({
      secretId: v.optional(v.string()),
      clientRequestToken: v.optional(v.string()),
      moveToVersionId: v.optional(v.string()),
    }),
  ),
});

/** A secret by name and ARN: a caller may have used either. */
type Named = { arn: string; name: string };

/**
 * Returns a reader of secrets' changes, oldest first, as CloudTrail's event history of the region shows them. A lookup has
 * the events of every secret, so the reader makes it once for each time. It throws AwsCallError.
 */
export function changesReader(options: object): (secret: Named, sinceMs: number) => Promise<SecretChange[]> {
  const cloudTrail = new CloudTrailClient(options);
  const seen = new Map<number, Promise<Event[]>>();
  return async (secret, sinceMs) => {
    const events = seen.get(sinceMs) ?? eventsSince(cloudTrail, sinceMs);
    seen.set(sinceMs, events);
    return (await events).flatMap((event) => changeIn(event, secret)).sort((a, b) => a.at - b.at);
  };
}

async function eventsSince(cloudTrail: CloudTrailClient, sinceMs: number): Promise<Event[]> {
  const found: Event[] = [];
  // CloudTrail answers two lookups a second.
  for (const name of CHANGES) found.push(...(await lookUp(cloudTrail, name, sinceMs)));
  return found;
}

async function lookUp(client: CloudTrailClient, AttributeValue: string, sinceMs: number): Promise<Event[]> {
  const search = {
    LookupAttributes: [{ AttributeKey: 'EventName' as const, AttributeValue }],
    StartTime: new Date(sinceMs),
  };
  const pages = await pagesOf('cloudtrail:LookupEvents', paginateLookupEvents({ client }, search));
  // CloudTrail answers with the newest first.
  return pages.flatMap(({ Events = [] }) => Events).reverse();
}

/** A list, empty or of one: other secrets of the account have the same events. */
function changeIn({ CloudTrailEvent: text = '{}' }: Event, { arn, name }: Named): SecretChange[] {
  const read = v.safeParse(record, parsed(text));
  if (!read.success) return [];
  const { eventName, eventTime, errorCode, sourceIPAddress, userIdentity, requestParameters } = read.output;
  const { secretId, clientRequestToken, moveToVersionId } = requestParameters ?? {};
  if (secretId !== arn && secretId !== name && secretId !== arn.slice(0, -'-xxxxxx'.length)) return [];
  return [
    {
      at: Date.parse(eventTime),
      what: eventName,
      who: userIdentity.arn ?? userIdentity.type ?? 'unknown',
      from: sourceIPAddress,
      versionId: moveToVersionId ?? clientRequestToken,
      refusedWith: errorCode,
    },
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
