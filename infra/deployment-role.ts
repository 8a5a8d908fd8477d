import { DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The role by which CloudFormation deploys a stack of `cdk bootstrap`. When a secret's description or tags
 * change, CloudFormation may read the secret's value; refused that, the update would fail. Only CloudFormation
 * itself can take this role, and a principal that deploys through it could change the secret's policy as well.
 *
 * @returns its ARN; nothing when another synthesizer is used
 */
export function deploymentRoleArns(scope: Construct): string[] {
  const { synthesizer } = Stack.of(scope);
  if (!(synthesizer instanceof DefaultStackSynthesizer)) return [];
  return [Fn.sub(synthesizer.cloudFormationExecutionRoleArn)];
}
