/** What a person or a machine is told about a credential. Nothing in here is secret. */
type About = {
  /** Unique per happening; a repeated announcement carries the same id. */
  id: string;
  /** Milliseconds since 1970 by DynamoDB's clock. */
  at: number;
  /** The username in lower case: the ledger's key and the metrics' dimension. */
  credential: string;
  /** The username as the secret spells it. */
  username: string;
  secretArn: string;
};

/** Where the lockout ledger stands after what happened. */
export type Standing = {
  /** Failed log-ins known or possible since the last success. */
  exposure: number;
  /** Consecutive failures at which the platform locks the username (LOCKOUT_LIMIT). */
  limit: number;
  /** Exposure at which the automation stops (LOCKOUT_BUDGET). */
  budget: number;
};

/** Why a password was presented. */
export type Purpose = 'log-in' | 'exchange' | 'test' | 'probe' | 'trial';

/** A log-in (or GetNewPassword) that counts, or may count, toward the lock. */
export type FailedLogIn = About &
  Standing & {
    event: 'failed-log-in';
    /** Who presented the password: `rotation`, or the name an app gave itself. */
    actor: string;
    purpose: Purpose;
    /** `refused`: the platform said so. `unknown`: no usable answer; it may have counted. */
    certainty: 'refused' | 'unknown';
    /** The platform's error code where it gave one. */
    code?: string;
    /** Version of the secret whose password was presented. */
    versionId: string;
  };

/** The budget is used up: nobody of ours presents a password until a success or a person's trial. */
export type GuardClosed = About & Standing & { event: 'guard-closed' };

/** GetNewPassword was sent and its outcome is not known. */
export type PasswordUnknown = About & {
  event: 'password-unknown';
  token: string;
  /** When it may be settled by one probe at the earliest. */
  settlesAt: number;
  /** Whether a sealed answer is kept that could not be read. */
  sealedAnswer: boolean;
};

/** The password changed (or the username is locked) and no new password reached us. */
export type PasswordLost = About & { event: 'password-lost'; token: string; sealedAnswer: boolean };

/** A sealed password waits, but the secret was changed since and what it holds now is refused. */
export type Superseded = About & { event: 'superseded'; token: string };

/** A password that had been sealed by an earlier invocation was made current. */
export type RolledForward = About & { event: 'rolled-forward'; token: string; sealedUnder: string };

export type PasswordRotated = About & { event: 'password-rotated'; token: string };

export type AlarmEvent =
  | FailedLogIn
  | GuardClosed
  | PasswordUnknown
  | PasswordLost
  | Superseded
  | RolledForward
  | PasswordRotated;
