import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const longestPartition = 'aws-us-gov';
const longestRegion = 'ap-southeast-1';

/**
 * Characters of a secret's ARN, at most. Secrets Manager adds a hyphen and six characters to the name, so the
 * ARN is known only after deployment; policies must be portioned before.
 */
export function secretArnLength(scope: Construct, secretName: string): number {
  const { partition, region } = Stack.of(scope);
  const known = (value: string, longest: string) => (Token.isUnresolved(value) ? longest : value).length;
  const fixed = 'arn::secretsmanager::123456789012:secret:-AbCdEf'.length;
  return fixed + known(partition, longestPartition) + known(region, longestRegion) + secretName.length;
}
