import { alarms, journalState, nothingLeaked, thingSpaceCalls } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** The one case that no code can mend: the answer with the new password never reached this machine. */
export const lostResponse: Scenario = {
  name: 'lost-response',
  shows:
    'ThingSpace changes the password and the answer is lost: that is proven once, announced, and left alone.',
  async play(world) {
    const { gateway, conductor, platform, username, secretArn } = world;
    let lost = false;
    gateway.decide = ({ operation }) => {
      if (operation !== 'GetNewPassword' || lost) return { kind: 'deliver' };
      lost = true;
      return { kind: 'lose-response' };
    };

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

    return [
      check(
        'The answer was lost after ThingSpace had changed the password',
        lost && truth.getNewPasswords === 1,
      ),
      check('The rotation failed instead of guessing', !first.succeeded),
      check('The unknown outcome was announced, once', announcedUnknown === 1),
      check('The journal says lost', state === 'lost'),
      check('The loss was announced, once', alarms(world, 'password-lost') === 1),
      check(
        'Proving it cost one failed log-in of five',
        truth.worstConsecutiveFailures === 1 && truth.failures === 1,
      ),
      check('Later attempts fail with CredentialLostError', later.error?.errorType === 'CredentialLostError'),
      check(
        'So does the recover event, or it leaves it at that',
        again.ok || again.error.errorType === 'CredentialLostError',
      ),
      check('ThingSpace was not contacted again', thingSpaceCalls(world) === contacted),
      check('The username is not locked', !platform.truth(username).locked),
      await nothingLeaked(world),
    ];
  },
};
