import { NO_LOG_INS } from './password.ts';
import type { Situation } from './situation.ts';
import { OTHER_ACCOUNT } from './steps.ts';

/** The situations of a log-in that failed, or may have failed. */

const DONT_FORCE = 'Do not restart apps or rotations to "force" it: each attempt may cost one more.';

export const logInRefused: Situation = {
  wellness: 'act',
  short: 'log-in refused',
  brief: 'Steps: see e-mail.',
  means:
    'ThingSpace refused a log-in of the rotation, an app, or an operator. It counts toward the lock of the username.',
  byItself:
    'No log-in uses the password of this version again, except once after half an hour where the refusal may have had another ' +
    'cause. Retries of Secrets Manager fail at once and cost no log-in. If the password that worked last is another one, the ' +
    'next rotation or daily check proves it by one log-in and puts it back ("put-back").',
  todo: [
    {
      do: 'status',
      when: 'If an app was refused with another version than AWSCURRENT, restart it: its cached password is dead.',
    },
    { do: 'store', when: 'Otherwise the secret holds a wrong password, or the username is locked.' },
    { do: 'rotate', when: 'If the next scheduled rotation is too late:' },
  ],
  never: [
    NO_LOG_INS,
    'Do not press "Rotate secret immediately" before a new version is stored: it would only fail.',
  ],
  section: 'failed-log-in',
  names: ['TrialFailedError'],
};

export const probeRefused: Situation = {
  ...logInRefused,
  wellness: 'goes-on',
  short: 'test log-in refused',
  brief: 'Another message gives the result.',
  means:
    'ThingSpace refused a log-in that tests which of several passwords is live. It counts toward the lock of the username.',
  byItself: 'Another message gives the result, usually within minutes: lost, put back, or a choice for you.',
  todo: [],
  never: [NO_LOG_INS],
  names: [],
};

export const logInReplaced: Situation = {
  ...logInRefused,
  wellness: 'goes-on',
  short: 'log-in with a replaced password refused',
  brief: 'No action is needed.',
  means:
    'A rotation replaced the password while a log-in with it was under way, and ThingSpace refused it. It counts until the next success.',
  byItself:
    'The next successful log-in, usually the test of the new password, clears the count. Apps that read AWSCURRENT get the new password.',
  todo: [],
  never: [NO_LOG_INS, 'Do not store the password that was refused: it is dead.'],
  names: [],
};

export const logInUnanswered: Situation = {
  wellness: 'goes-on',
  short: 'log-in unanswered',
  brief: 'Alone: no action. If it repeats: see e-mail.',
  means:
    'A log-in got no usable answer. It counts toward the lock of the username, because it may have failed.',
  byItself:
    'The next successful log-in clears the count. Before it the automation waits 1 minute, after another unanswered one 30 minutes.',
  todo: [
    {
      do: 'repair',
      when: 'If it repeats, check ThingSpace’s status page and the function’s network (VPC, NAT gateway, DNS).',
    },
  ],
  never: [NO_LOG_INS, DONT_FORCE],
  section: 'failed-log-in',
  names: [
    'LogInUnknownError',
    'NoAnswerError',
    'UnusableAnswerError',
    'AnswerFormatError',
    'XmlError',
    'JsonError',
  ],
};

export const guardClosed: Situation = {
  wellness: 'act',
  short: 'log-ins stopped',
  brief: 'Try none by hand. Steps: see e-mail.',
  means:
    'So many log-ins failed, or may have failed, that the rotation makes no log-in until an operator acts.',
  byItself:
    'Rotations and apps fail at once, send nothing, and cost no log-in. Where one log-in of the automation’s share is left, it is ' +
    'kept for a new version of the secret: its password is tried once, and a success ends the stop.',
  todo: [
    {
      do: 'audit',
      when: 'Find the app that used the log-ins up, and stop it, or restart it so that it reads AWSCURRENT again.',
    },
    { do: 'open', when: 'If a new password waits sealed:' },
    OTHER_ACCOUNT,
    { do: 'trial' },
    { do: 'store', when: 'If AWSCURRENT is wrong:' },
    { do: 'unlocked', when: 'If you are not sure, or the trial is refused:' },
    { do: 'recover' },
    { do: 'rotate', when: 'If a rotation failed meanwhile, it is still to be done.' },
  ],
  never: [
    NO_LOG_INS,
    'Do not delete or edit the item in the ledger’s table: the guard would be blind, and the next retries would lock the username.',
    'Do not press "Rotate secret immediately" before a new version is stored: it would only fail.',
  ],
  section: 'guard-closed',
  names: ['BudgetSpentError', 'LockoutGuardError', 'LockoutExposure', 'LogInStoppedError'],
};

/** The ledger's table was deleted and made again, or restored: the item does not know the log-ins that came after it. */
export const countUnknown: Situation = {
  wellness: 'act',
  short: 'the ledger is new or was restored',
  brief: 'Log-ins stopped. Steps: see e-mail.',
  means:
    'The ledger’s table is younger than the log-ins that its item knows, or than the password. How many log-ins failed since, and ' +
    'whether a rotation was under way or paused, is not known.',
  byItself: 'Rotations and apps fail at once, send nothing, and cost no log-in.',
  todo: [
    {
      do: 'open',
      when: 'If the function’s log holds a newer password than AWSCURRENT:',
    },
    { do: 'trial' },
    { do: 'unlocked', when: 'If you are not sure, or the trial is refused:' },
    { do: 'recover' },
  ],
  never: [NO_LOG_INS, 'Do not restore the table a second time: it would lose the notes since then.'],
  section: 'the-ledger-is-gone-or-restored',
};
