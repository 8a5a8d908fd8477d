import type { StandingTrouble } from '../event.ts';
import { oneLine } from '../legible.ts';
import {
  editSecret,
  phoneSupport,
  recoverNow,
  rotateNow,
  type Setting,
  type Step,
  showErrors,
  showVersions,
  storePassword,
} from '../steps.ts';
import { othersHeld } from './exchanges-held.ts';
import { lostNever, lostNext, lostWords, restore } from './password-lost.ts';
import { openAndStore } from './password-unknown.ts';
import type { TroubleAdvice } from './shape.ts';
import { chooseOne, supersededNever, supersededNext, supersededWords } from './superseded.ts';

/** The troubles in which no password, or the wrong one, is AWSCURRENT. */
type Advise = (event: StandingTrouble, setting: Setting) => TroubleAdvice;

const storedPasswordEnds =
  'When another version of the secret is stored, the next rotation or recover logs in once with it and goes on.';
const keepTheSealed =
  "Do not delete the ledger's item or the function's log group: they hold the sealed password.";
const noTries = 'Do not try passwords by hand: a failed log-in counts, and a few of them lock the username.';

/** The steps with support, which resets the password only when there is no other way. */
const askSupport = (event: StandingTrouble, setting: Setting, lead: string): Step[] => [
  phoneSupport(event, setting, lead),
  storePassword(event, 'Store what support gave you as a new version of the secret.'),
  rotateNow(event, 'Let the function log in once with it, and replace it: it was spoken on the phone.'),
];

export const lost: Advise = (event, setting) => ({
  headline: 'password lost, a person must reset it',
  brief: 'Look for a sealed answer, or phone: see e-mail.',
  happened: [lostWords(event)],
  next: [...lostNext, ...othersHeld(event, setting)],
  todo: [
    openAndStore(event, 'Open the sealed answer, if one is kept'),
    ...restore(event, setting, 'If there is none, or it holds no password:'),
  ],
  never: [...lostNever, keepTheSealed],
});

export const unknown: Advise = (event, setting) => ({
  headline: 'password change not settled',
  brief: 'See why it cannot be settled: see e-mail.',
  happened: [
    `ThingSpace was asked to make a new password for "${oneLine(event.username)}" and no answer that can be read came ` +
      'back. One log-in with the old password settles whether it was changed, but no certain answer to that came either ' +
      '(no connection, an error code that is not published, or our share of log-ins is used up).',
  ],
  next: [
    'Each retry, and the daily recover, asks again within the rules that protect the username.',
    ...othersHeld(event, setting),
  ],
  todo: [
    openAndStore(event, 'Open the sealed answer, if one is kept'),
    showErrors(event, 'Otherwise see why it cannot be settled: the last error says it.'),
    recoverNow(
      event,
      'When that is repaired (network, ThingSpace itself, the guard), let the function settle it.',
    ),
    ...askSupport(event, setting, 'If it lasts, and apps cannot log in:'),
  ],
  never: [noTries, 'Do not move AWSCURRENT to an older version: older passwords are dead.'],
});

export const superseded: Advise = (event, setting) => ({
  headline: 'stored password refused, a sealed one waits',
  brief: 'A person chooses. Try neither by hand.',
  happened: [supersededWords(event)],
  next: supersededNext,
  todo: chooseOne(event, setting),
  never: supersededNever,
});

export const notStored: Advise = (event) => ({
  headline: 'new password sealed, store not confirmed',
  brief: 'AWSCURRENT may be dead. Repair, recover: e-mail.',
  happened: [
    `ThingSpace has made a new password for "${oneLine(event.username)}". It is received and sealed, but Secrets Manager ` +
      'has not confirmed that it stored it. Until it does, AWSCURRENT may hold the password that was replaced, which no app ' +
      'can log in with.',
  ],
  next: ['Each retry, and the daily recover, tries to store it again. ThingSpace is asked for nothing.'],
  todo: [
    showErrors(
      event,
      'See why it cannot be stored: an error of the function says which call was refused. Usual causes: the ' +
        "function's rights on the secret, the secret's own policy, or its KMS key was changed; or the secret has no room " +
        'left (64 KB).',
    ),
    editSecret(
      event,
      'If it has no room: shorten other members, or move them to a secret of their own.',
      'shorten other members by as many bytes as the error says, leave "password" as it is',
    ),
    recoverNow(event, 'When the cause is repaired, let the function store it.'),
    openAndStore(event, 'If it cannot be repaired soon: open the sealed password'),
    recoverNow(event, 'Then let the function see that it works; it changes nothing of it.'),
  ],
  never: [noTries, keepTheSealed, 'Do not go back to the old password: it is dead.'],
});

export const unusable: Advise = (event, setting) => ({
  headline: 'new password cannot be used',
  brief: 'It is sealed. Phone support: see e-mail.',
  happened: [
    `ThingSpace has made a new password for "${oneLine(event.username)}" that cannot be used: it holds a character that ` +
      'ThingSpace itself or XML refuses, or is larger than the 64 KB that Secrets Manager stores. It is sealed. ' +
      'AWSCURRENT holds the password that it replaced: apps cannot log in.',
  ],
  next: [
    `Nothing is sent to ThingSpace until the secret is changed. ${storedPasswordEnds}`,
    ...othersHeld(event, setting),
  ],
  todo: [
    showErrors(event, 'See what is wrong with it: the last error of the function says it.'),
    ...askSupport(event, setting, 'It cannot be repaired here:'),
  ],
  never: [noTries, keepTheSealed, 'Do not store the old password again: it is dead.'],
});

export const refused: Advise = (event, setting) => ({
  headline: 'AWSCURRENT holds no password that works',
  brief: 'Dead, or locked. Try none by hand: e-mail.',
  happened: [
    `AWSCURRENT holds a password of "${oneLine(event.username)}" that ThingSpace has refused, or that a rotation has ` +
      'replaced, or a value that holds no credential (not JSON, binary, a username with a blank at its end, …); and no ' +
      'password that we know could be proven to work. It may be dead, or the username may be locked. Apps cannot log in.',
  ],
  next: [`That password is not presented again, so retries cost no log-in. ${storedPasswordEnds}`],
  todo: [
    showVersions(event, 'See when AWSCURRENT was stored and what is wrong with it, and ask who stored it:'),
    storePassword(event, 'If you know the right password, store it as a new version.'),
    rotateNow(
      event,
      'Then let the function log in once with it, and go on with a password that nobody has seen.',
    ),
    ...askSupport(event, setting, 'If nobody knows the right one, or the username is locked:'),
  ],
  never: [
    noTries,
    'Do not press "Rotate secret immediately" before a new version is stored: it would only fail again. Do not move ' +
      'AWSCURRENT to an older version: older passwords are dead.',
  ],
});
