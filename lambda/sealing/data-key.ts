import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';
import { PresentableError } from '../errors.ts';

/** The encryption context of a data key: KMS decrypts the key only for a caller that names the same context. */
type SealingContext = { secretArn: string; token: string };

export type DataKey = {
  /** 32 bytes, in memory only; the holder of the key fills them with zeros at the end. */
  plaintext: Buffer;
  /** The same key under the KMS key; an envelope carries it. */
  wrapped: Buffer;
};

export class SealingKeyError extends PresentableError {
  override readonly name = 'SealingKeyError';
}

/** Makes and opens the data keys of envelope encryption. */
export interface Sealer {
  /** @throws SealingKeyError when the key cannot be used: nothing may be exchanged then */
  newKey(context: SealingContext): Promise<DataKey>;
  /** Returns the plaintext of a wrapped key, for the caller to wipe. @throws SealingKeyError */
  unwrap(wrapped: Buffer, context: SealingContext): Promise<Buffer>;
}

/** Reports whether a key is AWS-managed: such a key serves Secrets Manager only, and the function cannot use it. */
export const isAwsManagedKey = (keyId: string): boolean => /(^|[:/])alias\/aws\//.test(keyId);

export function kmsSealer(client: KMSClient, keyId: string): Sealer {
  return {
    async newKey(context) {
      try {
        const output = await awsCall('kms:GenerateDataKey', () =>
          client.send(
            new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: context }),
          ),
        );
        return { plaintext: bytes(output.Plaintext), wrapped: bytes(output.CiphertextBlob) };
      } catch (cause) {
        throw new SealingKeyError(
          `The KMS key ${keyId} gave no data key, so a new password could not be sealed and none is asked for. ` +
            'Check that the key is enabled and that the function may kms:GenerateDataKey with it.',
          { cause },
        );
      }
    },

    async unwrap(wrapped, context) {
      try {
        const output = await awsCall('kms:Decrypt', () =>
          client.send(
            new DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: context }),
          ),
        );
        return bytes(output.Plaintext);
      } catch (cause) {
        throw new SealingKeyError(
          `The KMS key ${keyId} did not open a sealed password of ${context.secretArn}. Nothing is lost: enable the ` +
            'key and let the function kms:Decrypt with it, then rotate again.',
          { cause },
        );
      }
    },
  };
}

/** Returns the SDK's own bytes, not a copy, so that wiping the key wipes them too. */
function bytes(field: Uint8Array | undefined): Buffer {
  if (!field) throw new Error('KMS answered without the key');
  return Buffer.from(field.buffer, field.byteOffset, field.byteLength);
}
