import { drawPassword } from './passwords.ts';
import { type Random, seededRandom } from './random.ts';

/**
 * ThingSpace's rules about usernames, passwords, sessions and the lock, without any network.
 * Source of each rule: docs/thingspace-api.md; what is not published is an option, strict by default.
 */
export type Verdict<T> = { ok: true; value: T } | { ok: false; code: string };

/** One thing that happened at the platform. `username` is as the account was created. */
export type PlatformEvent = { atMs: number; username: string } & (
  | { kind: 'logged-in' | 'logged-out' | 'locked' | 'unlocked' | 'reset' }
  | { kind: 'password-made' }
  | { kind: 'refused'; operation: 'LogIn' | 'GetNewPassword'; code: string; consecutiveFailures: number }
);

/** The truth about one username, for observers; the product can never see it. */
export type AccountTruth = {
  username: string;
  password: string;
  /** Every password the username ever had, the current one last. */
  passwords: readonly string[];
  /** Every session token that was ever given out. */
  tokens: readonly string[];
  consecutiveFailures: number;
  /** The highest value that `consecutiveFailures` ever had. */
  worstConsecutiveFailures: number;
  locked: boolean;
  /** Requests executed, whatever their outcome; a request refused before the password was looked at is none. */
  logIns: number;
  getNewPasswords: number;
  /** How many of the executed ones failed by a wrong password or the lock. */
  failures: number;
};

export type PlatformOptions = {
  clock: { nowMs(): number };
  users: readonly { username: string; password: string }[];
  seed: number;
  /** Consecutive failures that lock a username. @default 5 */
  lockAfter?: number;
  /** Whether `Fleet` and `fleet` are one username; not published. @default true */
  ignoreCase?: boolean;
  /** Whether blanks and line breaks around a username are left out before it is looked up; not published. @default false */
  trimUsernames?: boolean;
  /** Whether a wrong current password in GetNewPassword counts toward the lock; not published. @default true */
  getNewPasswordCounts?: boolean;
  /** Whether a new password ends the sessions that are open; not published. @default false */
  newPasswordEndsSessions?: boolean;
  /** Whether a log-in ends older sessions of its username; not published. @default false */
  logInEndsOlderSessions?: boolean;
  /** Plants the next password; undefined draws one. Asked once for each new password. */
  nextPassword?: (username: string) => string | undefined;
};

export interface Platform {
  /** `value` is the session token. */
  logIn(username: string, password: string): Verdict<string>;
  logOut(sessionToken: string): Verdict<string>;
  /** Stands for whatever an app asks: the session is looked at and used. `value` is the username. */
  use(sessionToken: string): Verdict<string>;
  /** `value` is the new password; the old one is dead when this returns. */
  getNewPassword(sessionToken: string, currentPassword: string): Verdict<string>;
  /** Support, which an operator phones. Both also unlock; `reset` sets the password that support reads out. */
  support: { unlock(username: string): void; reset(username: string, password: string): void };
  /** A snapshot of the truth about one username. */
  truth(username: string): AccountTruth;
  /** Everything that happened, oldest first. */
  readonly events: readonly PlatformEvent[];
}

export const CODES = {
  invalidCharacter: 'INPUT_INVALID.Request.InvalidCharacter',
  requestUndefined: 'INPUT_INVALID.RequestUndefined',
  wrongCredentials: 'INPUT_INVALID.Password.Invalid',
  // Not published; any code that is not in the published table will do.
  locked: 'REQUEST_FAILED.Account.Locked',
  sessionExpired: 'REQUEST_FAILED.SessionToken.Expired',
  sessionFormat: 'REQUEST_FAILED.SessionToken.Format',
  sessionInvalid: 'INPUT_INVALID.SessionToken.Invalid',
} as const;

const SESSION_IDLE_MS = 20 * 60_000;

type Account = { -readonly [K in keyof AccountTruth]: AccountTruth[K] } & {
  passwords: string[];
  tokens: string[];
};
type Session = { account: Account; usedAtMs: number };

export function createPlatform(options: PlatformOptions): Platform {
  const { clock, lockAfter = 5, ignoreCase = true, getNewPasswordCounts = true } = options;
  const random = seededRandom(options.seed);
  const keyOf = (username: string): string => {
    const name = options.trimUsernames ? username.trim() : username;
    return ignoreCase ? name.toLowerCase() : name;
  };
  const accounts = new Map(options.users.map((user) => [keyOf(user.username), newAccount(user)]));
  const sessions = new Map<string, Session>();
  const events: PlatformEvent[] = [];

  const accountOf = (username: string): Account => {
    const account = accounts.get(keyOf(username));
    if (!account) throw new RangeError(`The simulator has no username ${username}.`);
    return account;
  };
  const record = (event: PlatformEvent): void => void events.push(event);
  const stamp = (account: Account) => ({ atMs: clock.nowMs(), username: account.username });

  /** Judges a presented password: counts a failure, locks, or says nothing when it is right. */
  function judge(
    account: Account,
    password: string,
    operation: 'LogIn' | 'GetNewPassword',
  ): string | undefined {
    if (!account.locked && account.password === password) return undefined;
    const code = account.locked ? CODES.locked : CODES.wrongCredentials;
    account.failures++;
    if (!account.locked && (operation === 'LogIn' || getNewPasswordCounts)) account.consecutiveFailures++;
    account.worstConsecutiveFailures = Math.max(
      account.worstConsecutiveFailures,
      account.consecutiveFailures,
    );
    const { consecutiveFailures } = account;
    record({ ...stamp(account), kind: 'refused', operation, code, consecutiveFailures });
    if (!account.locked && consecutiveFailures >= lockAfter) {
      account.locked = true;
      record({ ...stamp(account), kind: 'locked' });
    }
    return code;
  }

  function sessionOf(token: string): Verdict<Session> {
    if (!GUID.test(token)) return refuse(CODES.sessionFormat);
    const session = sessions.get(token);
    if (!session) return refuse(CODES.sessionInvalid);
    // At exactly 20 idle minutes the session is dead: the stricter reading.
    if (clock.nowMs() - session.usedAtMs >= SESSION_IDLE_MS) return refuse(CODES.sessionExpired);
    session.usedAtMs = clock.nowMs();
    return { ok: true, value: session };
  }

  function endSessions(account: Account): void {
    for (const [token, session] of sessions) if (session.account === account) sessions.delete(token);
  }

  function makePassword(account: Account): string {
    const planted = options.nextPassword?.(account.username);
    if (planted !== undefined) return planted;
    for (;;) {
      const drawn = drawPassword(random);
      // A password that was used before would hide a log-in with an old one.
      if (!account.passwords.includes(drawn)) return drawn;
    }
  }

  function setPassword(account: Account, password: string): void {
    account.password = password;
    account.passwords.push(password);
  }

  return {
    events,

    logIn(username, password) {
      const unusable = fieldFault(username) ?? fieldFault(password);
      if (unusable) return refuse(unusable);
      const account = accounts.get(keyOf(username));
      if (!account) return refuse(CODES.wrongCredentials);
      account.logIns++;
      const fault = judge(account, password, 'LogIn');
      if (fault) return refuse(fault);
      account.consecutiveFailures = 0;
      if (options.logInEndsOlderSessions) endSessions(account);
      const token = drawGuid(random);
      account.tokens.push(token);
      sessions.set(token, { account, usedAtMs: clock.nowMs() });
      record({ ...stamp(account), kind: 'logged-in' });
      return { ok: true, value: token };
    },

    logOut(sessionToken) {
      const session = sessionOf(sessionToken);
      if (!session.ok) return session;
      sessions.delete(sessionToken);
      record({ ...stamp(session.value.account), kind: 'logged-out' });
      return { ok: true, value: sessionToken };
    },

    use(sessionToken) {
      const session = sessionOf(sessionToken);
      return session.ok ? { ok: true, value: session.value.account.username } : session;
    },

    getNewPassword(sessionToken, currentPassword) {
      const session = sessionOf(sessionToken);
      if (!session.ok) return session;
      const unusable = fieldFault(currentPassword);
      if (unusable) return refuse(unusable);
      const { account } = session.value;
      account.getNewPasswords++;
      const fault = judge(account, currentPassword, 'GetNewPassword');
      if (fault) return refuse(fault);
      // No reset of the counter here: only a log-in is known to end a run of failures.
      setPassword(account, makePassword(account));
      if (options.newPasswordEndsSessions) endSessions(account);
      record({ ...stamp(account), kind: 'password-made' });
      return { ok: true, value: account.password };
    },

    support: {
      unlock(username) {
        const account = accountOf(username);
        account.locked = false;
        account.consecutiveFailures = 0;
        record({ ...stamp(account), kind: 'unlocked' });
      },
      reset(username, password) {
        const account = accountOf(username);
        account.locked = false;
        account.consecutiveFailures = 0;
        setPassword(account, password);
        record({ ...stamp(account), kind: 'reset' });
      },
    },

    truth: (username) => {
      const account = accountOf(username);
      return { ...account, passwords: [...account.passwords], tokens: [...account.tokens] };
    },
  };
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function drawGuid(random: Random): string {
  const hex = (length: number) => Array.from({ length }, () => random.below(16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}

function refuse(code: string): { ok: false; code: string } {
  return { ok: false, code };
}

function fieldFault(value: string): string | undefined {
  if (value === '') return CODES.requestUndefined;
  return /['<\\]/.test(value) ? CODES.invalidCharacter : undefined;
}

function newAccount({ username, password }: { username: string; password: string }): Account {
  return {
    username,
    password,
    passwords: [password],
    tokens: [],
    consecutiveFailures: 0,
    worstConsecutiveFailures: 0,
    locked: false,
    logIns: 0,
    getNewPasswords: 0,
    failures: 0,
  };
}
