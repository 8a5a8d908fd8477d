import type { World } from '../world.ts';
import { currentVersion, livePasswordChecks, nothingLeaked, rotatedChecks } from './checks.ts';
import { type Check, check, type Scenario } from './scenario.ts';

/** One rotation without any fault, and what must be true after it. */
export async function rotateOnce(world: World): Promise<Check[]> {
  const { platform, username, conductor, secretArn } = world;
  const before = platform.truth(username);
  const previous = currentVersion(world);
  const { succeeded, token, attempts } = await conductor.rotate(secretArn);
  const after = platform.truth(username);
  return [
    check('Secrets Manager calls the rotation a success, at the first attempt', succeeded && attempts === 1),
    check('ThingSpace was asked for one new password', after.getNewPasswords - before.getNewPasswords === 1),
    check('No log-in failed', after.failures === before.failures),
    ...rotatedChecks(world, token, previous),
    await nothingLeaked(world),
    ...livePasswordChecks(world, before.password),
  ];
}

export const rotation: Scenario = {
  name: 'rotation',
  shows: 'A password is rotated: nothing fails, nothing is lost.',
  play: rotateOnce,
};
