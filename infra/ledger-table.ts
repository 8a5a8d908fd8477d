import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * The lockout ledger, the rotation journal and the audit trail: one item `state` per username, audit items
 * beside it (see `lambda/ledger/dynamodb.ts`).
 *
 * It has a name so that CloudFormation can never replace it by an empty one: a journal that is lost while a
 * rotation is under way would lose a sealed password's place.
 *
 * @param protectedFromDeletion off at first: CloudFormation could not take a protected table back when a
 *   first deployment fails, and the next one would meet it. Point-in-time recovery keeps a deleted table for
 *   35 days.
 */
export function ledgerTable(
  scope: Construct,
  id: string,
  props: { tableName: string; protectedFromDeletion: boolean },
): Table {
  return new Table(scope, id, {
    tableName: props.tableName,
    partitionKey: { name: 'credential', type: AttributeType.STRING },
    sortKey: { name: 'item', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: props.protectedFromDeletion,
    // Not the sealing key: the ledger must stay usable when that key is disabled. Secrets in this table are sealed
    // already.
    encryption: TableEncryption.AWS_MANAGED,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
