/** `well`: no step is due. `goes-on`: unfinished, and it ends by itself. `act`: an operator must act. */
export type Wellness = 'well' | 'goes-on' | 'act';

type Finding = {
  wellness: Wellness;
  /** In the table, and before the sentence. */
  short: string;
  /** One sentence: what it means. */
  means: string;
  /** The next events, without an act of the operator. */
  byItself: string;
  /** The section of docs/runbook.md. */
  section: string;
};

/** Every state that `status` can find, in words; `explain` prints them too. */
export const findings = {
  well: {
    wellness: 'well',
    short: 'all is well',
    means: 'AWSCURRENT works, nothing is under way and the next rotation comes as scheduled.',
    byItself: 'The next rotation, and a check every day.',
    section: 'status',
  },
  'not-initialized': {
    wellness: 'act',
    short: 'no credentials yet',
    means: 'The secret holds no username and password yet, or only the placeholder.',
    byItself: 'No event.',
    section: 'first-installation',
  },
  'secret-deleted': {
    wellness: 'act',
    short: 'the secret is being deleted',
    means: 'The secret is scheduled for deletion, and nothing can read it.',
    byItself: 'It is deleted for good on its date.',
    section: 'the-secret-is-gone',
  },
  'shared-username': {
    wellness: 'act',
    short: 'another secret rotates it',
    means: 'The ledger says that another secret rotates this username; two would kill each other’s password.',
    byItself: 'The function rotates no password of this secret.',
    section: 'shared-username',
  },
  'username-changed': {
    wellness: 'act',
    short: 'the username was changed',
    means: 'The secret’s username is not that of its last rotation, or of an unfinished exchange.',
    byItself: 'The function rotates no password until an operator has said which name is right.',
    section: 'username-changed',
  },
  exchanging: {
    wellness: 'goes-on',
    short: 'being changed now',
    means:
      'ThingSpace is being asked for a new password; the old one may die at any moment. Store nothing meanwhile.',
    byItself: 'It ends within minutes; if the process died, a retry takes over when its lease ends.',
    section: 'status',
  },
  died: {
    wellness: 'act',
    short: 'an invocation died',
    means:
      'An invocation asked ThingSpace for a new password and died: it is not known yet whether the password was changed.',
    byItself:
      'The next retry, or the daily check, looks for the sealed answer, and settles it by one log-in.',
    section: 'password-unknown',
  },
  received: {
    wellness: 'act',
    short: 'new password not stored yet',
    means: 'A new password was received and is sealed, and it is NOT yet in the secret: AWSCURRENT is dead.',
    byItself: 'The next retry, or the daily check, makes it current.',
    section: 'not-stored',
  },
  'not-confirmed': {
    wellness: 'act',
    short: 'new password not confirmed',
    means:
      'A new password was received and is sealed, and AWSCURRENT is no longer on the version that it replaced; no invocation ' +
      'has confirmed yet what it is on.',
    byItself: 'The next retry, or the daily check, confirms it, or makes the sealed password current.',
    section: 'not-stored',
  },
  'not-stored': {
    wellness: 'act',
    short: 'new password cannot be stored',
    means:
      'A new password is sealed and could not be stored (rights, policy, key or size of the secret): AWSCURRENT is dead.',
    byItself: 'Every retry, and the daily check, tries to store it again.',
    section: 'not-stored',
  },
  'unusable-password': {
    wellness: 'act',
    short: 'new password cannot be used',
    means:
      'ThingSpace made a password that no secret or no request can hold; it is sealed, AWSCURRENT is dead.',
    byItself: 'No event.',
    section: 'unusable-password',
  },
  superseded: {
    wellness: 'act',
    short: 'two passwords, neither proven',
    means: 'An operator stored a password while a new one was sealed, and ThingSpace has accepted neither.',
    byItself: 'The function makes no log-in until another version of the secret is stored.',
    section: 'superseded',
  },
  unknown: {
    wellness: 'act',
    short: 'changed or not: unknown',
    means:
      'ThingSpace was asked for a new password and no readable answer came: it may or may not be changed.',
    byItself:
      'After 20 minutes a retry, or the daily check, logs in once with the old password and settles it.',
    section: 'password-unknown',
  },
  lost: {
    wellness: 'act',
    short: 'the password is lost',
    means:
      'The old password was refused after a change whose answer has not been found: no copy of the new one is known.',
    byItself:
      'Each retry and each daily check searches the function’s log again. The function makes no log-in until another ' +
      'password is stored or found.',
    section: 'password-lost',
  },
  'lost-unread': {
    wellness: 'act',
    short: 'the password is lost, unless the sealed answer holds it',
    means:
      'The old password was refused after a change, and an answer arrived in which no password could be read: it is sealed.',
    byItself:
      'Each retry and each daily check searches the function’s log again. The function makes no log-in until another ' +
      'password is stored or found.',
    section: 'password-lost',
  },
  'lost-restored': {
    wellness: 'goes-on',
    short: 'restored, not yet proven',
    means: 'The password was lost, and another one is stored since; one log-in proves it and ends the loss.',
    byItself: 'The next retry, or the daily check, makes that log-in.',
    section: 'password-lost',
  },
  'guard-closed': {
    wellness: 'act',
    short: 'log-ins stopped',
    means:
      'So many log-ins failed, or may have failed, that the rotation makes no log-in until an operator acts.',
    byItself: 'No event.',
    section: 'guard-closed',
  },
  'current-dead': {
    wellness: 'act',
    short: 'AWSCURRENT is dead',
    means:
      'AWSCURRENT holds a password that was refused or replaced, or no credential at all: apps cannot log in.',
    byItself: 'If the password that worked last is known, the daily check proves it and puts it back.',
    section: 'stored-password-refused',
  },
  'current-refused': {
    wellness: 'act',
    short: 'AWSCURRENT was refused',
    means:
      'ThingSpace has refused the password in AWSCURRENT; it is not certain that the password was at fault.',
    byItself: 'Half an hour after the refusal the next log-in tries it once more.',
    section: 'failed-log-in',
  },
  'log-ins-wait': {
    wellness: 'goes-on',
    short: 'waiting after a missed answer',
    means: 'A log-in got no usable answer, or is under way, and the next one waits for that.',
    byItself: 'It continues after the time that is given.',
    section: 'failed-log-in',
  },
  'unreadable-envelope': {
    wellness: 'act',
    short: 'a sealed answer does not open',
    means: 'A sealed answer does not open: its KMS key is disabled or denied, or another release sealed it.',
    byItself: 'It is kept and passed over.',
    section: 'unreadable-envelope',
  },
  'rotation-failing': {
    wellness: 'act',
    short: 'a rotation has failed',
    means: 'A rotation, or the daily check, has failed, and no rotation was finished since.',
    byItself: 'Secrets Manager may retry the rotation; the time is not known.',
    section: 'rotation-failing',
  },
  'trouble-perhaps-over': {
    wellness: 'act',
    short: 'a trouble is on record',
    means:
      'A trouble stopped the rotation, and no other sign of it is left; one log-in proves that it is over.',
    byItself: 'The daily check makes that log-in, where the guard allows it, and announces "trouble-over".',
    section: 'standing-trouble',
  },
  'current-unseen': {
    wellness: 'act',
    short: 'AWSCURRENT not seen',
    means: 'AWSCURRENT could not be read by you, so whether it works is not known.',
    byItself: 'The rotation continues without you.',
    section: 'your-own-rights',
  },
  'schedule-unseen': {
    wellness: 'act',
    short: 'the schedule was not seen',
    means: 'Whether rotation is on could not be asked.',
    byItself: 'The rotation continues without you.',
    section: 'your-own-rights',
  },
  'limits-unknown': {
    wellness: 'act',
    short: 'the limits were not seen',
    means:
      'The function’s configuration could not be read by you, so how many log-ins are left is not known.',
    byItself: 'The rotation continues without you.',
    section: 'your-own-rights',
  },
  'rotation-off': {
    wellness: 'act',
    short: 'rotation is off',
    means: 'Secrets Manager does not rotate this secret: it was cancelled, or never turned on.',
    byItself: 'No event.',
    section: 'rotation-is-off',
  },
  'no-room': {
    wellness: 'act',
    short: 'no room for a new password',
    means: 'The secret is so large that the next rotation stops before it asks for a new password.',
    byItself: 'No event.',
    section: 'rotation-failing',
  },
  'pending-stuck': {
    wellness: 'goes-on',
    short: 'AWSPENDING is stuck',
    means: 'AWSPENDING is on a version that has a value and is not current: a new rotation would be refused.',
    byItself: 'The daily check takes it off.',
    section: 'recover',
  },
  committed: {
    wellness: 'goes-on',
    short: 'rotated, not closed yet',
    means: 'The new password is AWSCURRENT; only its test and the closing of the rotation are missing.',
    byItself: 'The next retry, or the next rotation, closes it.',
    section: 'rotate',
  },
  'rotation-pending': {
    wellness: 'goes-on',
    short: 'a rotation is not over',
    means: 'A rotation was begun and is not over; no new password has been asked for.',
    byItself: 'Secrets Manager tries it again.',
    section: 'rotate',
  },
  held: {
    wellness: 'act',
    short: 'waits for another credential',
    means:
      'An exchange of another credential of this service has failed, and its cause may affect this one: no new ' +
      'password is asked for.',
    byItself: 'When that one is settled, "exchanges-resume" says that this rotation can be started again.',
    section: 'held',
  },
  'held-before': {
    wellness: 'act',
    short: 'was held, may rotate again',
    means:
      'Another credential held the rotation; the hold is over, and the rotation has not been started again.',
    byItself: 'Secrets Manager may retry it; the time is not known.',
    section: 'held',
  },
  'answer-kept': {
    wellness: 'goes-on',
    short: 'a sealed answer is kept',
    means: 'A sealed answer of an earlier rotation was set aside since the last log-in that worked.',
    byItself: 'The daily check looks whether it is the live password.',
    section: 'recover',
  },
  unproven: {
    wellness: 'goes-on',
    short: 'not proven yet',
    means: 'No log-in through the ledger has proven the password in AWSCURRENT yet.',
    byItself: 'The next rotation logs in with it once.',
    section: 'trial-and-unlocked',
  },
  overdue: {
    wellness: 'act',
    short: 'the rotation is overdue',
    means: 'The day of the next rotation is past, and no rotation has come.',
    byItself: 'No known event.',
    section: 'rotate',
  },
  'alarms-wait': {
    wellness: 'goes-on',
    short: 'messages not published yet',
    means: 'Messages wait in the ledger because SNS did not take them.',
    byItself: 'The function’s next invocation publishes them.',
    section: 'messages-do-not-arrive',
  },
} as const satisfies Record<string, Finding>;

export type FindingName = keyof typeof findings;

/** 0 only when all is well; 3: unfinished, continues by itself; 1: an operator must act. */
export const exitCodeFor: Record<Wellness, number> = { well: 0, 'goes-on': 3, act: 1 };
