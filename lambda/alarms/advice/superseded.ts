import type { Advice } from '../advice.ts';
import type { Superseded } from '../event.ts';
import { oneLine } from '../legible.ts';
import { phoneSupport, recoverNow, type Setting, showVersions, storePassword } from '../steps.ts';
import { openCommand } from './operator-command.ts';

export function superseded(event: Superseded, setting: Setting): Advice {
  return {
    headline: 'stored password refused, a sealed one waits',
    brief: 'A person chooses: see e-mail. Try neither by hand.',
    happened: [
      `A rotation received a new password for "${oneLine(event.username)}" and sealed it, but before it became ` +
        'current somebody stored another one in the secret. That one, AWSCURRENT now, was refused by ThingSpace ' +
        '(one failed log-in). Two candidates are left and a machine must not guess: it could make a dead ' +
        'password current. Apps cannot log in meanwhile.',
    ],
    next: [
      'Nothing is presented again and nothing is overwritten. The sealed password is kept until a stored one works.',
    ],
    todo: [
      showVersions(event, 'See when AWSCURRENT was stored, and ask who stored it and from where:'),
      storePassword(
        event,
        'If that person mistyped, or support has reset the password since: store the right password as a new version.',
      ),
      {
        text:
          'If nobody reset the password at ThingSpace: the sealed one is the live one. Open it (in a checkout of this ' +
          'project; runbook, below; needs kms:Decrypt on the key) and store it with the commands of step 2.',
        commands: [openCommand(event)],
      },
      phoneSupport(event, setting, 'If nobody knows, let support decide it, and store what they give you.'),
      recoverNow(event, 'After you chose, let the function log in once with what is stored, and go on.'),
    ],
    never: [
      'Do not try both passwords by hand: one of them is dead, and a failed log-in counts.',
      'Do not press "Rotate secret immediately", and do not delete the ledger\'s item: it holds the sealed password.',
    ],
    facts: [['rotation of the sealed password', oneLine(event.token)]],
  };
}
