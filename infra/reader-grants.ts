import { Lazy, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { publishThroughKey } from './alarm-topic.ts';

/**
 * Whether a role is certainly of the account into which the scope is deployed. CDK attaches a policy to a role
 * by its name alone, so a role of another account would be taken for its namesake here.
 */
export function isOfAccount(scope: Construct, role: IRole): boolean {
  const comparison = Token.compareStrings(role.env.account, Stack.of(scope).account);
  return comparison === TokenComparison.SAME || comparison === TokenComparison.BOTH_UNRESOLVED;
}

/**
 * Lets a role of this account decrypt secrets under an imported key, through Secrets Manager only. (A key
 * that is made here has this in its own policy.)
 *
 * @returns false when nothing could be attached to the role
 */
export function grantImportedKey(key: IKey, reader: IRole): boolean {
  return reader.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [key.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(key).region}.amazonaws.com` },
      },
    }),
  ).statementAdded;
}

/**
 * Lets a role seal and open the fleet's session of one secret (`lambda/session/token-sealer.ts`), and nothing else that
 * the sealing key sealed: a sealed password has `token` in its encryption context, a session has `purpose`.
 *
 * @returns false when nothing could be attached to the role
 */
export function grantSession(sealingKey: IKey, reader: IRole, secretArn: string): boolean {
  return reader.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:Encrypt'],
      resources: [sealingKey.keyArn],
      conditions: {
        StringEquals: {
          'kms:EncryptionContext:secretArn': secretArn,
          'kms:EncryptionContext:purpose': 'session',
        },
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['secretArn', 'purpose'] },
      },
    }),
  ).statementAdded;
}

/**
 * Lets a role announce its failed log-ins at once. SNS has no condition on what a message says: whoever may
 * publish may write an alarm of any credential of the service (docs/security.md).
 *
 * @returns false when nothing could be attached to the role
 */
export function grantAlarms(topic: ITopic, key: IKey, reader: IRole): boolean {
  const publish = new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] });
  return [publish, publishThroughKey(key, topic)].every(
    (statement) => reader.addToPrincipalPolicy(statement).statementAdded,
  );
}

/**
 * The ledger's items of usernames, for roles that use the client library. One statement for each role,
 * however many usernames it has.
 *
 * @returns adds a username to a role's; false when nothing could be attached to the role
 */
export function ledgerGrants(ledger: Table): (reader: IRole, username: string) => boolean {
  const usernamesOf = new Map<string, string[]>();
  return (reader, username) => {
    const known = usernamesOf.get(reader.roleArn);
    // The ledger's key is the username in lower case.
    const key = username.toLowerCase();
    if (known) {
      known.push(key);
      return true;
    }
    const usernames = [key];
    usernamesOf.set(reader.roleArn, usernames);
    return reader.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
        resources: [ledger.tableArn],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': Lazy.any({ produce: () => usernames }) },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
    ).statementAdded;
  };
}
