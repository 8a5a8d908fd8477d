import { awsError } from '../gateway/protocols.ts';
import { diesWithThePassword, meets } from '../meets.ts';
import { alarms, journalState, nothingLeaked, observe, rotatedChecks, thingSpaceCalls } from './checks.ts';
import { peopleScenarios } from './people.ts';
import { check, type Scenario } from './scenario.ts';
import { stoppedScenarios } from './stopped.ts';

/** The first is what `npm start` plays when it is not told which. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'rotation',
    shows: 'A password is rotated: no call fails, no password is lost.',
    async play(world) {
      const before = observe(world);
      const { succeeded, token, attempts } = await world.conductor.rotate(world.secretArn);
      return [
        check(
          'Secrets Manager calls the rotation a success, at the first attempt',
          succeeded && attempts === 1,
        ),
        ...(await rotatedChecks(world, token, before)),
      ];
    },
  },

  /** Sealed, and neither in Secrets Manager nor in the journal: the log line is all that is left of it. */
  {
    name: 'crash-after-receive',
    shows:
      'The process is killed after the new password arrived and before anything stored it; a retry recovers it.',
    async play(world) {
      const before = observe(world);
      const killed = diesWithThePassword(world);
      const { succeeded, token } = await world.conductor.rotate(world.secretArn);
      return [
        check('The process was killed between receipt and storing', killed()),
        check('A retry finished the rotation', succeeded),
        ...(await rotatedChecks(world, token, before)),
      ];
    },
  },

  /** The one case that no code can mend: the answer with the new password never reached this machine. */
  {
    name: 'lost-response',
    shows:
      'ThingSpace changes the password and the answer is lost: that is proven once, announced, and left alone.',
    async play(world) {
      const { conductor, platform, username, secretArn } = world;
      const lost = meets(world, 'GetNewPassword', 'response-lost');
      // Two attempts within the settling time, then the recover event after it.
      const first = await conductor.rotate(secretArn, { attempts: 2 });
      const announcedUnknown = alarms(world, 'password-unknown');
      await conductor.recover(secretArn);
      const state = await journalState(world);
      const contacted = thingSpaceCalls(world);
      const truth = platform.truth(username);
      // Whatever comes later (the service's retries, tomorrow's schedule) leaves ThingSpace alone.
      const later = await conductor.rotate(secretArn, { attempts: 3 });
      const again = await conductor.recover(secretArn);
      const costOne = truth.worstConsecutiveFailures === 1 && truth.failures === 1;
      return [
        check(
          'The answer was lost after ThingSpace had changed the password',
          lost() && truth.getNewPasswords === 1,
        ),
        check('The rotation failed instead of guessing', !first.succeeded),
        check('The unknown outcome was announced, once', announcedUnknown === 1),
        check('The journal says lost', state === 'lost'),
        check('The loss was announced, once', alarms(world, 'password-lost') === 1),
        check('Proving it cost one failed log-in of five', costOne),
        check(
          'Later attempts fail with CredentialLostError',
          later.error?.errorType === 'CredentialLostError',
        ),
        check(
          'So does the recover event, or it leaves it at that',
          again.ok || again.error.errorType === 'CredentialLostError',
        ),
        check('ThingSpace was not contacted again', thingSpaceCalls(world) === contacted),
        check('The username is not locked', !platform.truth(username).locked),
        await nothingLeaked(world),
      ];
    },
  },

  /** Secrets Manager takes nothing during the whole first process; the journal keeps the sealed password. */
  {
    name: 'secrets-manager-down',
    shows:
      'Secrets Manager refuses to store the new password; the journal keeps it sealed until a retry stores it.',
    async play(world) {
      const { gateway, conductor, secretArn } = world;
      const before = observe(world);
      let refused = 0;
      let down = true;
      gateway.decide = ({ service, operation }) => {
        if (operation !== 'PutSecretValue' || !down) return 'ok';
        refused++;
        return {
          fault: 'failed-before',
          ...awsError(service, 'InternalServiceError', 'An error occurred.', 500),
        };
      };
      const first = await conductor.rotate(secretArn, { attempts: 1 });
      const stateWhileDown = await journalState(world);
      down = false;
      const second = await conductor.rotate(secretArn);
      const sameToken = second.token === first.token;
      return [
        check(
          'Secrets Manager refused PutSecretValue, and the first process failed',
          refused > 0 && !first.succeeded,
        ),
        check('Meanwhile the journal kept the sealed password', stateWhileDown === 'received'),
        check('The retry finished the rotation, with the same token', second.succeeded && sameToken),
        ...(await rotatedChecks(world, second.token, before)),
      ];
    },
  },

  /** The usual cause of locked accounts: a wrong stored password under a service that retries everything. */
  {
    name: 'wrong-password',
    shows:
      'The secret holds a wrong password, and everything is retried: one log-in fails, one alarm says so.',
    world: { storedPassword: 'mistyped-by-somebody' },
    async play(world) {
      const { conductor, platform, username, secretArn } = world;
      const first = await conductor.rotate(secretArn);
      const second = await conductor.rotate(secretArn);
      await conductor.recover(secretArn);
      const truth = platform.truth(username);
      const failed = !first.succeeded && !second.succeeded;
      return [
        check('Both rotations failed, after five attempts each', failed && second.attempts === 5),
        check('Exactly one log-in failed', truth.failures === 1 && truth.logIns === 1),
        check('No exchange was made', truth.getNewPasswords === 0),
        check('The username is not locked', !truth.locked),
        check('One alarm tells of the failed log-in', alarms(world, 'failed-log-in') === 1),
        check('No other alarm was published', world.aws.sns.published.length === 1),
        await nothingLeaked(world),
      ];
    },
  },

  ...stoppedScenarios,
  ...peopleScenarios,
];
