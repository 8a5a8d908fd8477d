import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { allow } from './allow.ts';

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
  const decrypting = allow(['kms:Decrypt'], [key.keyArn], {
    StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(key).region}.amazonaws.com` },
  });
  return reader.addToPrincipalPolicy(decrypting).statementAdded;
}
