import { Lazy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { publishThroughKey } from './alarm-topic.ts';

/** A secret that the function rotates. `key` encrypts it; none: the AWS-managed key, which needs no grant. */
export type RotatedSecret = { secretArn: string; key?: IKey | undefined };

type Resources = {
  sealingKey: IKey;
  operationsKey: IKey;
  ledger: Table;
  topic: ITopic;
  logGroup: ILogGroup;
};

/**
 * Everything the function may do, each action that it calls and no other. The secrets are added one by one,
 * so that one statement names them all however many there are. The three statements that do are policies of
 * their own: an inline policy holds 10,240 characters, which some 25 secrets would fill.
 */
export function grantRotation(role: Role, resources: Resources): (secret: RotatedSecret) => void {
  const { sealingKey, operationsKey, ledger, topic, logGroup } = resources;
  const secretArns: string[] = [];
  const keyArns: string[] = [];
  const theSecrets = Lazy.any({ produce: () => secretArns });
  const attach = (id: string, description: string, statement: PolicyStatement) =>
    new ManagedPolicy(role, id, { description, roles: [role], statements: [statement] });

  const ofTheSecrets = new PolicyStatement({
    actions: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  });
  attach('Secrets', 'The ThingSpace secrets that the function rotates', ofTheSecrets);

  const keysThroughSecretsManager = new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    conditions: {
      StringEquals: {
        'kms:ViaService': `secretsmanager.${Stack.of(role).region}.amazonaws.com`,
        'kms:EncryptionContext:SecretARN': theSecrets,
      },
    },
  });

  const sealing = new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [sealingKey.keyArn],
    conditions: {
      StringEquals: { 'kms:EncryptionContext:secretArn': theSecrets },
      // Exactly the two members of the sealing context, as `lambda/sealing/data-key.ts` writes it.
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['secretArn', 'token'] },
      Null: { 'kms:EncryptionContext:token': 'false' },
    },
  });
  attach('Sealing', 'Seals new ThingSpace passwords', sealing);

  role.addToPolicy(
    new PolicyStatement({
      actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resources: [ledger.tableArn],
    }),
  );
  role.addToPolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
  role.addToPolicy(publishThroughKey(operationsKey, topic));
  role.addToPolicy(
    new PolicyStatement({
      // Writes its log, and looks there for what it sealed.
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:FilterLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );

  return ({ secretArn, key }) => {
    secretArns.push(secretArn);
    ofTheSecrets.addResources(secretArn);
    if (!key || keyArns.includes(key.keyArn)) return;
    if (keyArns.length === 0) {
      attach(
        'SecretKeys',
        'Keys of the ThingSpace secrets, through Secrets Manager',
        keysThroughSecretsManager,
      );
    }
    keysThroughSecretsManager.addResources(key.keyArn);
    keyArns.push(key.keyArn);
  };
}
