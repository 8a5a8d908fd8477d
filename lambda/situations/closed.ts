import type { Situation } from './situation.ts';

/** In a file of its own: only a function with a calendar loads it. */
export const closed: Situation = {
  wellness: 'goes-on',
  short: 'the calendar is closed',
  means:
    'The calendar of the service is closed: no rotation begins an exchange until it opens, and no message calls that a failure. ' +
    'Recovery continues.',
  byItself: 'The first daily check in its open hours has Secrets Manager start a rotation that came due.',
  todo: [{ do: 'wait' }, { do: 'resume' }],
  section: 'pause-over',
  names: ['RotationClosedError'],
};
