import { currentVersion, livePasswordChecks, nothingLeaked, rotatedChecks } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/**
 * The new password has arrived and is sealed; before Secrets Manager or the journal has it, the process is
 * killed. The log line is all that is left of it.
 */
export const crashAfterReceive: Scenario = {
  name: 'crash-after-receive',
  shows:
    'The process is killed after the new password arrived and before anything stored it; a retry recovers it.',
  async play(world) {
    const { gateway, conductor, platform, username, secretArn } = world;
    const old = platform.truth(username).password;
    const previous = currentVersion(world);
    let received = false;
    let killed = false;
    gateway.decide = ({ service, operation }) => {
      if (operation === 'GetNewPassword') received = true;
      if (!received || killed) return { kind: 'deliver' };
      // The journal is written beside PutSecretValue: it must not get through before the kill.
      if (service === 'dynamodb') return { kind: 'hang', delivered: false };
      if (operation !== 'PutSecretValue') return { kind: 'deliver' };
      killed = true;
      return { kind: 'kill', when: 'before' };
    };

    const { succeeded, token } = await conductor.rotate(secretArn);
    const truth = platform.truth(username);
    return [
      check('The process was killed between receipt and storing', killed),
      check('A retry finished the rotation', succeeded),
      check(
        'ThingSpace was asked for one new password, in all attempts together',
        truth.getNewPasswords === 1,
      ),
      check('No log-in failed', truth.failures === 0),
      ...rotatedChecks(world, token, previous),
      await nothingLeaked(world),
      ...livePasswordChecks(world, old),
    ];
  },
};
