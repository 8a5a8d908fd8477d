import * as v from 'valibot';
import type { Policy } from '../lambda/access/policy.ts';
import { policyShape } from '../lambda/access/settings.ts';
import { UsageError } from './errors.ts';

/**
 * Reads the policy in a file's text: the stack's configuration, or the access.json of a deployed function.
 * @param option the one that named the file
 * @throws UsageError
 */
export function policyIn(text: string, option: string): Policy {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new UsageError(
      `${option} wants a file in JSON: the stack’s configuration, or access.json of the function.`,
    );
  }
  const { access, policy } = (parsed ?? {}) as { access?: unknown; policy?: unknown };
  const read = v.safeParse(policyShape, withoutKeys(access ?? policy));
  if (read.success) return read.output;
  throw new UsageError(
    `The file has no policy: ${option} wants the stack’s configuration with its member access, or access.json of the function.`,
  );
}

/** The keys prove tokens, and no token comes here. In the stack's configuration they are the path of a file. */
function withoutKeys(policy: unknown): unknown {
  const { userTokens } = (policy ?? {}) as { userTokens?: object };
  return userTokens === undefined
    ? policy
    : { ...(policy as object), userTokens: { ...userTokens, keys: { keys: [] } } };
}
