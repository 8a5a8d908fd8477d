import { alarms, nothingLeaked } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** What locks accounts in the field: a wrong stored password under a service that retries everything. */
export const wrongPassword: Scenario = {
  name: 'wrong-password',
  shows: 'The secret holds a wrong password, and everything is retried: one log-in fails, one alarm says so.',
  world: { storedPassword: 'mistyped-by-somebody' },
  async play(world) {
    const { conductor, platform, username, secretArn } = world;
    const first = await conductor.rotate(secretArn);
    const second = await conductor.rotate(secretArn);
    await conductor.recover(secretArn);
    const truth = platform.truth(username);
    return [
      check(
        'Both rotations failed, after five attempts each',
        !first.succeeded && !second.succeeded && second.attempts === 5,
      ),
      check('Exactly one log-in failed', truth.failures === 1 && truth.logIns === 1),
      check('Nobody asked for a new password', truth.getNewPasswords === 0),
      check('The username is not locked', !truth.locked),
      check('One alarm tells of the failed log-in', alarms(world, 'failed-log-in') === 1),
      check('No other alarm was published', world.aws.sns.published.length === 1),
      await nothingLeaked(world),
    ];
  },
};
