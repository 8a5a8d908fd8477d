import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { type Check, outcomeOf, type Side } from './check.ts';

const EncryptionContext = { secret: 'arn', token: 'of it' };

async function dataKey(side: Side) {
  const KeyId = await side.freshKey();
  const generate = () =>
    side.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
  const made = await generate();
  const decrypt = (context: Record<string, string>, CiphertextBlob = made.CiphertextBlob) => {
    const opened = side.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
    const same = opened.then(({ Plaintext = [] }) =>
      Buffer.from(Plaintext).equals(made.Plaintext ?? Buffer.of()),
    );
    return outcomeOf(same);
  };
  return { KeyId, made, generate, decrypt };
}

export const kmsChecks: Check[] = [
  {
    title: 'GenerateDataKey makes 32 bytes that open again with their encryption context',
    observe: async (side) => {
      const { made, decrypt } = await dataKey(side);
      return [made.Plaintext?.length, await decrypt({ token: 'of it', secret: 'arn' })];
    },
  },
  {
    title: 'Decrypt with another encryption context, or none, or of bytes that are no ciphertext, is refused',
    observe: async (side) => {
      const { decrypt } = await dataKey(side);
      return [
        await decrypt({ ...EncryptionContext, token: 'of another' }),
        await decrypt({}),
        await decrypt(EncryptionContext, Buffer.from('no ciphertext at all, whatever one looks like')),
      ];
    },
  },
  {
    title: 'An unknown key is not found',
    observe: (side) => {
      const KeyId = '00000000-0000-4000-8000-000000000000';
      return outcomeOf(side.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })));
    },
  },
  {
    title: 'DescribeKey tells a customer-managed key that is enabled',
    observe: async (side) => {
      const KeyId = await side.freshKey();
      const { KeyMetadata } = await side.kms.send(new DescribeKeyCommand({ KeyId }));
      return [KeyMetadata?.KeyManager, KeyMetadata?.Enabled, KeyMetadata?.KeyState, KeyMetadata?.KeyUsage];
    },
  },
  {
    title: 'A disabled key makes no data key and opens none',
    observe: async (side) => {
      const { KeyId, generate, decrypt } = await dataKey(side);
      await side.disableKey(KeyId);
      return [await outcomeOf(generate().then(() => 'made')), await decrypt(EncryptionContext)];
    },
    documented: ['DisabledException', 'DisabledException'],
  },
];

const publish = ({ sns, topicArn: TopicArn }: Side, input: Partial<PublishCommandInput>) =>
  outcomeOf(
    sns
      .send(new PublishCommand({ TopicArn, Message: 'text', ...input }))
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
