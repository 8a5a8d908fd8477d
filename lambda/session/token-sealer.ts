import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { AwsCallError, awsCall } from '../aws-call.ts';

/** Seals session tokens for the table. Throws AwsCallError. */
export interface TokenSealer {
  /** Returns the token under the key, in base64. */
  seal(token: string, secretArn: string): Promise<string>;
  /** Returns the token; undefined when these bytes can never be opened for that secret. */
  open(sealed: string, secretArn: string): Promise<string | undefined>;
}

/**
 * The encryption context: KMS decrypts a token only for a caller that names the secret and this purpose. No sealed
 * password opens with it.
 */
const contextOf = (secretArn: string) => ({ secretArn, purpose: 'session' });

/** A token has 256 characters at most (lambda/thingspace/soap/answers.ts): KMS encrypts that much itself. */
export function kmsTokenSealer(client: KMSClient, keyId: string): TokenSealer {
  /** The last token that was opened: a process that looks at the fleet again mostly finds the same bytes. */
  let last: { sealed: string; secretArn: string; token: string } | undefined;
  return {
    async seal(token, secretArn) {
      const output = await awsCall('kms:Encrypt', () =>
        client.send(
          new EncryptCommand({
            KeyId: keyId,
            Plaintext: Buffer.from(token),
            EncryptionContext: contextOf(secretArn),
          }),
        ),
      );
      return Buffer.from(output.CiphertextBlob ?? []).toString('base64');
    },

    async open(sealed, secretArn) {
      if (last?.sealed === sealed && last.secretArn === secretArn) return last.token;
      try {
        const output = await awsCall('kms:Decrypt', () =>
          client.send(
            new DecryptCommand({
              KeyId: keyId,
              CiphertextBlob: Buffer.from(sealed, 'base64'),
              EncryptionContext: contextOf(secretArn),
            }),
          ),
        );
        const token = Buffer.from(output.Plaintext ?? []).toString();
        last = { sealed, secretArn, token };
        return token;
      } catch (failure) {
        if (failure instanceof AwsCallError && FOREVER.test(failure.errorName)) return undefined;
        throw failure;
      }
    },
  };
}

const FOREVER = /^(InvalidCiphertext|IncorrectKey)/;
