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
    title:
      'GenerateDataKey makes 32 other bytes each time, which open with their encryption context in any order',
    observe: async (side) => {
      const { made, generate, decrypt } = await dataKey(side);
      const other = await generate();
      const differs = !Buffer.from(other.Plaintext ?? []).equals(made.Plaintext ?? Buffer.of());
      return [made.Plaintext?.length, differs, await decrypt({ token: 'of it', secret: 'arn' })];
    },
    expected: [32, true, true],
  },
  {
    title: 'Decrypt refuses another encryption context, or none, and bytes that are no ciphertext',
    observe: async (side) => {
      const { decrypt } = await dataKey(side);
      return [
        await decrypt({ ...EncryptionContext, token: 'of another' }),
        await decrypt({ secret: 'arn' }),
        await decrypt({}),
        await decrypt(EncryptionContext, Buffer.from('no ciphertext at all, whatever one looks like')),
      ];
    },
    expected: Array(4).fill('InvalidCiphertextException'),
  },
  {
    title: 'Decrypt refuses a ciphertext with one changed bit',
    observe: async (side) => {
      const { made, decrypt } = await dataKey(side);
      const changed = Buffer.from(made.CiphertextBlob ?? []);
      changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
      return decrypt(EncryptionContext, changed);
    },
    expected: 'InvalidCiphertextException',
  },
  {
    title: 'An unknown key, or alias, is not found',
    observe: ({ kms }) => {
      const make = (KeyId: string) =>
        outcomeOf(kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })));
      return Promise.all(['00000000-0000-4000-8000-000000000000', 'alias/nobody'].map(make));
    },
    expected: ['NotFoundException', 'NotFoundException'],
  },
  {
    title: 'GenerateDataKey without a key spec is refused',
    observe: async (side) => {
      const KeyId = await side.freshKey();
      return outcomeOf(side.kms.send(new GenerateDataKeyCommand({ KeyId })));
    },
    expected: 'ValidationException',
  },
  {
    title: 'DescribeKey tells a customer-managed key that is enabled',
    observe: async (side) => {
      const KeyId = await side.freshKey();
      const { KeyMetadata } = await side.kms.send(new DescribeKeyCommand({ KeyId }));
      return [KeyMetadata?.KeyManager, KeyMetadata?.Enabled, KeyMetadata?.KeyState, KeyMetadata?.KeyUsage];
    },
    expected: ['CUSTOMER', true, 'Enabled', 'ENCRYPT_DECRYPT'],
  },
  {
    title: 'A disabled key says so, makes no data key, and opens none',
    observe: async (side) => {
      const { KeyId, generate, decrypt } = await dataKey(side);
      await side.disableKey(KeyId);
      const { KeyMetadata } = await side.kms.send(new DescribeKeyCommand({ KeyId }));
      return [
        [KeyMetadata?.Enabled, KeyMetadata?.KeyState],
        await outcomeOf(generate().then(() => 'made')),
        await decrypt(EncryptionContext),
      ];
    },
    expected: [[false, 'Disabled'], 'DisabledException', 'DisabledException'],
    motoStrays: true,
  },
];

const publish = ({ sns, topicArn: TopicArn }: Side, input: Partial<PublishCommandInput>) =>
  outcomeOf(sns.send(new PublishCommand({ TopicArn, Message: 'text', ...input })).then(() => 'published'));

const severity = (StringValue: string) => ({
  MessageAttributes: { severity: { DataType: 'String', StringValue } },
});

export const snsChecks: Check[] = [
  {
    title: 'Publish takes subject, text and attributes',
    observe: (side) => publish(side, { Subject: '2 of 5 used', ...severity('warning') }),
    expected: 'published',
  },
  {
    title: 'Publish takes one text per protocol',
    observe: (side) =>
      publish(side, { MessageStructure: 'json', Message: JSON.stringify({ default: 'x', sms: 'y' }) }),
    expected: 'published',
  },
  {
    title: 'Publish takes a subject of 100 characters, and none of 101',
    observe: (side) =>
      Promise.all([100, 101].map((length) => publish(side, { Subject: 'x'.repeat(length) }))),
    expected: ['published', 'InvalidParameterException'],
  },
  {
    title: 'Publish refuses a subject of two lines, and one beyond ASCII',
    observe: (side) => Promise.all(['two\nlines', 'für alle'].map((Subject) => publish(side, { Subject }))),
    expected: ['InvalidParameterException', 'InvalidParameterException'],
    motoStrays: true,
  },
  {
    title: 'Publish refuses a message of more than 256 KiB',
    observe: (side) => publish(side, { Message: 'x'.repeat(262_145) }),
    expected: 'InvalidParameterException',
  },
  {
    title: 'Publish refuses an empty message',
    observe: (side) => publish(side, { Message: '' }),
    expected: 'InvalidParameterException',
    motoStrays: true,
  },
  {
    title: 'Publish refuses a structure that is not JSON, or has no default',
    observe: (side) =>
      Promise.all(
        ['text', '{"sms":"x"}'].map((Message) => publish(side, { MessageStructure: 'json', Message })),
      ),
    expected: ['InvalidParameterException', 'InvalidParameterException'],
    motoStrays: true,
  },
  {
    title: 'Publish refuses an attribute without a value',
    observe: (side) => publish(side, severity('')),
    expected: 'InvalidParameterValueException',
    motoStrays: true,
  },
  {
    title: 'Publish does not find an unknown topic',
    observe: (side) => publish(side, { TopicArn: `${side.topicArn}-of-nobody` }),
    expected: 'NotFoundException',
  },
];
