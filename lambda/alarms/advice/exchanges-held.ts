import type { AlarmEvent, ExchangesResume } from '../event.ts';
import { oneLine } from '../legible.ts';
import type { Setting } from '../steps.ts';
import { operatorCommand } from './operator-command.ts';
import type { Advice } from './shape.ts';

/** The paragraph of a failed exchange's message about the service's other credentials. */
export function othersHeld(event: AlarmEvent, { othersHeld }: Setting): string[] {
  if (!othersHeld) return [];
  return [
    'The same fault may affect every credential. So the other rotations of this service begin no new exchange until this one is ' +
      `settled, or until an operator overrides the hold: ${operatorCommand('release', event)}. Their passwords stay as they are, ` +
      'and "exchanges-resume" says when rotations that were held can be started again.',
  ];
}

export function exchangesResume(event: ExchangesResume): Advice {
  const count = event.held === 1 ? '1 rotation was' : `${event.held} rotations were`;
  // The holder's item no longer shows the exchange: an operator may have deleted the item.
  const end =
    event.how === 'settled'
      ? `The password change of "${oneLine(event.username)}" no longer holds the other rotations of this service`
      : `An operator has overridden the hold that the password change of "${oneLine(event.username)}" put on the other rotations of this service`;
  return {
    headline: `${count} held, start again`,
    brief: 'Passwords are as they were. Command: see e-mail.',
    happened: [`${end}. ${count} held. Their passwords are as they were.`],
    next: ['Secrets Manager may try them again by itself; when, is not known.'],
    todo: [
      {
        text: 'Let those that were held rotate, one after another; it stops at the first that fails:',
        commands: [`${operatorCommand('rotate', event)} --held`],
      },
    ],
    never: ['Do not start them all at once: if the cause is still there, the first one shows it.'],
    facts: [['held', String(event.held)]],
  };
}
