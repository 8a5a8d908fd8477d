import type { PasswordRotated, RolledForward } from '../event.ts';
import { instant, oneLine } from '../legible.ts';
import type { Advice } from './shape.ts';

export function rolledForward(event: RolledForward): Advice {
  return {
    headline: event.alreadyCurrent ? 'rotation found done' : 'sealed password made current',
    brief: 'Nothing is lost. Look into the logs today.',
    happened: [
      ...(event.alreadyCurrent ? alreadyCurrentWords(event) : madeCurrentWords(event)),
      ...(event.notStoredSince === undefined
        ? []
        : [`That it could not be stored, as we told you since ${instant(event.notStoredSince)}, is over.`]),
    ],
    next: [
      'The next step of the rotation, or the next rotation, logs in with the new password. This message stands for ' +
        '"password-rotated" of the rotation that sealed it, too.',
      'A rotation that was asked for since makes a newer password, unless this one was never in the secret before.',
    ],
    todo: [
      {
        text: 'Restart apps that cache the old password, if they do not read the secret again by themselves.',
      },
      {
        text:
          "Today, not tonight: look in the function's log why the earlier invocation ended (a timeout, a denied " +
          'or throttled call), before the next rotation meets the same.',
      },
    ],
    never: ['Do not restore an older version of the secret: its password is dead.'],
    facts: [
      ['rotation', oneLine(event.token)],
      ['sealed by rotation', oneLine(event.sealedUnder)],
    ],
  };
}

const madeCurrentWords = ({ username }: RolledForward): string[] => [
  `An earlier invocation received a new password for "${oneLine(username)}" and sealed it, but ended before Secrets ` +
    'Manager had it. This invocation opened the seal and made it AWSCURRENT. ThingSpace was asked for nothing again.',
  'Until now AWSCURRENT held the dead password: apps that logged in meanwhile were refused.',
];

const alreadyCurrentWords = ({ username }: RolledForward): string[] => [
  `An earlier invocation received a new password for "${oneLine(username)}" and sealed it. AWSCURRENT holds it already: that ` +
    'invocation, or an operator, stored it there, and the ledger did not have it. This invocation has written that down. ' +
    'ThingSpace was asked for nothing again.',
];

export function passwordRotated(event: PasswordRotated): Advice {
  return {
    headline: 'password rotated',
    brief: 'Nothing to do.',
    happened: [
      `"${oneLine(event.username)}" has a new password. It is AWSCURRENT, one log-in with it worked, and the old one is dead.`,
    ],
    next: ['The next rotation comes as scheduled.'],
    todo: [],
    never: ['Do not restore an older version of the secret: its password is dead.'],
    facts: [['rotation', oneLine(event.token)]],
  };
}
