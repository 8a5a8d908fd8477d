import { DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Returns the ARNs of the roles by which CloudFormation deploys: the given ones, or the one of `cdk bootstrap`. When a
 * secret's description or tags change, CloudFormation may read the secret's value; if the secret's policy denies that, the
 * update fails. A principal that deploys through such a role could change the secret's policy as well.
 *
 * @returns an empty list where another synthesizer is used and no role is given
 */
export function deploymentRoleArns(scope: Construct, given: readonly string[]): string[] {
  if (given.length > 0) return [...given];
  const { synthesizer } = Stack.of(scope);
  if (!(synthesizer instanceof DefaultStackSynthesizer)) return [];
  return [Fn.sub(synthesizer.cloudFormationExecutionRoleArn)];
}
