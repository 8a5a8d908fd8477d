import type { Situation } from './situation.ts';
import { OTHER_ACCOUNT } from './steps.ts';

/** The situations that only `status` finds: no message announces them. */

const RIGHTS: Pick<Situation, 'wellness' | 'byItself' | 'todo' | 'section'> = {
  wellness: 'act',
  byItself: 'The rotation continues without you.',
  todo: [{ do: 'repair', when: 'Ask for the right that you lack.' }],
  section: 'your-own-rights',
};

export const well: Situation = {
  wellness: 'well',
  short: 'all is well',
  means: 'AWSCURRENT works, nothing is under way and the next rotation comes as scheduled.',
  byItself: 'The next rotation, and a check every day.',
  todo: [],
  section: 'status',
};

export const notInitialized: Situation = {
  wellness: 'act',
  short: 'no credentials yet',
  means: 'The secret holds no username and password yet, or only the placeholder.',
  byItself: 'No event.',
  todo: [{ do: 'store' }],
  section: 'first-installation',
  names: ['CredentialNotInitializedError'],
};

export const secretDeleted: Situation = {
  wellness: 'act',
  short: 'the secret is being deleted',
  means: 'The secret is scheduled for deletion, and nothing can read it.',
  byItself: 'It is deleted for good on its date.',
  todo: [{ do: 'repair', when: 'Restore it in the console ("Cancel deletion").' }],
  section: 'the-secret-is-gone',
};

export const sharedUsername: Situation = {
  wellness: 'act',
  short: 'another secret rotates it',
  means: 'The ledger names another secret for this username; two would kill each other’s password.',
  byItself: 'The function does not rotate this secret.',
  todo: [{ do: 'adopt', when: 'Turn rotation off for one of them. If the other is gone:' }],
  section: 'shared-username',
  names: ['SharedUsernameError', 'AdoptNotTakenError'],
};

export const exchanging: Situation = {
  wellness: 'goes-on',
  short: 'being changed now',
  means:
    'ThingSpace is being asked for a new password; the old one may die at any moment. Store nothing meanwhile.',
  byItself: 'It ends within minutes; if the process died, a retry takes over when its lease ends.',
  todo: [{ do: 'wait' }],
  section: 'status',
  names: ['ExchangeInProgressError'],
};

export const died: Situation = {
  wellness: 'act',
  short: 'an invocation died',
  means:
    'An invocation asked ThingSpace for a new password and died: it is not known yet whether the password was changed.',
  byItself: 'The next retry, or the daily check, looks for the sealed answer, and resolves it by a log-in.',
  todo: [{ do: 'recover' }, { do: 'repair' }],
  section: 'password-unknown',
};

export const lostRestored: Situation = {
  wellness: 'goes-on',
  short: 'restored, not yet proven',
  means: 'The password was lost, and another one is stored since; one log-in proves it and ends the loss.',
  byItself: 'The next retry, or the daily check, makes that log-in.',
  todo: [{ do: 'recover' }],
  section: 'password-lost',
};

export const currentRefused: Situation = {
  wellness: 'act',
  short: 'AWSCURRENT was refused',
  means:
    'ThingSpace has refused the password in AWSCURRENT; it is not certain that the password was at fault.',
  byItself: 'Half an hour after the refusal the next log-in tries it once more.',
  todo: [{ do: 'wait' }, OTHER_ACCOUNT, { do: 'trial' }, { do: 'store' }],
  section: 'failed-log-in',
  names: ['RefusedPasswordError'],
};

export const logInsWait: Situation = {
  wellness: 'goes-on',
  short: 'waiting after a missed answer',
  means: 'A log-in got no usable answer, or is under way, and the next one waits for that.',
  byItself: 'It continues after the time that is given.',
  todo: [{ do: 'wait' }],
  section: 'failed-log-in',
  names: ['WaitAfterUnknownError', 'ReservationExpiredError', 'LogInWaitsError'],
};

export const troublePerhapsOver: Situation = {
  wellness: 'act',
  short: 'a trouble is on record',
  means:
    'A trouble stopped the rotation, and no other sign of it is left; one log-in proves that it is over.',
  byItself: 'The daily check makes that log-in, where the guard allows it, and announces "trouble-over".',
  todo: [{ do: 'recover' }, { do: 'store' }],
  section: 'standing-trouble',
};

export const currentUnseen: Situation = {
  ...RIGHTS,
  short: 'AWSCURRENT not seen',
  means: 'AWSCURRENT could not be read by you, so whether it works is not known.',
};

export const scheduleUnseen: Situation = {
  ...RIGHTS,
  short: 'the schedule was not seen',
  means: 'Whether rotation is on could not be asked.',
};

export const limitsUnknown: Situation = {
  ...RIGHTS,
  short: 'the limits were not seen',
  means: 'The function’s configuration could not be read by you, so how many log-ins are left is not known.',
  names: ['LimitsUnknownError', 'FunctionNotFoundError'],
};

export const rotationOff: Situation = {
  wellness: 'act',
  short: 'rotation is off',
  means: 'Secrets Manager does not rotate this secret: it was cancelled, or never turned on.',
  byItself: 'No event.',
  todo: [{ do: 'repair', when: 'Deploy again, or turn the rotation on in the console ("Edit rotation").' }],
  section: 'rotation-is-off',
  names: ['RotationNotEnabledError'],
};

export const noRoom: Situation = {
  wellness: 'act',
  short: 'no room for a new password',
  means: 'The secret is so large that the next rotation stops before it asks for a new password.',
  byItself: 'No event.',
  todo: [{ do: 'shorten' }, { do: 'repair' }],
  section: 'rotation-failing',
};

export const keyMissing: Situation = {
  wellness: 'act',
  short: 'the application’s key is missing',
  means: 'The function speaks REST, and AWSCURRENT lacks "apiKey" or "apiSecret": no log-in can be sent.',
  byItself: 'Each rotation stops before it sends anything.',
  todo: [{ do: 'store-key' }, { do: 'rotate' }],
  section: 'rotation-failing',
};

export const pendingStuck: Situation = {
  wellness: 'goes-on',
  short: 'AWSPENDING is stuck',
  means: 'AWSPENDING is on a version that has a value and is not current: a new rotation would be refused.',
  byItself: 'The daily check takes it off.',
  todo: [{ do: 'recover' }],
  section: 'recover',
};

export const committed: Situation = {
  wellness: 'goes-on',
  short: 'rotated, not closed yet',
  means: 'The new password is AWSCURRENT; only its test and the closing of the rotation are missing.',
  byItself: 'The next retry, or the next rotation, closes it.',
  todo: [{ do: 'rotate' }],
  section: 'rotate',
};

export const rotationPending: Situation = {
  wellness: 'goes-on',
  short: 'a rotation is not over',
  means: 'A rotation was begun and is not over; no new password has been asked for.',
  byItself: 'Secrets Manager tries it again.',
  todo: [{ do: 'rotate' }],
  section: 'rotate',
};

export const heldBefore: Situation = {
  wellness: 'act',
  short: 'was held, may rotate again',
  means:
    'Another credential held the rotation; the hold is over, and the rotation has not been started again.',
  byItself: 'Secrets Manager may retry it; the time is not known.',
  todo: [{ do: 'rotate-held' }, { do: 'rotate' }],
  section: 'held',
};

export const answerKept: Situation = {
  wellness: 'goes-on',
  short: 'a sealed answer is kept',
  means: 'A sealed answer of an earlier rotation was set aside since the last log-in that worked.',
  byItself: 'The daily check looks whether it is the live password.',
  todo: [{ do: 'recover' }],
  section: 'recover',
};

export const unproven: Situation = {
  wellness: 'goes-on',
  short: 'not proven yet',
  means: 'No log-in through the ledger has proven the password in AWSCURRENT yet.',
  byItself: 'The next rotation logs in with it once.',
  todo: [{ do: 'trial' }, { do: 'rotate' }],
  section: 'trial-and-unlocked',
};
