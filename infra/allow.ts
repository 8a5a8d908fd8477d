import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Returns a statement of an identity's policy. */
export const allow = (actions: string[], resources: string[], conditions: Record<string, unknown> = {}) =>
  new PolicyStatement({ actions, resources, conditions });
