import { Lazy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, Policy, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { publishThroughKey } from './alarm-topic.ts';
import { allow } from './allow.ts';

/** A secret that the function rotates. `key` encrypts it; none: the AWS-managed key, which needs no grant. */
export type RotatedSecret = {
  secretArn: string;
  /** Characters of its ARN, at most: the ARN itself is known only after deployment. */
  arnLength: number;
  key?: IKey | undefined;
};

type Resources = {
  sealingKey: IKey;
  operationsKey: IKey;
  ledger: Table;
  topic: ITopic;
  logGroup: ILogGroup;
};

/** A managed policy holds 6,144 characters without white space; this much of it is for the secrets' ARNs. */
const roomForArns = 5_400;

/**
 * Everything the function may do, each action that it calls and no other. The secrets are added one by one;
 * the two statements that name them all are policies of their own, and go on in another when one is full
 * (after some 50 secrets).
 */
export function grantRotation(role: Role, resources: Resources): (secret: RotatedSecret) => void {
  const { sealingKey, operationsKey, ledger, topic, logGroup } = resources;
  for (const statement of [
    allow(
      [
        'dynamodb:BatchWriteItem',
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
      ],
      [ledger.tableArn],
    ),
    allow(['sns:Publish'], [topic.topicArn]),
    publishThroughKey(operationsKey, topic),
    // Writes its log, and looks there for what it sealed.
    allow(['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:FilterLogEvents'], [logGroup.logGroupArn]),
  ]) {
    role.addToPolicy(statement);
  }
  const keyUse = throughSecretsManager(role);

  let arns: string[] = [];
  let room = 0;
  let policies = 0;
  return ({ secretArn, arnLength, key }) => {
    const length = arnLength + '"",'.length;
    if (room < length) {
      policies += 1;
      room = roomForArns;
      arns = [];
      attachSecrets(role, policies === 1 ? '' : String(policies), sealingKey, arns);
    }
    room -= length;
    arns.push(secretArn);
    if (key) keyUse(key);
  };
}

/**
 * RotateSecret needs the right to invoke the function that rotates. The policy is not inside the role: the function
 * depends on everything there.
 */
export function grantStarting(
  scope: Construct,
  id: string,
  props: { role: Role; rotation: IFunction },
): void {
  new Policy(scope, id, {
    roles: [props.role],
    statements: [allow(['lambda:InvokeFunction'], [props.rotation.functionArn])],
  });
}

/** Lets the function list a secret's readers for the notice of a rotation. The action knows no resources. */
export function grantReaderList(role: Role): void {
  role.addToPolicy(allow(['cloudtrail:LookupEvents'], ['*']));
}

/** The two policies of one portion of the secrets; `arns` grows until the template is made. */
function attachSecrets(role: Role, suffix: string, sealingKey: IKey, arns: string[]): void {
  const theSecrets = Lazy.list({ produce: () => arns });
  new ManagedPolicy(role, `Secrets${suffix}`, {
    description: 'The ThingSpace secrets that the function rotates',
    roles: [role],
    statements: [
      allow(
        [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          // A rotation that a pause has kept back.
          'secretsmanager:RotateSecret',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        theSecrets,
      ),
    ],
  });
  new ManagedPolicy(role, `Sealing${suffix}`, {
    description: 'Seals new ThingSpace passwords',
    roles: [role],
    statements: [
      allow(['kms:Decrypt', 'kms:GenerateDataKey'], [sealingKey.keyArn], {
        StringEquals: { 'kms:EncryptionContext:secretArn': theSecrets },
        // Exactly the two members of the sealing context, as `lambda/sealing/data-key.ts` writes it.
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['secretArn', 'token'] },
        Null: { 'kms:EncryptionContext:token': 'false' },
      }),
    ],
  });
}

/**
 * The keys that encrypt the secrets, through Secrets Manager only, which does not decrypt a secret that the
 * function may not read: so no secret is named here.
 */
function throughSecretsManager(role: Role): (key: IKey) => void {
  const keyArns: string[] = [];
  const statement = allow(['kms:Decrypt', 'kms:GenerateDataKey'], [], {
    StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(role).region}.amazonaws.com` },
    Null: { 'kms:EncryptionContext:SecretARN': 'false' },
  });
  return ({ keyArn }) => {
    if (keyArns.includes(keyArn)) return;
    statement.addResources(keyArn);
    if (keyArns.length === 0) role.addToPolicy(statement);
    keyArns.push(keyArn);
  };
}
