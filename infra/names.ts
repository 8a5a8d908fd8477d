import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The physical names of one service. Resources with state have a name so that CloudFormation fails instead of
 * replacing them with empty ones. The function's role and the operators' policy have a name so that kept policies
 * (a secret's, a key's) still mean them after the stack was removed and deployed again. IAM and the dashboards have
 * one space of names for all regions, so these names end in the region.
 */
export type ServiceNames = {
  ledgerTable: string;
  logGroup: string;
  sealingKeyAlias: string;
  operationsKeyAlias: string;
  functionRole: string;
  operatorsPolicy: string;
  dailyChecks: string;
  /** The beginning of the rules' names. */
  readRules: string;
  dashboard: string;
  accessTable: string;
  accessLogGroup: string;
  accessRole: string;
  accessCallersPolicy: string;
};

/** IAM takes 64 characters for a role's name; `-rotation-` and the longest region take 24. */
export const maxServiceName = 40;

export function namesOf(scope: Construct, serviceName: string): ServiceNames {
  const { region } = Stack.of(scope);
  return {
    ledgerTable: `${serviceName}-ledger`,
    logGroup: `/thingspace/${serviceName}/rotation`,
    sealingKeyAlias: `alias/${serviceName}-sealing`,
    operationsKeyAlias: `alias/${serviceName}-operations`,
    functionRole: `${serviceName}-rotation-${region}`,
    operatorsPolicy: `${serviceName}-operators-${region}`,
    dailyChecks: `${serviceName}-daily`,
    readRules: `${serviceName}-secret-read-`,
    dashboard: `${serviceName}-${region}`,
    accessTable: `${serviceName}-access`,
    accessLogGroup: `/thingspace/${serviceName}/access`,
    accessRole: `${serviceName}-access-${region}`,
    accessCallersPolicy: `${serviceName}-access-callers-${region}`,
  };
}

/** ARN of a role of the stack's own account, written out: it can be named before the role exists. */
export function roleArnOf(scope: Construct, roleName: string): string {
  return Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: roleName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
