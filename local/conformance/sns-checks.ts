import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { type Check, outcomeOf, type Side } from './check.ts';

const publish = (side: Side, input: Partial<PublishCommandInput>) =>
  outcomeOf(
    side.sns
      .send(new PublishCommand({ TopicArn: side.topicArn, Message: 'text', ...input }))
      .then(({ MessageId }) => typeof MessageId),
  );

export const snsChecks: Check[] = [
  {
    title: 'Publish takes subject, text and attributes',
    observe: (side) =>
      publish(side, {
        Subject: '2 of 5 used',
        MessageAttributes: { severity: { DataType: 'String', StringValue: 'warning' } },
      }),
  },
  {
    title: 'Publish takes one text per protocol',
    observe: (side) =>
      publish(side, { MessageStructure: 'json', Message: JSON.stringify({ default: 'x', sms: 'y' }) }),
  },
  {
    title: 'Publish refuses a subject of 101 characters and takes one of 100',
    observe: async (side) => [
      await publish(side, { Subject: 'x'.repeat(101) }),
      await publish(side, { Subject: 'x'.repeat(100) }),
    ],
  },
  {
    title: 'Publish refuses a message of more than 256 KiB',
    observe: (side) => publish(side, { Message: 'x'.repeat(262_145) }),
  },
  {
    title: 'Publish does not find an unknown topic',
    observe: (side) => publish(side, { TopicArn: `${side.topicArn}-of-nobody` }),
  },
];
