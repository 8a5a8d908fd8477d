import { matches } from './patterns.ts';
import type { Policy } from './policy.ts';
import { principalOf, withoutRolePath } from './principal.ts';

/**
 * Roles of IAM Identity Center. Only AWS starts their sessions, and it names each session by its person. AWS names a
 * caller without the role's path, so the name has to be enough.
 */
export const IDENTITY_CENTER_ROLES = 'arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_*';

/** A session's name (STS, `RoleSessionName`) has 2 to 64 characters. One of 64 may be the beginning of a longer name. */
const SESSION = /^arn:[\w-]+:sts::\d{12}:assumed-role\/[^/]+\/([\w+=,.@-]{2,63})$/;

/**
 * Returns the person that the session's name names; undefined where the policy does not trust the role's sessions. A role
 * whose trust policy does not fix `sts:RoleSessionName` lets each caller choose any name.
 * @param callerArn as AWS reports it
 */
export function personOf(
  { personsBySessionName = [IDENTITY_CENTER_ROLES] }: Pick<Policy, 'personsBySessionName'>,
  callerArn: string,
): string | undefined {
  const [, name] = SESSION.exec(callerArn) ?? [];
  const principal = principalOf(callerArn);
  return personsBySessionName.some((pattern) => matches(withoutRolePath(pattern), principal))
    ? name
    : undefined;
}
