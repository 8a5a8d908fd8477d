import type { Situation } from './situation.ts';
import { OTHER_ACCOUNT } from './steps.ts';

/** The situations in which the password of AWSCURRENT is dead, or may be. */

export const NO_LOG_INS =
  'Do not log in by hand, outside the tool: the ledger would not count it, and a few failed log-ins lock the username.';
export const KEEP_THE_SEALED =
  'Do not delete the item in the ledger, the function’s log group, or the KMS key: they hold what is sealed.';
export const OLD_ARE_DEAD = 'Do not move AWSCURRENT to an older version: older passwords are dead.';
export const NOT_BEFORE_STORED =
  'Do not press "Rotate secret immediately" before a new version is stored: it would only fail.';
const UNREAD =
  'An answer arrived in which no password could be read. It is kept sealed, and may hold the new password.';
const STORED_ENDS =
  'The function makes no log-in until another version of the secret is stored; the next rotation or daily check then logs ' +
  'in once with it.';

export const lost: Situation = {
  wellness: 'act',
  short: 'the password is lost',
  brief: 'Support must reset it. Steps: see e-mail.',
  means:
    'ThingSpace was asked for a new password, no answer that holds it could be read so far, and the old password is refused ' +
    'now. Either the password changed, or the username is locked. The function’s log may show the answer hours late. ' +
    'AWSCURRENT does not work: apps cannot log in.',
  byItself:
    'Each retry and each daily check searches the function’s log again, as long as the log is kept; an answer that it finds ' +
    `becomes current, and "rolled-forward" reports it. ${STORED_ENDS}`,
  todo: [
    { do: 'open', when: 'If a sealed answer is kept:' },
    { do: 'store', when: 'If there is no sealed answer, or it holds no password:' },
    { do: 'recover', when: 'One log-in with the stored password ends the loss.' },
    { do: 'rotate', when: 'The password was spoken on a phone: replace it.' },
    { do: 'restart-apps' },
  ],
  never: [NO_LOG_INS, NOT_BEFORE_STORED, OLD_ARE_DEAD, KEEP_THE_SEALED],
  section: 'password-lost',
  names: ['CredentialLostError', 'PasswordLost', 'password-lost'],
};

export const lostUnread: Situation = {
  ...lost,
  short: 'the password is lost, unless the sealed answer holds it',
  brief: 'Open the answer first: see e-mail.',
  means: `${lost.means} ${UNREAD}`,
  names: [],
};

export const unknown: Situation = {
  wellness: 'act',
  short: 'changed or not: unknown',
  brief: 'Store nothing until it is resolved: see e-mail.',
  means:
    'ThingSpace was asked for a new password, and no answer shows whether it made one. Either the password did not change, or ' +
    'AWSCURRENT is dead. The function’s log may show the answer late.',
  byItself:
    'Each retry, and the daily check, searches the function’s log. 20 minutes after the request one of them logs in once with ' +
    'the old password. If ThingSpace accepts it, the password did not change, and the next try rotates it. If ThingSpace ' +
    'refuses it for certain, "password-lost" follows. Any other answer proves nothing, and a later log-in asks again.',
  todo: [
    { do: 'open', when: 'If a sealed answer is kept:' },
    { do: 'wait', when: 'Apps may fail to log in meanwhile.' },
    { do: 'recover', when: 'You need not wait for the retry.' },
    { do: 'store', when: 'If even that does not resolve it, and apps cannot log in:' },
    { do: 'rotate', when: 'When it is resolved, the rotation that failed is still to be done.' },
  ],
  never: [
    NO_LOG_INS,
    'Before that, store only the sealed password, and have none reset.',
    OLD_ARE_DEAD,
    KEEP_THE_SEALED,
  ],
  section: 'password-unknown',
  names: ['OutcomeUnknownError', 'UnreadableAnswerError', 'password-unknown'],
};

export const unknownUnread: Situation = {
  ...unknown,
  short: 'changed or not: unknown, unless the sealed answer holds it',
  brief: 'Open the answer: see e-mail.',
  means: `${unknown.means} ${UNREAD}`,
  names: [],
};

export const superseded: Situation = {
  wellness: 'act',
  short: 'two passwords, neither accepted',
  brief: 'An operator must choose: see e-mail.',
  means:
    'A rotation received a new password and sealed it, but before it became current an operator stored another one. ' +
    'ThingSpace accepted neither that one, which is AWSCURRENT now, nor the sealed one. A refusal whose code does not name ' +
    'the password, as of a locked username, proves nothing: then either may be live. Apps cannot log in meanwhile.',
  byItself:
    'No log-in uses either of them again as it is, and the sealed password is kept. When another version of the secret is ' +
    'stored, the next rotation or daily check logs in once with it. If it works, it stays. If it is refused, and the ledger ' +
    'allows one more log-in, the function tries the sealed one once more, and puts it back if it works.',
  todo: [
    { do: 'changes', when: 'Ask the person who stored AWSCURRENT.' },
    {
      do: 'store',
      when: 'If that operator mistyped, if support has reset the password since, or if you cannot find out:',
    },
    {
      do: 'open',
      when: 'If support has not reset it, and no refusal of the sealed password names the password, the sealed one is live.',
    },
    { do: 'rotate', when: 'When one is stored, replace it.' },
  ],
  never: [NO_LOG_INS, NOT_BEFORE_STORED, KEEP_THE_SEALED],
  section: 'superseded',
  names: ['SupersededError'],
};

export const sealedUnproven: Situation = {
  ...superseded,
  short: 'two passwords, neither proven yet',
  means:
    'An operator stored a password while a new one was sealed. ThingSpace accepted neither, with a code that does not name ' +
    'the password.',
  byItself: 'Half an hour after the refusal a retry or the daily check tries once more.',
  names: ['SealedPasswordUnprovenError'],
};

export const notStored: Situation = {
  wellness: 'act',
  short: 'new password sealed, store not confirmed',
  brief: 'AWSCURRENT may be dead. Steps: see e-mail.',
  means:
    'A new password is received and sealed, and no invocation has confirmed that the secret holds it. Until then AWSCURRENT ' +
    'may be dead. Usual causes: the function’s rights on the secret, the secret’s policy, its KMS key, or its size.',
  byItself: 'Each retry, and the daily check, tries to store it again. ThingSpace is asked for nothing.',
  todo: [
    { do: 'recover' },
    { do: 'repair', when: 'If that fails, its error names the obstacle.' },
    { do: 'shorten' },
    { do: 'open', when: 'If it cannot be repaired soon:' },
    { do: 'recover', when: 'After any of these let the function see it.' },
    { do: 'store', when: 'If nobody can open the sealed answer:' },
    { do: 'rotate', when: 'Then close the rotation that failed.' },
  ],
  never: [NO_LOG_INS, 'Do not store the old password again: it is dead.', KEEP_THE_SEALED],
  section: 'not-stored',
  names: ['SecretStoreError', 'SecretTooLargeError'],
};

export const received: Situation = {
  ...notStored,
  short: 'new password not stored yet',
  means: 'The new password is sealed, and NOT yet in the secret: AWSCURRENT is dead.',
  names: [],
};

export const notConfirmed: Situation = {
  ...notStored,
  short: 'new password not confirmed',
  means:
    'A new password was received and is sealed, and AWSCURRENT is no longer on the version that it replaced; no invocation ' +
    'has confirmed yet what it is on.',
  names: [],
};

export const unusablePassword: Situation = {
  wellness: 'act',
  short: 'new password cannot be used',
  brief: 'It is sealed. Phone support: see e-mail.',
  means:
    'ThingSpace made a password that cannot be used: it holds a character that ThingSpace itself or XML refuses, or is larger ' +
    'than the 64 KB that Secrets Manager stores. It is sealed. AWSCURRENT holds the password that it replaced: apps cannot ' +
    'log in.',
  byItself: STORED_ENDS,
  todo: [{ do: 'store' }, { do: 'rotate', when: 'The password was spoken on a phone: replace it.' }],
  never: [NO_LOG_INS, 'Do not store the old password again: it is dead.', KEEP_THE_SEALED],
  section: 'unusable-password',
  names: ['UnusablePasswordError'],
};

export const currentDead: Situation = {
  wellness: 'act',
  short: 'AWSCURRENT holds no password that works',
  brief: 'Try none by hand. Steps: see e-mail.',
  means:
    'AWSCURRENT holds a password that ThingSpace has refused or that a rotation has replaced, or no credential (not JSON, ' +
    'binary, a blank at the end of the username). It may be dead, or the username may be locked. Apps cannot log in.',
  byItself:
    'No log-in uses that password again. If another password is known that may work, the daily check proves it by one ' +
    `log-in and puts it back. ${STORED_ENDS}`,
  todo: [
    { do: 'changes', when: 'Ask the person who stored AWSCURRENT.' },
    OTHER_ACCOUNT,
    { do: 'recover', when: 'If another password may work, you need not wait for the daily check.' },
    { do: 'store' },
    { do: 'rotate', when: 'Replace the password that you stored.' },
  ],
  never: [NO_LOG_INS, NOT_BEFORE_STORED, OLD_ARE_DEAD],
  section: 'stored-password-refused',
  names: [
    'PasswordRefusedError',
    'StoredPasswordRefusedError',
    'SecretShapeError',
    'LogInRefusedError',
    'stored-password-refused',
  ],
};
