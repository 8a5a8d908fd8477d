import { CODES } from './codes.ts';
import { drawPassword } from './passwords.ts';
import { seededRandom } from './random.ts';
import { createSessions, type Door, type SessionOptions } from './sessions.ts';

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

export type PlatformOptions = SessionOptions & {
  clock: { nowMs(): number };
  users: readonly { username: string; password: string }[];
  seed: number;
  /**
   * Whether all usernames belong to one contact record, which the failures of all lock together; published as "a username"
   * and as "a contact record". @default false
   */
  locksContactRecord?: boolean;
  /** The code of a refused log-in; not published. @default the one that has been seen */
  wrongCredentialsCode?: string;
  /** Whether blanks and line breaks around a username are left out before it is looked up; not published. @default false */
  trimUsernames?: boolean;
  /** Whether a new password ends the sessions that are open; not published. @default false */
  newPasswordEndsSessions?: boolean;
  /** Whether a log-in ends older sessions of its username; not published. @default false */
  logInEndsOlderSessions?: boolean;
  /** Plants the next password; undefined draws one. Asked once for each new password. */
  nextPassword?: (username: string) => string | undefined;
};

/** The operations of one API over the accounts. */
export interface PlatformApi {
  /** `value` is the session token. */
  logIn(username: string, password: string): Verdict<string>;
  logOut(sessionToken: string): Verdict<string>;
  /** Stands for whatever an app asks: the session is looked at and used. `value` is the username. */
  use(sessionToken: string): Verdict<string>;
  /** `value` is the new password; the old one is dead when this returns. */
  getNewPassword(sessionToken: string, currentPassword: string): Verdict<string>;
}

/** Its own operations are those of SOAP. */
export interface Platform extends PlatformApi {
  /** The same accounts through another API: one password, one count of failures, but sessions of its own. */
  through(door: Door): PlatformApi;
  /** Support, which an operator phones. Both also unlock; `reset` sets the password that support reads out. */
  support: { unlock(username: string): void; reset(username: string, password: string): void };
  /** A snapshot of the truth about one username. */
  truth(username: string): AccountTruth;
  /** Everything that happened, oldest first. */
  readonly events: readonly PlatformEvent[];
}

type Account = { -readonly [K in keyof AccountTruth]: AccountTruth[K] } & {
  passwords: string[];
  tokens: string[];
};

/** Consecutive failures that lock a username. */
const LOCK_AFTER = 5;

export function createPlatform(options: PlatformOptions): Platform {
  const { clock, wrongCredentialsCode = CODES.wrongCredentials } = options;
  const random = seededRandom(options.seed);
  /** Whether `Fleet` and `fleet` are one username is not published: here they are. */
  const keyOf = (username: string): string =>
    (options.trimUsernames ? username.trim() : username).toLowerCase();
  const accounts = new Map(options.users.map((user) => [keyOf(user.username), newAccount(user)]));
  const sessions = createSessions<Account>(clock, random, options);
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
    { owner = account.username }: Door,
  ): string | undefined {
    const foreign = keyOf(owner) !== keyOf(account.username);
    if (!account.locked && !foreign && account.password === password) return undefined;
    const code = account.locked ? CODES.locked : foreign ? CODES.foreignKey : wrongCredentialsCode;
    account.failures++;
    // Whether one in GetNewPassword counts is not published: the stricter reading.
    if (!account.locked) account.consecutiveFailures++;
    account.worstConsecutiveFailures = Math.max(
      account.worstConsecutiveFailures,
      account.consecutiveFailures,
    );
    const { consecutiveFailures } = account;
    record({ ...stamp(account), kind: 'refused', operation, code, consecutiveFailures });
    lockFrom(account);
    return code;
  }

  /** Locks the username, or every username of its contact record. */
  function lockFrom(account: Account): void {
    const together = options.locksContactRecord ? [...accounts.values()] : [account];
    if (together.reduce((sum, one) => sum + one.consecutiveFailures, 0) < LOCK_AFTER) return;
    for (const one of together.filter(({ locked }) => !locked)) {
      one.locked = true;
      record({ ...stamp(one), kind: 'locked' });
    }
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

  const through = (door: Door): PlatformApi => ({
    logIn(username, password) {
      const unusable = fieldFault(username) ?? fieldFault(password);
      if (unusable) return refuse(unusable);
      const account = accounts.get(keyOf(username));
      if (!account) return refuse(wrongCredentialsCode);
      account.logIns++;
      const fault = judge(account, password, 'LogIn', door);
      if (fault) return refuse(fault);
      account.consecutiveFailures = 0;
      if (options.logInEndsOlderSessions) sessions.endAllOf(account);
      const token = sessions.open(account, door);
      account.tokens.push(token);
      record({ ...stamp(account), kind: 'logged-in' });
      return { ok: true, value: token };
    },

    logOut(sessionToken) {
      const session = sessions.use(sessionToken, door);
      if (!session.ok) return session;
      sessions.end(sessionToken);
      record({ ...stamp(session.value.account), kind: 'logged-out' });
      return { ok: true, value: sessionToken };
    },

    use(sessionToken) {
      const session = sessions.use(sessionToken, door);
      return session.ok ? { ok: true, value: session.value.account.username } : session;
    },

    getNewPassword(sessionToken, currentPassword) {
      const session = sessions.use(sessionToken, door);
      if (!session.ok) return session;
      const unusable = fieldFault(currentPassword);
      if (unusable) return refuse(unusable);
      const { account } = session.value;
      account.getNewPasswords++;
      const fault = judge(account, currentPassword, 'GetNewPassword', door);
      if (fault) return refuse(fault);
      // No reset of the counter here: only a log-in is known to end a run of failures.
      setPassword(account, makePassword(account));
      if (options.newPasswordEndsSessions) sessions.endAllOf(account);
      record({ ...stamp(account), kind: 'password-made' });
      return { ok: true, value: account.password };
    },
  });

  return {
    ...through({ transport: 'soap' }),
    through,
    events,

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
