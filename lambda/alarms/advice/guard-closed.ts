import type { AlarmEvent, GuardClosed } from '../event.ts';
import { oneLine } from '../legible.ts';
import { byHand, leftOf, standingWords } from '../standing.ts';
import { phoneSupport, recoverNow, type Setting, type Step, showVersions, storePassword } from '../steps.ts';
import { operatorCommand } from './operator-command.ts';
import type { Advice } from './shape.ts';

export function guardClosed(event: GuardClosed, setting: Setting): Advice {
  const left = leftOf(event);
  const oneKept = event.exposure < event.budget;
  return {
    headline: `log-ins stopped, ${event.exposure} of ${event.limit} used`,
    brief: `${left} left for people. No tries by hand. Steps: see e-mail.`,
    happened: [
      `So many log-ins of "${oneLine(event.username)}" failed, or may have failed, that we have stopped: ` +
        'the rotation and every app that asks our ledger present no password any more.',
      `Failed log-ins: ${standingWords(event)}. ThingSpace locks the username at ${event.limit}.`,
    ],
    next: [
      'Rotations and apps fail at once with a clear error and send nothing; that costs no log-in.',
      oneKept
        ? 'The last log-in of our share is kept for a new version of the secret: its password is tried once, and ' +
          'if it works everything goes on by itself.'
        : 'It stays so, even for a new version of the secret, until a trial succeeds or a person says that support ' +
          'unlocked the username.',
    ],
    todo: openTheGuard(event, setting, left),
    never: [
      byHand(event),
      'Do not delete or edit the item in the ledger table: it makes the guard blind, and the next retries lock the username.',
      `Do not press "Rotate secret immediately" ${oneKept ? 'before a new version is stored' : 'before the guard is open'}: it would only fail.`,
    ],
    facts: [],
  };
}

/** `left`: log-ins until the lock, where that is known; the ledger allows no trial that could lock. */
export function openTheGuard(event: AlarmEvent, setting: Setting, left?: number): Step[] {
  const mayTry = left === undefined || left > 1;
  return [
    {
      text:
        'Find who used the log-ins up: each failure had an alarm of its own ("failed-log-in") that names the ' +
        'app and the cause. Stop that app, or restart it so that it reads AWSCURRENT again.',
    },
    showVersions(event, 'See whether somebody changed the secret lately:'),
    storePassword(event, 'If the stored password is wrong and you know the right one, store it.'),
    ...(mayTry
      ? [
          {
            text:
              'Are you sure that AWSCURRENT is right now? Then make one trial with the operator tool (in a ' +
              'checkout of this project; runbook, below): a single log-in from the share of the people. ' +
              'Its success clears the count, and everything goes on.',
            commands: [operatorCommand('trial', event)],
          },
        ]
      : []),
    phoneSupport(
      event,
      setting,
      mayTry
        ? 'If you are not sure, or the trial is refused:'
        : 'If nobody knows it, or the username is locked:',
    ),
    { text: 'Store the password that support gave you, as a new version: the commands of step 3.' },
    {
      text:
        'Right after the call, say with the operator tool that support unlocked the username: the count starts ' +
        'from zero. It says when to come again (something is still under way) or that it is not needed.',
      commands: [operatorCommand('unlocked', event)],
    },
    recoverNow(event, 'Let the function finish what waits.'),
  ];
}
