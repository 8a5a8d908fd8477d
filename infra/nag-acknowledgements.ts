import { Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';

/** AWS gives these actions no resources to name; each is acknowledged only where it is asked for. */
export function acknowledgeFunctionRole(
  role: Role,
  { inVpc, traced }: { inVpc: boolean; traced: boolean },
): void {
  const reasons = [
    ...(inVpc
      ? ["Lambda's network interfaces in a VPC: ec2:DescribeNetworkInterfaces knows no resources."]
      : []),
    ...(traced ? ["X-Ray's xray:PutTraceSegments and xray:PutTelemetryRecords know no resources."] : []),
  ];
  if (reasons.length === 0) return;
  Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason: reasons.join(' ') });
}
