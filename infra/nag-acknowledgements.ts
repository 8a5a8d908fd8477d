import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';

/** AWS gives these actions no resources to name; each is acknowledged only where it is asked for. */
export function acknowledgeFunctionRole(
  role: Role,
  { inVpc, traced, notices = false }: { inVpc: boolean; traced: boolean; notices?: boolean },
): void {
  const reasons = [
    ...(inVpc
      ? ["Lambda's network interfaces in a VPC: ec2:DescribeNetworkInterfaces knows no resources."]
      : []),
    ...(traced ? ["X-Ray's xray:PutTraceSegments and xray:PutTelemetryRecords know no resources."] : []),
    ...(notices ? ['The list of a secret’s readers: cloudtrail:LookupEvents knows no resources.'] : []),
  ];
  if (reasons.length === 0) return;
  Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason: reasons.join(' ') });
}

/** A hundred secrets by name would not fit into a policy; the condition on their tag says which are meant. */
export function acknowledgeOperatorsPolicy(policy: ManagedPolicy): void {
  const { partition, region, account } = Stack.of(policy);
  const known = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  const secrets = `arn:${known(partition, 'Partition')}:secretsmanager:${known(region, 'Region')}:${known(account, 'AccountId')}:secret:thingspace/*`;
  Validations.of(policy).acknowledge(
    {
      id: `AwsSolutions-IAM5[Resource::${secrets}]`,
      reason: 'A condition on the tag of this service names the secrets; a list of them would not fit.',
    },
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'secretsmanager:ListSecrets and logs:DescribeLogGroups know no resources.',
    },
  );
}
