import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * Lets a role decrypt one secret, through Secrets Manager only. A key that is made here gets it in its
 * policy; an imported one cannot, so the role itself does.
 *
 * @returns false when neither could be changed
 */
export function grantKeyToReader(key: IKey, reader: IRole, secretArnPattern: string): boolean {
  const statement = {
    actions: ['kms:Decrypt'],
    conditions: {
      StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(key).region}.amazonaws.com` },
      StringLike: { 'kms:EncryptionContext:SecretARN': secretArnPattern },
    },
  };
  const inKeyPolicy = new PolicyStatement({
    ...statement,
    principals: [new ArnPrincipal(reader.roleArn)],
    resources: ['*'],
  });
  if (key.addToResourcePolicy(inKeyPolicy, /* allowNoOp */ true).statementAdded) return true;
  return reader.addToPrincipalPolicy(new PolicyStatement({ ...statement, resources: [key.keyArn] }))
    .statementAdded;
}

/** @returns false when the role is not of this account */
export function grantLedgerItem(ledger: Table, reader: IRole, username: string): boolean {
  return reader.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      resources: [ledger.tableArn],
      conditions: {
        // The ledger's key is the username in lower case.
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [username.toLowerCase()] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    }),
  ).statementAdded;
}
