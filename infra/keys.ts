import { Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { isAwsManagedKey } from '../lambda/sealing/data-key.ts';

/** The key cannot seal passwords. */
export class SealingKeyChoiceError extends Error {
  override readonly name = 'SealingKeyChoiceError';
}

/** Encrypts the secrets and seals what ThingSpace answers. Without it, a sealed password is gone for ever. */
export function newSealingKey(
  scope: Construct,
  id: string,
  props: { alias: string; serviceName: string },
): Key {
  const { alias, serviceName } = props;
  return new Key(scope, id, {
    alias,
    description: `Encrypts the ThingSpace secrets of ${serviceName} and seals new passwords. Never delete it while the log group and the ledger live.`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

type WhoMay = {
  /** ARNs, or patterns of ARNs, of the principals that may open sealed passwords. */
  openerArns: () => string[];
  /** Accounts whose roles read secrets. */
  readerAccounts: () => string[];
};

/** Returns the statements of the sealing key's policy, beside the one by which IAM decides. */
export const sealingKeyStatements = (scope: Construct, { openerArns, readerAccounts }: WhoMay) => [
  readThroughSecretsManager(scope, readerAccounts),
  onlyOpeners(openerArns),
];

/**
 * Returns the statement by which IAM's policies of this account decide about a key. A key that CDK makes has one with
 * every action; an imported key needs these: of the stack's roles, and of the role that deploys.
 */
export const iamDecides = (actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    sid: 'IamOfThisAccountDecides',
    principals: [new AccountRootPrincipal()],
    actions: [...actions],
    resources: ['*'],
  });

/** The rights to use the key of a secret: Secrets Manager uses it in the name of its caller. */
export const SECRET_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];
/** The rights that the stack's roles get for the sealing key. */
export const SEALING_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GetKeyPolicy',
];
/** The rights for the operations key. DynamoDB makes a grant when the access function's table is made. */
export const OPERATIONS_ACTIONS = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GetKeyPolicy',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * The statement of AWS's own key for Secrets Manager: a principal that may read a secret may decrypt it, through
 * Secrets Manager only. The readers are listed in each secret's policy, so this policy does not grow with them.
 */
function readThroughSecretsManager(scope: Construct, readerAccounts: () => string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'WhoeverMayReadASecretDecryptsIt',
    principals: [new AnyPrincipal()],
    actions: ['kms:Decrypt'],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:ViaService': `secretsmanager.${Stack.of(scope).region}.amazonaws.com`,
        'kms:CallerAccount': Lazy.any({ produce: readerAccounts }),
      },
    },
  });
}

/**
 * A sealed password names `secretArn` and `token` in its encryption context (`lambda/sealing/data-key.ts`).
 * Names of condition keys know no letter case, and Secrets Manager's own context has `SecretARN`: `token` is
 * what tells the two apart. The condition compares ARNs as text, so it outlives the roles that it names.
 */
function onlyOpeners(openerArns: () => string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'OnlyTheNamedOpenSealedPasswords',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: {
      Null: { 'kms:EncryptionContext:token': 'false' },
      ArnNotLike: { 'aws:PrincipalArn': Lazy.any({ produce: openerArns }) },
    },
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
 * Encrypts the alarm topic and the log groups. It is not the sealing key: an alarm that says that the sealing
 * key is disabled must get through, and be logged, without that key.
 */
export const newOperationsKey = (
  scope: Construct,
  id: string,
  props: { alias: string; serviceName: string },
): Key =>
  new Key(scope, id, {
    alias: props.alias,
    description: `Encrypts the alarms and the logs of ${props.serviceName}.`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });

/** Lets CloudWatch's alarms of this account reach a topic under the key. */
export const servesAlarms = (scope: Construct): PolicyStatement =>
  new PolicyStatement({
    sid: 'AlarmsOfThisAccountReachTheTopic',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });

/** Lets CloudWatch Logs use a key for one log group. */
export function encryptsLog(scope: Construct, sid: string, logGroupName: string): PolicyStatement {
  const { account, partition, region } = Stack.of(scope);
  return new PolicyStatement({
    sid,
    principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
    actions: ['kms:Decrypt', 'kms:Describe*', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: {
      ArnEquals: {
        'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}`,
      },
    },
  });
}
