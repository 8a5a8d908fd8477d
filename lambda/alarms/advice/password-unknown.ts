import type { AlarmEvent, PasswordLost, PasswordUnknown } from '../event.ts';
import { instant, oneLine } from '../legible.ts';
import { recoverNow, type Setting, type Step } from '../steps.ts';
import { othersHeld } from './exchanges-held.ts';
import { openCommand } from './operator-command.ts';
import type { Advice } from './shape.ts';

export function passwordUnknown(event: PasswordUnknown, setting: Setting): Advice {
  const settlesAt = instant(event.settlesAt);
  return {
    headline: 'password change has no known outcome',
    brief: `Settled after ${settlesAt.slice(0, 16)}Z. Change nothing until then.`,
    happened: [
      `ThingSpace was asked to make a new password for "${oneLine(event.username)}" and no answer that can be ` +
        'read came back. Either nothing changed, or the password in AWSCURRENT is dead.',
      event.sealedAnswer
        ? 'An answer did arrive that could not be read. It is kept, sealed with the KMS key, and may hold the new password.'
        : 'No sealed answer that opens has been found so far. The function’s log may show one late, and one that KMS does not open now opens when its key works again.',
    ],
    next: [
      `Each retry of Secrets Manager, and the daily recover, searches the function’s log for the answer. After ${settlesAt} ` +
        'one of them makes one log-in with the old password. It works: nothing had changed, and the rotation goes on by itself. It is refused: the alarm ' +
        '"password-lost" follows. A refusal that may have another cause settles nothing and is asked again later.',
      'Until then nothing is sent to ThingSpace for this rotation.',
      ...othersHeld(event, setting),
    ],
    todo: [
      ...openSealed(event),
      {
        text: `${event.sealedAnswer ? 'If it is not there, wait' : 'Wait'} until ${settlesAt}. Apps may fail to log in meanwhile.`,
      },
      recoverNow(event, 'Then you may let the function settle it at once instead of waiting for the retry.'),
    ],
    never: [
      'Do not log in by hand with the old password: it may be dead, and a failed log-in counts.',
      `Do not store ${event.sealedAnswer ? 'another password than the one in the sealed answer' : 'any password'}, and have none ` +
        'reset, before it is settled. "Rotate secret immediately" would send nothing until then.',
    ],
    facts: [
      ['rotation', oneLine(event.token)],
      ['settles at', settlesAt],
      ['sealed answer', event.sealedAnswer ? 'yes' : 'no'],
    ],
  };
}

/** Shared with password-lost: the sealed answer may be the only copy of the new password. */
export function openSealed(event: PasswordUnknown | PasswordLost): Step[] {
  return event.sealedAnswer ? [openAndStore(event, 'Open the sealed answer')] : [];
}

export function openAndStore(event: AlarmEvent, lead: string): Step {
  return {
    text:
      `${lead} (in a checkout of this project; runbook, below; needs kms:Decrypt on the key) and ` +
      'look for the new password. If it is there, store it as a new version of the secret: nobody need be phoned.',
    commands: [openCommand(event)],
  };
}
