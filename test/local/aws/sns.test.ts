import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
let client: SNSClient;

beforeAll(async () => {
  world = await startWorld();
  client = new SNSClient();
});
afterAll(() => world.close());

const publish = (input: Partial<PublishCommandInput>) =>
  client.send(new PublishCommand({ TopicArn: world.aws.sns.topicArn, Message: 'text', ...input }));

test('keeps the subject, texts and attributes of a message, awkward characters included', async () => {
  const byProtocol = {
    default: '{"event":"x"}',
    email: 'Zwei von fünf & <mehr>\nnext line + 100%',
    sms: 'short',
  };
  const { MessageId } = await publish({
    Subject: 'ThingSpace: 2 of 5 used',
    Message: JSON.stringify(byProtocol),
    MessageStructure: 'json',
    MessageAttributes: {
      severity: { DataType: 'String', StringValue: 'warning' },
      credential: { DataType: 'String', StringValue: 'user@example.com' },
    },
  });
  expect(world.aws.sns.published.at(-1)).toEqual({
    messageId: MessageId,
    topicArn: world.aws.sns.topicArn,
    atMs: expect.any(Number),
    subject: 'ThingSpace: 2 of 5 used',
    message: JSON.stringify(byProtocol),
    byProtocol,
    attributes: {
      severity: { type: 'String', value: 'warning' },
      credential: { type: 'String', value: 'user@example.com' },
    },
  });
});

test('a plain text is kept without protocols', async () => {
  await publish({});
  expect(world.aws.sns.published.at(-1)).toMatchObject({ message: 'text', attributes: {} });
  expect(world.aws.sns.published.at(-1)).not.toHaveProperty('byProtocol');
});

test('a subject of 100 characters passes', async () => {
  await publish({ Subject: 'x'.repeat(100) });
  expect(world.aws.sns.published.at(-1)?.subject).toHaveLength(100);
});

test.each([
  ['a subject of 101 characters', { Subject: 'x'.repeat(101) }],
  ['a subject with a line break', { Subject: 'two\nlines' }],
  ['a subject that is not ASCII', { Subject: 'für alle' }],
  ['an empty message', { Message: '' }],
  ['a message over 256 KiB', { Message: 'x'.repeat(262_145) }],
  ['a structure that is not JSON', { MessageStructure: 'json', Message: 'text' }],
  ['a structure without a default', { MessageStructure: 'json', Message: '{"sms":"x"}' }],
])('%s is refused and not kept', async (_what, input) => {
  const before = world.aws.sns.published.length;
  await expect(publish(input)).rejects.toMatchObject({
    name: 'InvalidParameterException',
    $metadata: { httpStatusCode: 400 },
  });
  expect(world.aws.sns.published).toHaveLength(before);
});

test('an attribute without a value is refused', async () => {
  const MessageAttributes = { severity: { DataType: 'String', StringValue: '' } };
  await expect(publish({ MessageAttributes })).rejects.toThrow(/message attribute/);
});

test('an unknown topic is not found', async () => {
  await expect(publish({ TopicArn: `${world.aws.sns.topicArn}-of-nobody` })).rejects.toMatchObject({
    name: 'NotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});
