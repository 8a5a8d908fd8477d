import type { Situation } from './situation.ts';

/** The situations in which a person may have seen a password. */

const REPLACE = 'If somebody has seen the password who need not know it, replace it:';
const NO_CHAT = 'Do not send a password by mail or chat, and do not write it into a ticket.';

export const answerOpened: Situation = {
  wellness: 'well',
  short: 'a sealed answer is being opened',
  brief: 'If none of you does it, see e-mail.',
  means:
    'An operator asked the tool to open sealed answers of ThingSpace, and to print them or to write them to a file. One of them may ' +
    'hold the password that works.',
  byItself: 'No event. A password that is in use stays in use.',
  todo: [
    { do: 'audit', when: 'If you do not expect it, ask the operator whom this message names.' },
    { do: 'rotate', when: REPLACE },
  ],
  never: [NO_CHAT],
  section: 'sealed-answer-opened',
  names: ['sealed-answer-opened'],
};

export const secretRead: Situation = {
  wellness: 'well',
  short: 'the password was read out of turn',
  brief: 'If none of you did it, see e-mail.',
  means:
    'The value of the secret was read by a principal that the configuration does not name, or by an operator without the tool.',
  byItself:
    'No event. The password stays in use. Further reads by the same principal within an hour are in the audit trail alone.',
  todo: [
    { do: 'nothing', when: 'If an operator looked at the secret in the console, and you know of it:' },
    {
      do: 'changes',
      when: 'If you do not, see who changed the secret, and ask the principal that this message names.',
    },
    { do: 'rotate', when: REPLACE },
    { do: 'deploy', when: 'If it is an app, name its role under `readers`.' },
  ],
  never: [NO_CHAT],
  section: 'secret-read',
  names: ['secret-read'],
};
