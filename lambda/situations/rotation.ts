import { NO_LOG_INS } from './password.ts';
import type { Situation } from './situation.ts';

/** The situations in which the passwords may be good, but the rotation stops. */

export const usernameChanged: Situation = {
  wellness: 'act',
  short: 'the username in the secret was changed',
  brief: 'Put it back, or adopt it: see e-mail.',
  means:
    'The secret names another username than its last rotation, or than an unfinished exchange. The sealed answers of the old ' +
    'username are kept.',
  byItself: 'The function rotates the password of neither username until an operator has decided.',
  todo: [
    { do: 'store-username' },
    { do: 'adopt', when: 'If the change is meant:' },
    { do: 'rotate', when: 'Then let the function continue.' },
  ],
  never: ['Do not delete the ledger’s item of either username: it may hold a sealed password.'],
  section: 'username-changed',
  names: ['UsernameChangedError'],
};

export const unreadableEnvelope: Situation = {
  wellness: 'act',
  short: 'a sealed answer does not open',
  brief: 'Keep the KMS key. Steps: see e-mail.',
  means:
    'A sealed answer does not open for the function: its KMS key is disabled or denied, or another version of the software ' +
    'sealed it. If it is the answer of the last rotation, AWSCURRENT may be dead.',
  byItself: 'The answer is kept. The function continues with the work that does not need it.',
  todo: [
    {
      do: 'repair',
      when: 'Enable the key or cancel its deletion, allow the function kms:Decrypt, or deploy the version that sealed it.',
    },
    { do: 'recover' },
    { do: 'open', when: 'If it cannot be repaired, and opens for you:' },
  ],
  never: ['Do not delete its KMS key: the answer never opens without it.'],
  section: 'unreadable-envelope',
  names: ['EnvelopeError', 'SealingKeyError'],
};

export const rotationFailing: Situation = {
  wellness: 'act',
  short: 'a rotation has failed',
  brief: 'Repair, then rotate. Steps: see e-mail.',
  means: 'A rotation, or the daily check, has failed or was stopped, and no rotation was finished since.',
  byItself:
    'Secrets Manager may retry it; the time is not known. The daily check finishes what was received, and begins no ' +
    'rotation.',
  todo: [
    { do: 'status', when: 'Read the last error: its text names the obstacle.' },
    { do: 'rotate', when: 'When that is repaired, or has passed:' },
    { do: 'repair', when: 'If it fails again:' },
  ],
  never: [NO_LOG_INS],
  section: 'rotation-failing',
  names: ['Errors'],
};

export const held: Situation = {
  wellness: 'act',
  short: 'waits for another credential',
  brief: 'Resolve that one, or override: see e-mail.',
  means:
    'An exchange of another credential of this service has failed, and its cause may affect this one: its rotation did not ' +
    'begin, and its password is as it was.',
  byItself:
    'When that exchange is resolved, or an operator overrides the hold, "exchanges-resume" reports that this rotation can be ' +
    'started again.',
  todo: [{ do: 'settle-holder' }, { do: 'release' }, { do: 'rotate-held' }],
  never: ['Do not press "Rotate secret immediately" before that: the rotation would only be held again.'],
  section: 'held',
  names: ['ExchangesHeldError'],
};

export const paused: Situation = {
  wellness: 'goes-on',
  short: 'rotation is paused',
  means:
    'An operator has paused the rotation: none begins an exchange until the end of the pause, and no message calls that a ' +
    'failure. Recovery continues.',
  byItself:
    '"pause-over" reports the end of the pause, and the daily check has Secrets Manager start a rotation that came due.',
  todo: [{ do: 'wait' }, { do: 'resume' }],
  section: 'pause-over',
  names: ['RotationPausedError'],
};

export const rotationSoon: Situation = {
  wellness: 'well',
  short: 'a scheduled rotation comes soon',
  brief: 'Apps that keep a copy: see e-mail.',
  means:
    'Secrets Manager is going to rotate the password on schedule. ThingSpace disables the old password at that moment: an app ' +
    'that keeps a copy of it fails until it reads the secret again.',
  byItself: 'The rotation runs in its window, and "password-rotated" reports its end.',
  todo: [
    { do: 'nothing', when: 'If every reader reads the secret again after a failure:' },
    { do: 'restart-apps', when: 'After the rotation: a reader whose last read is long ago keeps a copy.' },
  ],
  section: 'rotation-soon',
  names: ['rotation-soon'],
};
