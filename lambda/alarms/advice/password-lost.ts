import { meaningOf } from '../../thingspace/codes.ts';
import type { AlarmEvent, PasswordLost } from '../event.ts';
import { oneLine } from '../legible.ts';
import { standingWords } from '../standing.ts';
import { phoneSupport, recoverNow, rotateNow, type Setting, type Step, storePassword } from '../steps.ts';
import { othersHeld } from './exchanges-held.ts';
import { openSealed } from './password-unknown.ts';
import type { Advice } from './shape.ts';

export function passwordLost(event: PasswordLost, setting: Setting): Advice {
  return {
    headline: 'password lost, a person must reset it',
    brief: event.sealedAnswer
      ? 'A sealed answer may hold it. Steps: see e-mail.'
      : 'Phone M2M Support for a reset. Steps: see e-mail.',
    happened: [
      lostWords(event),
      ...refusedWords(event),
      event.sealedAnswer
        ? 'An answer did arrive that could not be read. It is kept, sealed with the KMS key, and may hold the new password.'
        : 'No copy of the new password has been found: not in the secret, not in the ledger, and not in the function’s ' +
          'log. The log may show a line hours after it was written.',
    ],
    next: [...lostNext, ...othersHeld(event, setting)],
    todo: [
      ...openSealed(event),
      ...restore(event, setting, event.sealedAnswer ? 'If it is not there:' : 'Now:'),
    ],
    never: [
      ...lostNever,
      event.sealedAnswer
        ? "Do not delete the ledger's item or the function's log group: they hold the sealed answer."
        : "Do not delete the ledger's item: it is what stops the retries from locking the username. Do not delete the " +
          "function's log group: it may hold the new password, sealed.",
    ],
    facts: [
      ['rotation', oneLine(event.token)],
      ['sealed answer', event.sealedAnswer ? 'yes' : 'no'],
    ],
  };
}

function refusedWords({ refused }: PasswordLost): string[] {
  if (!refused) return [];
  const { code, versionId } = refused;
  const why = code === undefined ? 'without an error code' : `${meaningOf(code).words} (${oneLine(code)})`;
  return [
    `One log-in with the old password (version ${oneLine(versionId)}) has proven it: refused, ${why}. Failed log-ins: ` +
      `${standingWords(refused)}.`,
  ];
}

/** Shared with the message that repeats it. */
export const lostWords = ({ username }: AlarmEvent): string =>
  `ThingSpace was asked for a new password for "${oneLine(username)}", no answer that holds it could be read so far, and ` +
  'the old password is refused now. Either the password changed, or the username is locked. AWSCURRENT does not ' +
  'work: apps cannot log in.';

export const lostNext = [
  "Each retry and each daily check searches the function's log again, for as long as the log is kept. An answer that it " +
    'finds is made current by itself; the message "rolled-forward" says so.',
  'Nothing is sent to ThingSpace for this credential, however often Secrets Manager retries, until a new ' +
    'version of the secret is stored. The next rotation or recover then logs in once with it and goes on.',
];

/** The steps after a loss: support resets the password, and an operator stores it. */
export function restore(event: AlarmEvent, setting: Setting, lead: string): Step[] {
  return [
    phoneSupport(event, setting, lead),
    storePassword(event, 'Store the working password as a new version of the secret.'),
    recoverNow(event, 'Let the function take it up now: one log-in with it ends the stop.'),
    rotateNow(event, 'Then replace the password, which was spoken on the phone.'),
    { text: 'Restart apps that do not read the secret again by themselves.' },
  ];
}

export const lostNever = [
  'Do not try the old password, or guesses: they fail, and failed log-ins lock the username.',
  'Do not press "Rotate secret immediately" before a new version is stored: nothing would be sent. Do not move ' +
    'AWSCURRENT to an older version: older passwords are dead.',
];
