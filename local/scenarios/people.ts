import type { Fate } from '../faults.ts';
import { meets } from '../meets.ts';
import { alarms, atRestChecks, journalState, keptAside, observe, thingSpaceCalls } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

const RESET = 'Read Out By Support 1';

/** Acts of people while a rotation runs (docs/design.md, "What people do"), each ending well. */
export const peopleScenarios: readonly Scenario[] = [
  /** The swap of AWSCURRENT is refused, because the label is no longer on the version that was replaced. */
  {
    name: 'edited-meanwhile',
    shows:
      'An operator edits another member of the secret while the new password is being stored: AWSCURRENT gets both.',
    async play(world) {
      const { gateway, conductor, person, platform, username, secretArn } = world;
      const before = observe(world);
      let edited = false;
      gateway.decide = async ({ operation }): Promise<Fate> => {
        if (operation !== 'UpdateSecretVersionStage' || edited) return 'ok';
        edited = true;
        await person.editsMember('edited meanwhile');
        return 'ok';
      };
      const { succeeded, attempts } = await conductor.rotate(secretArn);
      const { getNewPasswords, failures } = platform.truth(username);
      const stored = world.aws.secretsManager.valueAt('AWSCURRENT', secretArn) ?? '';
      return [
        check('The person stored the edit between PutSecretValue and UpdateSecretVersionStage', edited),
        check('The rotation succeeded, at the first attempt', succeeded && attempts === 1),
        check('ThingSpace was asked for one new password', getNewPasswords === 1),
        check('No log-in failed', failures === 0),
        check('The edit is in AWSCURRENT', stored.includes('"region":"edited meanwhile"')),
        check('So are the other members', stored.includes('12345678901234567890')),
        ...(await atRestChecks(world, before)),
      ];
    },
  },

  /** The password that the function is about to receive is dead already; the one that the operator stored is live. */
  {
    name: 'reset-meanwhile',
    shows:
      'Support resets the password while the answer is on its way, and an operator stores it: it stays, the sealed one is set aside.',
    async play(world) {
      const { gateway, conductor, person, platform, username, secretArn } = world;
      const before = observe(world);
      gateway.onAnswer = async ({ operation }) => {
        if (operation !== 'GetNewPassword') return;
        gateway.onAnswer = () => {};
        person.hasSupportReset(RESET);
        await person.stores(RESET, 'what support has read out');
      };
      const { succeeded } = await conductor.rotate(secretArn);
      const { getNewPasswords, failures, password } = platform.truth(username);
      const [theirs, aside] = [world.storedPassword(), await keptAside(world)];
      const told = alarms(world, 'kept-aside');
      world.clock.advance(60 * 60_000);
      const next = await conductor.rotate(secretArn);
      return [
        check('Support’s password was live when the answer arrived', password === RESET),
        check('The rotation ended without an error', succeeded),
        check('AWSCURRENT kept what the person had stored', theirs === RESET),
        check('The answer is kept, sealed, as an item of its own', getNewPasswords === 1 && aside === 1),
        check('A message says so', told === 1),
        check('No log-in failed', failures === 0),
        check(
          'The next rotation replaces support’s password',
          next.succeeded && world.storedPassword() !== RESET,
        ),
        ...(await atRestChecks(world, before)),
      ];
    },
  },

  /** Two passwords are known, and neither works: only an operator can continue. */
  {
    name: 'superseded',
    shows:
      'A new password is sealed, a wrong one stored, and support has reset it meanwhile: one message; the right one ends it.',
    async play(world) {
      const { conductor, person, platform, username, secretArn } = world;
      const before = observe(world);
      const killed = meets(world, 'PutSecretValue', 'killed-before');
      await conductor.rotate(secretArn, { attempts: 1 });
      person.hasSupportReset(RESET);
      await person.stores('Heard Wrong 1', 'what they heard wrong');
      const second = await conductor.rotate(secretArn, { attempts: 2 });
      const contacted = thingSpaceCalls(world);
      const third = await conductor.rotate(secretArn, { attempts: 2 });
      const state = await journalState(world);
      const { failures, getNewPasswords, worstConsecutiveFailures } = platform.truth(username);
      const quiet = thingSpaceCalls(world) === contacted;
      const told = alarms(world, 'superseded');

      await person.stores(RESET, 'the right one');
      const recovered = await conductor.recover(secretArn);
      const theirs = world.storedPassword();
      const last = await conductor.rotate(secretArn);
      const [failed, failedAgain] = [second.error?.errorType, third.error?.errorType];
      return [
        check('The process was killed between receipt and storing', killed() && getNewPasswords === 1),
        check(
          'The rotation fails with SupersededError, however often it is retried',
          failed === 'SupersededError' && failedAgain === 'SupersededError',
        ),
        check('The sealed password still waits', state === 'received'),
        check('A message says so, once', told === 1),
        check('Each of the two passwords was asked once', failures === 2 && worstConsecutiveFailures === 2),
        check('After that ThingSpace was left alone', quiet),
        check('With the right one stored, the recover event ends it', recovered.ok && theirs === RESET),
        check('A message says that it is over', alarms(world, 'trouble-over') === 1),
        check('The sealed password is set aside', (await keptAside(world)) === 1),
        check(
          'The next rotation makes a new password',
          last.succeeded && platform.truth(username).getNewPasswords === 2,
        ),
        ...(await atRestChecks(world, before)),
      ];
    },
  },
];
