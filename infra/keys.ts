import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { isAwsManagedKey } from '../lambda/sealing/data-key.ts';

/** The key cannot seal passwords. */
export class SealingKeyChoiceError extends Error {
  override readonly name = 'SealingKeyChoiceError';
}

/** Encrypts the secrets and seals what ThingSpace answers. Without it, a sealed password is gone for ever. */
export function newSealingKey(scope: Construct, id: string, name: string): Key {
  return new Key(scope, id, {
    alias: `alias/${name}-sealing`,
    description: `Encrypts the ThingSpace secrets of ${name} and seals new passwords. Never delete it while the log group and the ledger live.`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** @throws SealingKeyChoiceError for `aws/secretsmanager`, which only Secrets Manager itself can use */
export function requireSealing(key: IKey): IKey {
  const alias = 'aliasName' in key ? String(key.aliasName) : '';
  if (isAwsManagedKey(alias) || isAwsManagedKey(key.keyArn)) {
    throw new SealingKeyChoiceError(
      'The AWS-managed key aws/secretsmanager cannot seal passwords: give a customer-managed key, or none and one is made.',
    );
  }
  return key;
}

/**
 * Encrypts the alarm topic and the log group. It is not the sealing key: an alarm that says that the sealing
 * key is disabled must get through, and be logged, without that key.
 */
export function newOperationsKey(scope: Construct, id: string, name: string, logGroupName: string): Key {
  const { account, partition, region } = Stack.of(scope);
  const key = new Key(scope, id, {
    alias: `alias/${name}-operations`,
    description: `Encrypts the alarms and the logs of ${name}.`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccountReachTheTopic',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'TheLogGroupIsEncrypted',
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnEquals: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}`,
        },
      },
    }),
  );
  return key;
}
