import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { type Check, outcomeOf, type Side } from './check.ts';

const EncryptionContext = { secret: 'arn', token: 'of it' };

async function dataKey(side: Side) {
  const KeyId = await side.freshKey();
  const made = await side.kms.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }),
  );
  const decrypt = (context: Record<string, string>, blob = made.CiphertextBlob) =>
    outcomeOf(
      side.kms
        .send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: context }))
        .then(({ Plaintext }) => Buffer.from(Plaintext ?? []).equals(Buffer.from(made.Plaintext ?? []))),
    );
  return { KeyId, made, decrypt };
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
    title: 'Decrypt with another encryption context, or none, is refused',
    observe: async (side) => {
      const { decrypt } = await dataKey(side);
      return [await decrypt({ ...EncryptionContext, token: 'of another' }), await decrypt({})];
    },
  },
  {
    title: 'Decrypt of bytes that are no ciphertext is refused',
    observe: async (side) => {
      const { decrypt } = await dataKey(side);
      return decrypt(EncryptionContext, Buffer.from('no ciphertext at all, whatever one looks like'));
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
      const { KeyId, decrypt } = await dataKey(side);
      await side.disableKey(KeyId);
      const made = side.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
      return [await outcomeOf(made.then(() => 'made')), await decrypt(EncryptionContext)];
    },
    documented: ['DisabledException', 'DisabledException'],
  },
];
