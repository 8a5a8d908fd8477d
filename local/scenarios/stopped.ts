import { closeGuard, giveDecrypt, sealedOnly, takeDecrypt } from '../drill/situations.ts';
import { alarms, journalState, observe, rotatedChecks, thingSpaceCalls } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** Rotations that stop until an operator acts, and that the act ends. */
export const stoppedScenarios: readonly Scenario[] = [
  /** The log-ins of dead processes have an unknown outcome, so they count. */
  {
    name: 'guard-closed',
    shows:
      'Two processes die with a log-in in flight: the rotation makes no further log-in, and the right version ends the stop.',
    async play(world) {
      const { conductor, person, platform, username, secretArn } = world;
      await closeGuard(world);
      const told = alarms(world, 'guard-closed');
      const contacted = thingSpaceCalls(world);
      const later = await conductor.rotate(secretArn, { attempts: 2 });
      const quiet = thingSpaceCalls(world) === contacted;
      const { logIns, locked } = platform.truth(username);

      person.hasSupportReset(RESET);
      await person.stores(RESET, 'what support has read out');
      const before = observe(world);
      const last = await conductor.rotate(secretArn);
      return [
        check('No log-in of the dead processes reached ThingSpace', logIns === 0),
        check('The stop was announced, once', told === 1),
        check('The next rotation failed, and ThingSpace was left alone', !later.succeeded && quiet),
        check('The username was not locked', !locked),
        check('The first log-in with a newly stored version ends it', last.succeeded),
        ...(await rotatedChecks(world, last.token, before)),
      ];
    },
  },

  /** The seal outlives the right to open it: nothing is guessed, nothing is asked for again. */
  {
    name: 'unreadable-envelope',
    shows:
      'The new password is sealed, and the function loses its right to the key: it waits, and rolls forward when the right is back.',
    async play(world) {
      const { conductor, platform, username, secretArn } = world;
      const before = observe(world);
      await sealedOnly(world);
      takeDecrypt(world);
      const denied = await conductor.rotate(secretArn, { attempts: 2 });
      const state = await journalState(world);
      const told = alarms(world, 'standing-trouble');
      const { getNewPasswords } = platform.truth(username);
      giveDecrypt(world);
      const last = await conductor.rotate(secretArn);
      return [
        check(
          'While the key was denied, the rotation failed with SealingKeyError',
          denied.error?.errorType === 'SealingKeyError',
        ),
        check('Meanwhile the journal kept the sealed password', state === 'received'),
        check('It was announced, once', told === 1),
        check('No other exchange was made', getNewPasswords === 1),
        check('With the right back, a retry finished the rotation', last.succeeded),
        ...(await rotatedChecks(world, last.token, before)),
      ];
    },
  },
];

const RESET = 'Read Out By Support 1';
