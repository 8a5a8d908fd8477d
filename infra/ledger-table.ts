import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * The lockout ledger, the rotation journal and the audit trail: one item `state` per username, audit items
 * beside it (see `lambda/ledger/dynamodb.ts`).
 *
 * It has a name so that CloudFormation can never replace it by an empty one: a journal that is lost while a
 * rotation is under way would lose a sealed password's place.
 */
export function ledgerTable(scope: Construct, id: string, tableName: string): Table {
  return new Table(scope, id, {
    tableName,
    partitionKey: { name: 'credential', type: AttributeType.STRING },
    sortKey: { name: 'item', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    // Not the sealing key: when that is disabled, the ledger must still be able to say so. What is secret in
    // here is sealed already.
    encryption: TableEncryption.AWS_MANAGED,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
