import type { StandingTrouble } from '../event.ts';
import { instant, oneLine } from '../legible.ts';
import { editSecret, recoverNow, rotateNow, type Setting, showErrors } from '../steps.ts';
import { openTheGuard } from './guard-closed.ts';
import { openCommand, operatorCommand } from './operator-command.ts';
import type { TroubleAdvice } from './shape.ts';

/** The troubles in which the passwords may be good, but something around them stops the automation. */
type Advise = (event: StandingTrouble, setting: Setting) => TroubleAdvice;

export const guardClosed: Advise = (event, setting) => ({
  headline: 'log-ins stopped, our share is used up',
  brief: 'No tries by hand. Steps: see e-mail.',
  happened: [
    `So many log-ins of "${oneLine(event.username)}" failed, or may have failed, that the rotation and every app that ` +
      'asks our ledger present no password any more.',
  ],
  next: ['Rotations and apps fail at once with a clear error and send nothing; that costs no log-in.'],
  todo: openTheGuard(event, setting),
  never: [
    'Do not try passwords by hand: few failures are left until ThingSpace locks the username.',
    'Do not delete or edit the item in the ledger table: it makes the guard blind, and the next retries lock the username.',
  ],
});

export const usernameChanged: Advise = (event) => ({
  headline: 'username in the secret was changed',
  brief: 'Put it back, or adopt it: see e-mail.',
  happened: [
    'The secret names another username than the one that an unfinished password change, or the last rotation, was ' +
      `about. (This message goes by "${oneLine(event.username)}".) What is sealed for the old one is kept.`,
  ],
  next: ['Nothing is rotated under either name until a person has said which one it is.'],
  todo: [
    editSecret(
      event,
      'If the change was a mistake: put the old username back, in its old spelling.',
      'change only "username", keep every other member',
    ),
    {
      text:
        'If it is meant: take the new username over with the operator tool (in a checkout of this project; runbook, ' +
        'below). What is sealed for the old one stays kept.',
      commands: [operatorCommand('adopt', event)],
    },
    rotateNow(event, 'Then let the function go on with what is unfinished, or make a new password.'),
  ],
  never: ["Do not delete the ledger's item of either username: it may hold a sealed password."],
});

export const unreadableEnvelope: Advise = (event) => ({
  headline: 'a sealed answer does not open',
  brief: 'Keep the KMS key. Steps: see e-mail.',
  happened: [
    `A sealed answer about "${oneLine(event.username)}" does not open for the function: it was sealed under another KMS ` +
      'key or by another release, or the key is disabled or denied. It is kept and passed over.',
  ],
  next: [
    'Everything that does not need this answer goes on. If it is the answer of the last rotation, AWSCURRENT holds the ' +
      'password that was replaced, and apps cannot log in until it is opened or another one is stored.',
  ],
  todo: [
    {
      text:
        'See whether it opens for you (in a checkout of this project; runbook, below; needs kms:Decrypt on the key). ' +
        'The command names its rotation; an answer of an old rotation holds a dead password and is not needed.',
      commands: [openCommand(event)],
    },
    showErrors(event, 'If it is needed, see why it does not open for the function:'),
    recoverNow(
      event,
      'Repair that: enable the key or cancel its deletion, give the function kms:Decrypt on it, or deploy the release ' +
        'that sealed it. Then let the function look again.',
    ),
  ],
  never: ['Do not delete a KMS key that answers were sealed under: without it nobody can ever open them.'],
});

export const rotationFailing: Advise = (event) => ({
  headline: 'a rotation failed and is not finished',
  brief: 'Repair, then rotate. Steps: see e-mail.',
  happened: [
    event.errorName === undefined
      ? `A rotation of "${oneLine(event.username)}" was begun and is not finished: its version still waits for a ` +
        'password. Its invocations were stopped, or could not say here why they failed.'
      : `A rotation of "${oneLine(event.username)}", or the daily check, has failed, and no rotation was finished ` +
        `since. The last error: ${oneLine(event.errorName)}.`,
  ],
  next: [
    'Secrets Manager may try the rotation again; when, is not known. The daily check finishes what was received, but begins ' +
      'no rotation.',
  ],
  todo: [
    showErrors(event, 'Read the last error: its message says what happened and what to do.'),
    {
      text: 'See where the credential stands (in a checkout of this project; runbook, below); it changes nothing.',
      commands: [operatorCommand('status', event)],
    },
    rotateNow(event, 'When what the error names is repaired, or has passed:'),
  ],
  never: ['Do not try passwords by hand: a failed log-in counts, and a few of them lock the username.'],
});

export const held: Advise = (event) => {
  const { holder } = event;
  const whose = holder
    ? `the password change of "${oneLine(holder.username)}" (secret ${oneLine(holder.secretArn, 2048)}) is not ` +
      `settled (${oneLine(holder.why)} since ${instant(holder.since)})`
    : 'the password change of another credential is not settled';
  return {
    headline: 'rotation held by another one',
    brief: 'Settle that one, or release: see e-mail.',
    happened: [
      `The rotation of "${oneLine(event.username)}" did not begin: ${whose}, and the same fault may affect this one, too. ` +
        'No log-in was spent, and the password is as it was.',
    ],
    next: [
      'No new password is asked for until that change is settled, or an operator overrides the hold of this rotation. Then ' +
        '"exchanges-resume" says how rotations that were held can be started again.',
    ],
    todo: [
      {
        text: 'See what that change waits for (in a checkout of this project; runbook, below), and settle it:',
        commands: [operatorCommand('status', { ...event, secretArn: holder?.secretArn ?? event.secretArn })],
      },
      {
        text: 'If its secret is out of service, or its cause was its own: let the others go on. It asks first:',
        commands: [operatorCommand('release', event)],
      },
      {
        text: 'Then let those that were held rotate, one after another:',
        commands: [`${operatorCommand('rotate', event)} --held`],
      },
    ],
    never: ['Do not press "Rotate secret immediately" before that: it would only be held again.'],
  };
};
