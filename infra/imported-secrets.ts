import type { IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RotatedSecret } from './function-permissions.ts';

/** Characters for imported secrets in the operators' first policy, and in each further one (of 6,144). */
const firstRoom = 1_200;
const furtherRoom = 5_000;
/** Characters of a key's ARN, at most. */
const keyArnLength = 100;

type Props = {
  first: ManagedPolicy;
  /** Makes the policy of a number, from 2 on. */
  further: (number: number) => ManagedPolicy;
  /** Statements without resources. */
  secrets: () => PolicyStatement;
  keys: () => PolicyStatement;
  /** Keys that need no further statement. */
  knownKeys: string[];
};

export type OperatorsPolicies = {
  /** The policies, which grow while secrets are added. */
  policies: [ManagedPolicy, ...ManagedPolicy[]];
  /** Adds a secret that was not made here and so has no tag, with its key where that is customer-managed. */
  addImported(secret: RotatedSecret): void;
  /** Attaches all policies, also those that are made later. */
  attachTo(role: IRole): void;
};

/** The operators' policy, with its imported secrets by name: they go on in further policies where one is full. */
export function withImportedSecrets({ first, further, secrets, keys, knownKeys }: Props): OperatorsPolicies {
  const policies: OperatorsPolicies['policies'] = [first];
  const roles: IRole[] = [];
  const known = new Set(knownKeys);
  let portion = { policy: first, secrets: secrets(), keys: keys(), room: firstRoom };
  return {
    policies,
    attachTo(role) {
      roles.push(role);
      for (const policy of policies) policy.attachToRole(role);
    },
    addImported({ secretArn, arnLength, key }) {
      const keyArn = key && !known.has(key.keyArn) ? key.keyArn : undefined;
      const length = arnLength + '"",'.length + (keyArn === undefined ? 0 : keyArnLength);
      if (portion.room < length) {
        const policy = further(policies.length + 1);
        for (const role of roles) policy.attachToRole(role);
        policies.push(policy);
        portion = { policy, secrets: secrets(), keys: keys(), room: furtherRoom };
      }
      portion.room -= length;
      append(portion.policy, portion.secrets, secretArn);
      if (keyArn === undefined) return;
      known.add(keyArn);
      append(portion.policy, portion.keys, keyArn);
    },
  };
}

/** A statement without resources would be refused, so it joins the policy with its first one. */
function append(policy: ManagedPolicy, statement: PolicyStatement, resource: string): void {
  if (statement.resources.length === 0) policy.addStatements(statement);
  statement.addResources(resource);
}
