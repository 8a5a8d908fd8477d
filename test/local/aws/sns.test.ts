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

test('a refused message is not kept', async () => {
  const before = world.aws.sns.published.length;
  await expect(publish({ Subject: 'two\nlines' })).rejects.toMatchObject({
    name: 'InvalidParameterException',
    $metadata: { httpStatusCode: 400 },
  });
  await expect(publish({ TopicArn: `${world.aws.sns.topicArn}-of-nobody` })).rejects.toMatchObject({
    name: 'NotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
  expect(world.aws.sns.published).toHaveLength(before);
});
