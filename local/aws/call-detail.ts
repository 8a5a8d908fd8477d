import type { SeenRequest } from '../gateway/call.ts';

/** Members of AWS requests that may be shown: names, ids and labels, never a value. */
const harmless = [
  'SecretId',
  'VersionId',
  'VersionStage',
  'VersionStages',
  'ClientRequestToken',
  'MoveToVersionId',
  'RemoveFromVersionId',
  'KeyId',
  'TableName',
  'logGroupName',
];

/** Harmless facts of a request in an AWS JSON protocol; nothing for a body that is not JSON. */
export function jsonDetail({ body }: SeenRequest): Record<string, string> {
  let input: Record<string, unknown>;
  try {
    input = JSON.parse(body.toString());
  } catch {
    return {};
  }
  return Object.fromEntries(
    harmless
      .filter((name) => Object.hasOwn(input, name))
      .map((name) => [name, Array.isArray(input[name]) ? input[name].join(',') : String(input[name])]),
  );
}

/** Harmless facts of a Publish: where it goes, and what kind of message it is. */
export function publishDetail({ body }: SeenRequest): Record<string, string> {
  const form = new URLSearchParams(body.toString());
  const topicArn = form.get('TopicArn');
  const subject = form.get('Subject');
  return { ...(topicArn && { TopicArn: topicArn }), ...(subject && { Subject: subject }) };
}
