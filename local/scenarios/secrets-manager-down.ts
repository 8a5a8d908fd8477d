import { awsError } from '../gateway/aws-error.ts';
import { currentVersion, journalState, livePasswordChecks, nothingLeaked, rotatedChecks } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** Secrets Manager takes nothing during the whole first process; the journal keeps the sealed password. */
export const secretsManagerDown: Scenario = {
  name: 'secrets-manager-down',
  shows:
    'Secrets Manager refuses to store the new password; the journal keeps it sealed until a retry stores it.',
  async play(world) {
    const { gateway, conductor, platform, username, secretArn } = world;
    const old = platform.truth(username).password;
    const previous = currentVersion(world);
    let refused = 0;
    let down = true;
    gateway.decide = ({ operation }) => {
      if (operation !== 'PutSecretValue' || !down) return { kind: 'deliver' };
      refused++;
      return {
        kind: 'answer',
        ...awsError('secretsmanager', 'InternalServiceError', 'An error occurred.', 500),
      };
    };
    const first = await conductor.rotate(secretArn, { attempts: 1 });
    const stateWhileDown = await journalState(world);
    down = false;

    const second = await conductor.rotate(secretArn);
    const truth = platform.truth(username);
    return [
      check(
        'Secrets Manager refused PutSecretValue, and the first process failed',
        refused > 0 && !first.succeeded,
      ),
      check('Meanwhile the journal kept the sealed password', stateWhileDown === 'received'),
      check(
        'The retry finished the rotation, with the same token',
        second.succeeded && second.token === first.token,
      ),
      check(
        'ThingSpace was asked for one new password, in all attempts together',
        truth.getNewPasswords === 1,
      ),
      check('No log-in failed', truth.failures === 0),
      ...rotatedChecks(world, second.token, previous),
      await nothingLeaked(world),
      ...livePasswordChecks(world, old),
    ];
  },
};
