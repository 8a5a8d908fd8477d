import { randomUUID } from 'node:crypto';
import type { Listening } from '../http.ts';
import { AwsFailure, type Place, serve } from './service.ts';

/** A message as it was published. */
export type Published = {
  messageId: string;
  topicArn: string;
  atMs: number;
  subject?: string;
  /** The text as sent; with MessageStructure `json` the JSON text. */
  message: string;
  /** By protocol (`default`, `email`, `sms`…), only with MessageStructure `json`. */
  byProtocol?: Record<string, string>;
  attributes: Record<string, { type: string; value: string }>;
};

/** The stand-in for SNS: one topic that keeps what was published. */
export interface Sns extends Listening {
  readonly topicArn: string;
  readonly published: readonly Published[];
  /** Publishes for another service of AWS: no message attributes. */
  publish(subject: string, message: string): void;
}

const maxMessageBytes = 262_144;

/** Speaks the query protocol, as the SDK does to SNS: a form in, XML out. */
export async function startSns({ clock, region, accountId }: Place): Promise<Sns> {
  const topicArn = `arn:aws:sns:${region}:${accountId}:thingspace-alarms`;
  const published: Published[] = [];
  const listening = await serve('sns', 'text/xml', (body) => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    if (action === 'ListSubscriptionsByTopic') return subscriptionsOf(topicArn);
    if (action === 'GetSMSSandboxAccountStatus') return sandboxStatus();
    if (action !== 'Publish') {
      throw new AwsFailure('InvalidAction', `The action ${action} is not valid for this endpoint.`);
    }
    const message = messageIn(form, clock.nowMs());
    if (message.topicArn !== topicArn) {
      throw new AwsFailure('NotFoundException', 'Topic does not exist', 404);
    }
    published.push(message);
    return (
      '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>' +
      `<MessageId>${message.messageId}</MessageId></PublishResult>` +
      `${metadata()}</PublishResponse>`
    );
  });
  const publish = (subject: string, message: string) =>
    void published.push({
      messageId: randomUUID(),
      topicArn,
      atMs: clock.nowMs(),
      subject,
      message,
      attributes: {},
    });
  return { ...listening, topicArn, published, publish };
}

/** One address by mail, confirmed: an observer reads what was published. */
const subscriptionsOf = (topicArn: string): string =>
  '<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
  '<ListSubscriptionsByTopicResult><Subscriptions><member><Protocol>email</Protocol>' +
  `<SubscriptionArn>${topicArn}:${randomUUID()}</SubscriptionArn><TopicArn>${topicArn}</TopicArn>` +
  '<Endpoint>ops@example.com</Endpoint><Owner>111122223333</Owner></member></Subscriptions>' +
  `</ListSubscriptionsByTopicResult>${metadata()}</ListSubscriptionsByTopicResponse>`;

const sandboxStatus = (): string =>
  '<GetSMSSandboxAccountStatusResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
  '<GetSMSSandboxAccountStatusResult><IsInSandbox>true</IsInSandbox></GetSMSSandboxAccountStatusResult>' +
  `${metadata()}</GetSMSSandboxAccountStatusResponse>`;

const metadata = (): string => `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;

/** @throws {AwsFailure} InvalidParameterException as the API reference of Publish says */
function messageIn(form: URLSearchParams, atMs: number): Published {
  const subject = form.get('Subject');
  const message = form.get('Message') ?? '';
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > maxMessageBytes) throw invalid('Message too long');
  // ASCII that begins with a letter, number or punctuation mark; no line breaks; at most 100 characters.
  if (subject !== null && !/^[!-~][ -~]{0,99}$/.test(subject)) throw invalid('Subject');
  return {
    messageId: randomUUID(),
    topicArn: form.get('TopicArn') ?? form.get('TargetArn') ?? '',
    atMs,
    ...(subject !== null && { subject }),
    message,
    ...(form.get('MessageStructure') === 'json' && { byProtocol: messagesByProtocol(message) }),
    attributes: attributesIn(form),
  };
}

function messagesByProtocol(message: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, 'default')) {
    throw invalid('Message Structure - No default entry in JSON message body');
  }
  return Object.fromEntries(Object.entries(parsed).filter(([, text]) => typeof text === 'string'));
}

function attributesIn(form: URLSearchParams): Published['attributes'] {
  const attributes: Published['attributes'] = {};
  for (let index = 1; ; index += 1) {
    const entry = `MessageAttributes.entry.${index}`;
    const name = form.get(`${entry}.Name`);
    if (name === null) return attributes;
    const type = form.get(`${entry}.Value.DataType`);
    const value = form.get(`${entry}.Value.StringValue`) ?? form.get(`${entry}.Value.BinaryValue`);
    if (!type || !value) {
      throw new AwsFailure(
        'ParameterValueInvalid',
        `The message attribute '${name}' must contain non-empty message attribute type and value.`,
      );
    }
    attributes[name] = { type, value };
  }
}

function invalid(what: string): AwsFailure {
  return new AwsFailure('InvalidParameterException', `Invalid parameter: ${what}`);
}
