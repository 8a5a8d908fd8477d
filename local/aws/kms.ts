import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Listening } from '../http.ts';
import { AwsFailure, operation, type Place, serveJson } from './service.ts';

/** The stand-in for KMS: one customer-managed key under an alias, and the AWS-managed one beside it. */
export interface Kms extends Listening {
  readonly keyArn: string;
  disable(): void;
  enable(): void;
  /** Whether Secrets Manager may use the key: known and enabled. Takes id, ARN or alias. */
  usable(keyId: string): boolean;
}

const managedAlias = 'alias/aws/secretsmanager';

const keyId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const context = v.optional(v.record(v.string(), v.string()), {});
const GenerateDataKey = v.object({
  KeyId: keyId,
  KeySpec: v.literal('AES_256'),
  EncryptionContext: context,
});
const Decrypt = v.object({
  CiphertextBlob: v.pipe(v.string(), v.base64(), v.minLength(1)),
  KeyId: v.optional(keyId),
  EncryptionContext: context,
});
const Encrypt = v.object({
  KeyId: keyId,
  Plaintext: v.pipe(v.string(), v.base64(), v.minLength(1)),
  EncryptionContext: context,
});
const DescribeKey = v.object({ KeyId: keyId });

/** As `infra/keys.ts` writes them into the keys' policies. */
const statements = [
  {
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
  },
  {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { Null: { 'kms:EncryptionContext:token': 'false' } },
  },
];

/** Data keys are really encrypted, AES-256-GCM under a key of this process, bound to their context. */
export async function startKms({ clock, region, accountId }: Place): Promise<Kms> {
  const prefix = `arn:aws:kms:${region}:${accountId}:`;
  const customer = newKey(prefix, 'alias/thingspace-rotation', 'CUSTOMER');
  const managed = newKey(prefix, managedAlias, 'AWS');
  const keys = [customer, managed];
  const createdAtMs = clock.nowMs();

  const find = (wanted: string): Key => {
    const key = keys.find(({ id, arn, alias }) => [id, arn, alias, prefix + alias].includes(wanted));
    if (key) return key;
    throw wanted.includes('alias/')
      ? new AwsFailure('NotFoundException', `Alias ${wanted} is not found.`)
      : new AwsFailure('NotFoundException', `Key '${wanted}' does not exist`);
  };

  /** AWS-managed keys serve only their own service; a disabled key serves no caller. */
  const usableKey = (wanted: string, action: string): Key => {
    const key = find(wanted);
    if (key.manager === 'AWS') {
      throw new AwsFailure(
        'AccessDeniedException',
        `User: arn:aws:sts::${accountId}:assumed-role/local/rotation is not authorized to perform: kms:${action} on resource: ${key.arn} because no resource-based policy allows the kms:${action} action`,
      );
    }
    if (!key.enabled) throw new AwsFailure('DisabledException', `${key.arn} is disabled.`);
    return key;
  };

  const operations = {
    GenerateDataKey: operation(GenerateDataKey, 'ValidationException', (input) => {
      const key = usableKey(input.KeyId, 'GenerateDataKey');
      const plaintext = randomBytes(32);
      return {
        CiphertextBlob: encrypt(key, plaintext, input.EncryptionContext).toString('base64'),
        Plaintext: plaintext.toString('base64'),
        KeyId: key.arn,
      };
    }),
    Encrypt: operation(Encrypt, 'ValidationException', (input) => {
      const key = usableKey(input.KeyId, 'Encrypt');
      const plaintext = Buffer.from(input.Plaintext, 'base64');
      return {
        CiphertextBlob: encrypt(key, plaintext, input.EncryptionContext).toString('base64'),
        KeyId: key.arn,
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    }),
    Decrypt: operation(Decrypt, 'ValidationException', (input) => {
      const blob = Buffer.from(input.CiphertextBlob, 'base64');
      const sealer = sealerOf(blob, keys);
      if (!sealer) throw new AwsFailure('InvalidCiphertextException', '');
      if (input.KeyId !== undefined && find(input.KeyId) !== sealer) {
        throw new AwsFailure(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      }
      const key = usableKey(sealer.id, 'Decrypt');
      return {
        Plaintext: decrypt(key, blob, input.EncryptionContext).toString('base64'),
        KeyId: key.arn,
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    }),
    GetKeyPolicy: operation(DescribeKey, 'ValidationException', (input) => {
      find(input.KeyId);
      return { Policy: JSON.stringify({ Statement: statements }), PolicyName: 'default' };
    }),
    DescribeKey: operation(DescribeKey, 'ValidationException', (input) => {
      const key = find(input.KeyId);
      return {
        KeyMetadata: {
          AWSAccountId: accountId,
          KeyId: key.id,
          Arn: key.arn,
          CreationDate: createdAtMs / 1000,
          Enabled: key.enabled,
          KeyUsage: 'ENCRYPT_DECRYPT',
          KeyState: key.enabled ? 'Enabled' : 'Disabled',
          KeyManager: key.manager,
        },
      };
    }),
  };

  return {
    ...(await serveJson('kms', operations)),
    keyArn: customer.arn,
    disable() {
      customer.enabled = false;
    },
    enable() {
      customer.enabled = true;
    },
    usable: (wanted) => {
      try {
        return find(wanted).enabled;
      } catch {
        return false;
      }
    },
  };
}

/** A key and what it encrypts with: real AES-256-GCM, with material that dies with this process. */
type Key = {
  id: string;
  arn: string;
  alias: string;
  manager: 'CUSTOMER' | 'AWS';
  enabled: boolean;
  material: Buffer;
};

function newKey(prefix: string, alias: string, manager: Key['manager']): Key {
  const id = randomUUID();
  return { id, arn: `${prefix}key/${id}`, alias, manager, enabled: true, material: randomBytes(32) };
}

const idBytes = 36;
const nonceBytes = 12;
const tagBytes = 16;

/** The key that a ciphertext names. */
function sealerOf(blob: Buffer, keys: readonly Key[]): Key | undefined {
  return keys.find(({ id }) => id === blob.subarray(0, idBytes).toString());
}

/** Key id, nonce, tag, ciphertext; the encryption context is authenticated, in any order of its members. */
function encrypt(key: Key, plaintext: Buffer, bound: Record<string, string>): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(canonical(bound));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id), nonce, cipher.getAuthTag(), sealed]);
}

/** @throws {AwsFailure} InvalidCiphertextException */
function decrypt(key: Key, blob: Buffer, bound: Record<string, string>): Buffer {
  const [nonceEnd, tagEnd] = [idBytes + nonceBytes, idBytes + nonceBytes + tagBytes];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.material, blob.subarray(idBytes, nonceEnd))
      .setAAD(canonical(bound))
      .setAuthTag(blob.subarray(nonceEnd, tagEnd));
    return Buffer.concat([decipher.update(blob.subarray(tagEnd)), decipher.final()]);
  } catch {
    // KMS says no more than this, whether the context, the key or the bytes are wrong.
    throw new AwsFailure('InvalidCiphertextException', '');
  }
}

function canonical(bound: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(bound).sort(([a], [b]) => (a < b ? -1 : 1))));
}
