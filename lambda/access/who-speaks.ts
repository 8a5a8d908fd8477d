import { USER_HEADER, userIn } from './event.ts';
import { bringsTokens, type Decision, maySpeak, type Policy, SPEAKS_FOR_OTHERS } from './policy.ts';
import { TOKEN_REJECTED, type UserTokens } from './user-tokens.ts';

/** The header of a user's signed token. The token is never logged, recorded or sent on. */
export const TOKEN_HEADER = 'x-on-behalf-of-token';

/** The user for whom a caller acts, and what is known about the user. */
export type Spoken = {
  user?: string | undefined;
  /** Left out where the caller alone names the user. */
  userBy?: 'token' | undefined;
  /** The user's groups, where a token names them. */
  personGroups?: readonly string[] | undefined;
  /** Set when the caller may not act for the user, or its token proves none. */
  denial?: Extract<Decision, { allowed: false }>;
};

type Headers = Readonly<Record<string, string>>;

/**
 * Reads the user from the headers. A caller that names its users by tokens cannot name one without.
 * @param nowMs milliseconds since 1970
 * @throws Refusal `RequestRefused` for a name that cannot be recorded
 */
export async function whoSpeaks(
  policy: Policy,
  principal: string,
  headers: Headers,
  nowMs: number,
): Promise<Spoken> {
  const name = userIn(headers[USER_HEADER]);
  const token = headers[TOKEN_HEADER];
  if (!bringsTokens(policy, principal)) {
    if (token !== undefined) {
      return denied(SPEAKS_FOR_OTHERS, `${principal} may not name a user by a token (${TOKEN_HEADER})`);
    }
    if (name === undefined || maySpeak(policy, principal)) return { user: name };
    return denied(SPEAKS_FOR_OTHERS, `${principal} may not speak for others (${USER_HEADER})`);
  }
  if (name !== undefined) {
    return denied(
      TOKEN_REJECTED,
      `${principal} names users by tokens (${TOKEN_HEADER}), not by ${USER_HEADER}`,
    );
  }
  return token === undefined ? {} : proven(policy.userTokens as UserTokens, token, nowMs);
}

async function proven(settings: UserTokens, token: string, nowMs: number): Promise<Spoken> {
  // The library is large, and few callers bring tokens.
  const { proveUser } = await import('./user-token.ts');
  const proof = await proveUser(settings, token, nowMs);
  if ('rule' in proof) return denied(proof.rule, `the token in ${TOKEN_HEADER} proves no user: ${proof.why}`);
  return { user: proof.user, userBy: 'token', personGroups: proof.groups };
}

const denied = (rule: string, why: string): Spoken => ({ denial: { allowed: false, rule, why } });
