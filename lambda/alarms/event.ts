/** An announcement about a credential, for people and machines. No member is secret. */
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
  /** Alarms that waited before this one, could not be published and were given up for more urgent ones. */
  droppedBefore?: number;
  /** The last act of an operator with the tool, where it was in the day before. */
  lastAct?: LastAct;
};

/** An operator's command, and the reason that was given with it. */
export type LastAct = { command: string; actor: string; at: number; reason?: string | undefined };

/** The state of the lockout ledger after the event. */
export type Standing = {
  /** Failed log-ins known or possible since the last success. */
  exposure: number;
  /** How many of these are only possible: no answer came, or not yet. */
  possible?: number;
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
    /** The presenter of the password: `rotation`, or the name of an app in its settings. */
    actor: string;
    purpose: Purpose;
    /** `refused`: the platform returned a fault. `unknown`: no usable answer; it may have counted. */
    certainty: 'refused' | 'unknown';
    /** The platform's error code where it gave one. */
    code?: string;
    /** A rotation's exchange replaced the password while the log-in was under way, so ThingSpace had to refuse it. */
    replaced?: boolean;
    /** Version of the secret whose password was presented. */
    versionId: string;
  };

/** The budget is used up: the automation presents no password until a success or an operator's trial. */
export type GuardClosed = About &
  Standing & {
    event: 'guard-closed';
    /** The ledger's table is another one: the failures before it are not known, and the budget counts as used. */
    countUnknown?: boolean;
  };

/** GetNewPassword was sent and its outcome is not known. */
export type PasswordUnknown = About & {
  event: 'password-unknown';
  token: string;
  /** When it may be settled by one probe at the earliest. */
  settlesAt: number;
  /** Whether a sealed answer is kept that could not be read. */
  sealedAnswer: boolean;
};

/** The password changed (or the username is locked) and no new password has been found. */
export type PasswordLost = About & {
  event: 'password-lost';
  token: string;
  sealedAnswer: boolean;
  /** The log-in that proved it, where that was not announced by itself. */
  refused?: Standing & { code?: string; versionId: string };
};

/** A sealed password waits, but the secret was changed since and its password is refused. */
export type Superseded = About & { event: 'superseded'; token: string };

/** A password that had been sealed by an earlier invocation was made current. */
export type RolledForward = About & {
  event: 'rolled-forward';
  token: string;
  sealedUnder: string;
  /** AWSCURRENT was on it before; only the ledger did not have it. */
  alreadyCurrent?: boolean;
  /** Since when it was announced that the password could not be stored; that is over. */
  notStoredSince?: number;
};

export type PasswordRotated = About & { event: 'password-rotated'; token: string };

/** AWSCURRENT held a dead password that an operator had stored; the live one, proven by one log-in, is back. */
export type PutBack = About & {
  event: 'put-back';
  /** The version that is AWSCURRENT now. */
  versionId: string;
  /** The version with the dead password. Other members that it changed were kept. */
  replacedVersionId: string;
};

/** A newer password that an operator stored works and stays; the sealed one is set aside. */
export type KeptAside = About & { event: 'kept-aside'; token: string };

/** The troubles that can keep a credential from being rotated for long. */
export const troubles = [
  /** As `password-lost`. */
  'lost',
  /** As `password-unknown`, and it cannot be settled. */
  'unknown',
  /** As `superseded`. */
  'superseded',
  'guard-closed',
  /** A received password waits sealed and could not be stored. */
  'not-stored',
  /** The password that ThingSpace made cannot be stored or presented; it is sealed. */
  'unusable-password',
  /** AWSCURRENT holds a refused or replaced password, and no other could be proven. */
  'stored-password-refused',
  /** The secret names another username than an unfinished exchange, or the last rotation, was about. */
  'username-changed',
  /** A sealed answer does not open: another key, another format. */
  'unreadable-envelope',
  /** A rotation, or the daily check, has failed, and no rotation has finished since. */
  'rotation-failing',
  /** A failed exchange of another credential holds this one's rotation. */
  'held',
] as const;
export type Trouble = (typeof troubles)[number];

/** Published when a trouble begins, unless another event announces it, and again every day while it lasts. */
export type StandingTrouble = About & {
  event: 'standing-trouble';
  trouble: Trouble;
  /** Milliseconds since 1970, by DynamoDB's clock. */
  since: number;
  /** Whole days since then. */
  days: number;
  /** The class of the error that steps end in. */
  errorName?: string;
  /** Version of the secret that it is about. */
  versionId?: string;
  /** Rotation that it is about. */
  token?: string;
  /** The exchange that a held rotation waits for. */
  holder?: Holder;
};

/** The failed exchange that a held rotation waits for. */
export type Holder = { username: string; secretArn: string; why: string; since: number };

/** A trouble that had been announced is over. */
export type TroubleOver = About & { event: 'trouble-over'; trouble: Trouble; since: number };

/**
 * No exchange holds the service's other rotations now, and some were held. It is about the last exchange that held
 * them.
 */
export type ExchangesResume = About & {
  event: 'exchanges-resume';
  /** How many rotations were held and have not begun since. */
  held: number;
  /** `settled`: the exchange is resolved. `released`: an operator overrode the hold. */
  how: 'settled' | 'released';
};

/** An operator asks the tool to open sealed answers, and to show or write what they hold. */
export type SealedAnswerOpened = About & {
  event: 'sealed-answer-opened';
  actor: string;
  /** The rotation that received the first one. */
  token: string;
  /** How many. */
  answers: number;
  /** Whether they are printed, or written to a file. */
  to: 'terminal' | 'file';
};

/** The secret's value was read by a principal that is no reader, or by an operator without the tool. */
export type SecretRead = About & {
  event: 'secret-read';
  /** The ARN of the principal's session or user. */
  who: string;
  /** The address, or the AWS service that called. */
  from: string;
  /** The caller's program, as it names itself. */
  agent: string;
  /** By CloudTrail's clock. */
  readAt: number;
};

/** The pause of the rotations is over, by its time or by an operator. */
export type PauseOver = About & {
  event: 'pause-over';
  since: number;
  until: number;
  /** The operator who paused them, and why. */
  actor: string;
  reason: string;
  /** The operator who ended it before its time. */
  endedBy?: string;
  /** A rotation came due during the pause and waits. */
  owed: boolean;
};

/** The principals that read the secret, the oldest last read first; or why they could not be listed. */
export type Readers =
  | {
      listed: { principal: string; lastReadAt: number }[];
      /** How many more there are. */
      more: number;
      /** Since when CloudTrail was looked through. */
      sinceMs: number;
    }
  | { notListed: string };

/** Secrets Manager rotates on schedule in the next days. */
export type RotationSoon = About & {
  event: 'rotation-soon';
  /** The rotation comes then at the latest (`NextRotationDate`). */
  dueAt: number;
  /** The length of its window, as Secrets Manager has it: `4h`. */
  window?: string;
  /** The service's calendar is closed at that date, or when the window begins; it opens then. */
  opensAt?: number;
  readers: Readers;
};

export type AlarmEvent =
  | FailedLogIn
  | GuardClosed
  | PasswordUnknown
  | PasswordLost
  | Superseded
  | RolledForward
  | PasswordRotated
  | PutBack
  | KeptAside
  | StandingTrouble
  | TroubleOver
  | ExchangesResume
  | SealedAnswerOpened
  | SecretRead
  | PauseOver
  | RotationSoon;
