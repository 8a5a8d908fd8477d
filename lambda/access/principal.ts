/**
 * Returns the principal as policies name it: the ARN of an IAM user or of a role. AWS names a caller with an assumed
 * role `assumed-role/<role>/<session>`, without the role's path (its documentation of principal ARNs). A role's name is
 * unique in its account, so roles are compared without their path.
 */
export function principalOf(userArn: string): string {
  const assumed = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\/.+$/.exec(userArn);
  if (assumed) return `arn:${assumed[1]}:iam::${assumed[2]}:role/${assumed[3]}`;
  return withoutRolePath(userArn);
}

/** Roles of IAM Identity Center: their path and the beginning of their names are AWS's own. */
const IDENTITY_CENTER = /:role\/aws-reserved\/sso\.amazonaws\.com\/(?:[a-z0-9-]+\/)?AWSReservedSSO_/;

/**
 * Reports whether a pattern of roles relies on their path: it has `*` in the path or behind one. AWS names a caller
 * without the path, so such a pattern would mean roles of every path.
 */
export function reliesOnRolePath(pattern: string): boolean {
  const [, path, name = ''] = /:role\/(.*\/)([^/]*)$/.exec(pattern) ?? [];
  if (path === undefined || (IDENTITY_CENTER.test(pattern) && !path.includes('*'))) return false;
  return path.includes('*') || name.includes('*');
}

/** Removes the path from a role's ARN, or from a pattern of one; the name stays. */
export const withoutRolePath = (arn: string): string =>
  arn.replace(/^(arn:[\w*-]+:iam::[\d*]+:role\/)(?:[^/]*\/)+([^/]+)$/, '$1$2');
