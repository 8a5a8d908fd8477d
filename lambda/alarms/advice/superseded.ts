import type { AlarmEvent, Superseded } from '../event.ts';
import { oneLine } from '../legible.ts';
import { phoneSupport, rotateNow, type Setting, type Step, showVersions, storePassword } from '../steps.ts';
import { openCommand } from './operator-command.ts';
import type { Advice } from './shape.ts';

export function superseded(event: Superseded, setting: Setting): Advice {
  return {
    headline: 'stored password refused, a sealed one waits',
    brief: 'A person chooses: see e-mail. Try neither by hand.',
    happened: [supersededWords(event)],
    next: supersededNext,
    todo: chooseOne(event, setting),
    never: supersededNever,
    facts: [['rotation of the sealed password', oneLine(event.token)]],
  };
}

/** Shared with the message that repeats it. */
export const supersededWords = ({ username }: AlarmEvent): string =>
  `A rotation received a new password for "${oneLine(username)}" and sealed it, but before it became current ` +
  'somebody stored another one in the secret. ThingSpace accepted neither that one, which is AWSCURRENT now, nor the ' +
  'sealed one (each refusal has a message "failed-log-in"). A refusal whose code does not name the password, as of a ' +
  'locked username, proves nothing: then either may be live. Nothing is made current that was not proven. Apps cannot ' +
  'log in meanwhile.';

export const supersededNext = [
  'Neither is presented again as it is, nothing is overwritten, and the sealed password is kept.',
  'When another version of the secret is stored, the next rotation or recover logs in once with it. It works: it ' +
    'stays, and the sealed one is kept aside. It is refused: if the log-ins that are left allow it, the sealed one ' +
    'is asked once, and if that works it is put back by itself.',
];

export function chooseOne(event: AlarmEvent, setting: Setting): Step[] {
  return [
    showVersions(event, 'See when AWSCURRENT was stored, and ask who stored it and from where:'),
    storePassword(
      event,
      'If that person mistyped, or support has reset the password since: store the right password as a new version.',
    ),
    {
      text:
        'If nobody reset the password at ThingSpace since, and no refusal of the sealed one names the password: it is the ' +
        'live one. Open it (in a checkout of this project; runbook, below; needs kms:Decrypt on the key) and store it with ' +
        'the commands of step 2.',
      commands: [openCommand(event)],
    },
    phoneSupport(event, setting, 'If nobody knows, let support decide it, and store what they give you.'),
    rotateNow(
      event,
      'When you have stored one: let the function log in once with it, and go on with a password that nobody has seen.',
    ),
  ];
}

export const supersededNever = [
  'Do not try both passwords by hand: one of them is dead, and a failed log-in counts.',
  'Do not press "Rotate secret immediately" before a new version is stored: it would only fail again.',
  "Do not delete the ledger's item: it holds the sealed password.",
];
