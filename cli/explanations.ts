import type { AlarmEvent } from '../lambda/alarms/event.ts';
import type { Trouble } from '../lambda/ledger/trouble.ts';
import type { FindingName } from './findings.ts';

/** The text for a name that is not a state of the credential: a message, an error, or a metric. */
export type Told = { means: string; byItself: string; todo: string; section: string };

/** The meaning of a message, by its name: a state of `status`, or a separate text. */
export const alarms: Record<AlarmEvent['event'], FindingName | Told> = {
  'failed-log-in': {
    means:
      'A log-in by the rotation, an app or an operator was refused, or got no usable answer; it counts toward the lock.',
    byItself: 'No log-in uses a refused version again; after a missed answer the next log-in waits.',
    todo: 'status',
    section: 'failed-log-in',
  },
  'guard-closed': 'guard-closed',
  'password-unknown': 'unknown',
  'password-lost': 'lost',
  superseded: 'superseded',
  'rolled-forward': {
    means:
      'A password that an earlier invocation had received is AWSCURRENT, and the ledger knows it now. Nothing is lost.',
    byItself: 'Everything.',
    todo: 'status',
    section: 'rolled-forward',
  },
  'password-rotated': {
    means: 'The password was rotated and tested; the old one is dead.',
    byItself: 'Everything.',
    todo: 'status',
    section: 'password-rotated',
  },
  'put-back': {
    means: 'AWSCURRENT held a dead password; the live one was proven and is current again.',
    byItself: 'Everything. Apps that hold the dead one must read the secret again.',
    todo: 'status',
    section: 'put-back',
  },
  'kept-aside': {
    means: 'A newer password that an operator stored works and stays; a sealed one is set aside.',
    byItself: 'Everything.',
    todo: 'status',
    section: 'kept-aside',
  },
  'standing-trouble': {
    means: 'A trouble stops the rotation; the message names it, every day until it is over.',
    byItself: 'The daily check tries again and says "trouble-over" when it is.',
    todo: 'status',
    section: 'standing-trouble',
  },
  'exchanges-resume': {
    means:
      'No exchange of one credential holds the service’s other rotations now; some were held and can be started again.',
    byItself: 'Secrets Manager may try them again; when, is not known.',
    todo: 'rotate --held',
    section: 'exchanges-resume',
  },
  'trouble-over': {
    means: 'The announced trouble is over.',
    byItself: 'Everything. Do not follow the steps of the earlier messages.',
    todo: 'status',
    section: 'trouble-over',
  },
};

export const troubles: Record<Trouble, FindingName> = {
  lost: 'lost',
  unknown: 'unknown',
  superseded: 'superseded',
  'guard-closed': 'guard-closed',
  'not-stored': 'not-stored',
  'unusable-password': 'unusable-password',
  'stored-password-refused': 'current-dead',
  'username-changed': 'username-changed',
  'unreadable-envelope': 'unreadable-envelope',
  'rotation-failing': 'rotation-failing',
  held: 'held',
};

const repair = (means: string, section: string): Told => ({
  means,
  byItself: 'A retry continues when it is repaired; nothing is lost.',
  todo: 'doctor',
  section,
});

/** By the errors' names, and the names that CloudWatch, EventBridge and Secrets Manager use. */
export const errors: Readonly<Record<string, FindingName | Told>> = {
  CredentialLostError: 'lost',
  OutcomeUnknownError: 'unknown',
  UnreadableAnswerError: 'unknown',
  SupersededError: 'superseded',
  SealedPasswordUnprovenError: {
    means:
      'An operator stored a password while a new one was sealed. ThingSpace accepted neither, with a code that does not name the password.',
    byItself: 'Half an hour after the refusal a retry or the daily check tries once more.',
    todo: 'status',
    section: 'superseded',
  },
  UnusablePasswordError: 'unusable-password',
  PasswordRefusedError: 'current-dead',
  RefusedPasswordError: 'current-refused',
  ReplacedPasswordError: {
    means:
      'A rotation has replaced the password of the log-in: the current version of the secret holds a newer one.',
    byItself: 'A retry takes up the new one.',
    todo: 'status',
    section: 'rotate',
  },
  StoredPasswordRefusedError: 'current-dead',
  UsernameChangedError: 'username-changed',
  SharedUsernameError: 'shared-username',
  BudgetSpentError: 'guard-closed',
  WaitAfterUnknownError: 'log-ins-wait',
  LogInUnknownError: 'log-ins-wait',
  ReservationExpiredError: 'log-ins-wait',
  ExchangeInProgressError: 'exchanging',
  ExchangesHeldError: 'held',
  RotationNotEnabledError: 'rotation-off',
  CredentialNotInitializedError: 'not-initialized',
  SealingKeyError: repair(
    'The KMS key that seals new passwords cannot be used by the function.',
    'unreadable-envelope',
  ),
  EnvelopeError: 'unreadable-envelope',
  SecretStoreError: repair(
    'The function could not read or write the secret in Secrets Manager.',
    'not-stored',
  ),
  SecretShapeError: repair(
    'The secret is not a JSON object with a "username" and "password" that can be used; the error says why, `store` repairs it.',
    'stored-password-refused',
  ),
  SecretTooLargeError: repair(
    'The secret is so large that a new password does not fit, or might not: shorten its other members, then `recover`.',
    'not-stored',
  ),
  ThingSpaceUnreachableError: repair(
    'No request can reach ThingSpace: DNS, network, proxy, or the base URL.',
    'rotation-failing',
  ),
  RequestNotReadError: repair(
    'ThingSpace cannot read our requests: the base URL, or the contract (`contract`).',
    'rotation-failing',
  ),
  ExchangeRefusedError: repair(
    'ThingSpace refused to make a new password; the old one still works.',
    'rotation-failing',
  ),
  LedgerUnavailableError: repair(
    'The ledger’s table does not answer, and the product makes no log-in without it.',
    'your-own-rights',
  ),
  LedgerItemError: repair(
    'The ledger item cannot be read or written; the product makes no log-in.',
    'the-ledger-item-is-damaged',
  ),
  TooLateToLogInError: repair(
    'Too little of the invocation was left for a log-in; none was begun, and nothing counts.',
    'rotation-failing',
  ),
  NotEnoughTimeError: repair(
    'Too little of the invocation was left to ask for a new password; none was asked for.',
    'rotation-failing',
  ),
  LogSearchUnfinishedError: repair(
    'The function’s log could not be searched to its end for a sealed answer.',
    'password-unknown',
  ),
  SettingsError: repair('The function’s environment cannot be used; deploy it again.', 'rotation-failing'),
  BudgetsError: repair('The function’s limits contradict each other; deploy it again.', 'rotation-failing'),
  BaseUrlError: repair('THINGSPACE_BASE_URL cannot be used; deploy it again.', 'rotation-failing'),
  TokenNotStagedError: repair('The event is of a rotation that is over, or was made by hand.', 'rotate'),
  StaleRotationError: repair(
    'A late step of a rotation that a later change has overtaken; it changed no state.',
    'rotate',
  ),
  UnexpectedError: repair(
    'An error that no code foresaw; report it. A received password is not lost.',
    'rotation-failing',
  ),
  RotationFailed: repair(
    'Secrets Manager has given up this rotation; the recover event comes by itself.',
    'rotate',
  ),
  FailedLogIns: repair(
    'CloudWatch’s own count of failed log-ins; the message "failed-log-in" names the actor and the reason.',
    'failed-log-in',
  ),
  LockoutExposure: 'guard-closed',
  PasswordLost: 'lost',
  AlarmPublishFailed: repair(
    'The function could not publish its messages: its right, or the topic’s key.',
    'messages-do-not-arrive',
  ),
  PasswordAgeDays: 'overdue',
  Errors: repair('The function fails; its log says why.', 'rotation-failing'),
  Throttles: repair(
    'The function is throttled: its reserved concurrency, or the account’s.',
    'rotation-failing',
  ),
};
