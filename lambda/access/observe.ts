import { goesByName } from './by-name.ts';
import { DENIED_BY_DEFAULT, isNeverForwarded, type Policy, SPEAKS_FOR_OTHERS } from './policy.ts';
import { TOKEN_EXPIRED, TOKEN_REJECTED } from './user-tokens.ts';

/** Denials because no rule allows the request, or no user is named. A contradiction, a password and a limit are no matter of the policy. */
const OBSERVED: readonly string[] = [DENIED_BY_DEFAULT, SPEAKS_FOR_OTHERS, TOKEN_EXPIRED, TOKEN_REJECTED];

/**
 * Reports whether a request that a rule denies passes nevertheless, because the policy is only observed. Rights that go by
 * name are never given so: they hand out the session, callbacks and their passwords.
 * @param rule the one that denies it
 */
export const passesObserved = (
  { observeOnly }: Pick<Policy, 'observeOnly'>,
  { service, operation }: { service: string; operation: string },
  rule: string,
): boolean =>
  observeOnly === true &&
  OBSERVED.includes(rule) &&
  !goesByName(operation) &&
  !isNeverForwarded(service, operation);
