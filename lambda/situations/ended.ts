import { NO_LOG_INS } from './password.ts';
import type { Situation } from './situation.ts';

/** The situations that end well. */

const NO_RESTORE = 'Do not restore an older version of the secret: its password is dead.';

export const rotated: Situation = {
  wellness: 'well',
  short: 'password rotated',
  brief: 'No action is needed.',
  means:
    'The new password is AWSCURRENT. ThingSpace accepted one log-in with it, and the old password is dead.',
  byItself: 'The next rotation comes as scheduled.',
  todo: [],
  never: [NO_RESTORE],
  section: 'password-rotated',
  names: ['password-rotated', 'RotationSucceeded'],
};

export const rolledForward: Situation = {
  wellness: 'well',
  short: 'sealed password made current',
  brief: 'Nothing is lost. Read the log today.',
  means:
    'An earlier invocation received a new password and sealed it, but ended before the secret held it. A later one opened the ' +
    'seal and made the password AWSCURRENT. ThingSpace was asked for nothing again. Before that, AWSCURRENT held the dead password.',
  byItself:
    'The next step of the rotation, or the next rotation, logs in with it. No "password-rotated" of the earlier rotation follows. ' +
    'A rotation that was started since makes a newer password, unless the secret never held this one before.',
  todo: [
    { do: 'restart-apps' },
    {
      do: 'status',
      when: 'Today, not tonight: the function’s log says why the earlier invocation ended (a timeout, a denied call).',
    },
  ],
  never: [NO_RESTORE],
  section: 'rolled-forward',
  names: ['rolled-forward'],
};

export const foundCurrent: Situation = {
  ...rolledForward,
  short: 'rotation found done',
  means:
    'An earlier invocation received a new password and sealed it. AWSCURRENT holds it already: that invocation or an operator ' +
    'stored it, and the ledger has it now. ThingSpace was asked for nothing again.',
  names: [],
};

export const putBack: Situation = {
  wellness: 'well',
  short: 'live password put back',
  brief: 'It works. Ask who stored a dead one.',
  means:
    'AWSCURRENT held a dead password, or no credential: an operator stored a wrong one, saved a stale editor, or moved the label ' +
    'back. One log-in proved the live password, and it is AWSCURRENT again. Other members that were edited are kept, unless that ' +
    'version was not a JSON object.',
  byItself: 'The next rotation comes as scheduled.',
  todo: [
    { do: 'status', when: 'See when the dead password was stored, and tell its operator.' },
    { do: 'restart-apps' },
  ],
  never: ['Do not store the dead password again, and do not move AWSCURRENT by hand.'],
  section: 'put-back',
  names: ['put-back'],
};

export const keptAside: Situation = {
  wellness: 'well',
  short: 'stored password works and stays',
  brief: 'No action is needed.',
  means:
    'A rotation sealed a new password, but before it was stored an operator stored another one. One log-in proved that one: it ' +
    'is the newer password, and it stays AWSCURRENT. The sealed one is set aside and overwrites no version.',
  byItself: 'The rotation continues from the password that works.',
  todo: [],
  never: ['Do not store the sealed password: it is dead.'],
  section: 'kept-aside',
  names: ['kept-aside'],
};

export const troubleOver: Situation = {
  wellness: 'well',
  short: 'over',
  brief: 'No action is needed.',
  means: 'A trouble that was announced is over.',
  byItself:
    'The next rotation comes as scheduled. If one has failed meanwhile, the daily check reports that in a message of its own.',
  todo: [],
  never: ['Do not follow the steps of the earlier messages.'],
  section: 'trouble-over',
  names: ['trouble-over'],
};

export const exchangesResume: Situation = {
  wellness: 'act',
  short: 'held rotations can start again',
  brief: 'Passwords are as they were: see e-mail.',
  means:
    'No exchange of one credential holds the service’s other rotations now, and some were held. Their passwords are as they were.',
  byItself: 'Secrets Manager may retry them; the time is not known.',
  todo: [{ do: 'rotate-held' }],
  never: ['Do not start them all at once: if the cause is still there, the first one shows it.'],
  section: 'exchanges-resume',
  names: ['exchanges-resume'],
};

export const pauseOver: Situation = {
  wellness: 'well',
  short: 'the pause is over',
  brief: 'Rotations begin again.',
  means: 'The pause that an operator had put on the rotation of this credential is over.',
  byItself: 'Rotations begin again.',
  todo: [],
  never: [NO_LOG_INS],
  section: 'pause-over',
  names: ['pause-over'],
};
