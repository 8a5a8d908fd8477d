import type { Fate } from './faults.ts';
import type { World } from './world.ts';

/** The next calls of an operation meet this fate; then everything is delivered again. Returns whether one has met it. */
export function meets(
  { gateway }: Pick<World, 'gateway'>,
  wanted: string,
  fate: Fate,
  times = 1,
): () => boolean {
  let left = times;
  gateway.decide = ({ operation }) => {
    if (operation !== wanted || left === 0) return 'ok';
    left -= 1;
    return fate;
  };
  return () => left < times;
}

/** Kills the process once, between the receipt of a password and the first write that stores it. Returns whether it did. */
export function diesWithThePassword({ gateway }: Pick<World, 'gateway'>): () => boolean {
  let received = false;
  let killed = false;
  gateway.decide = ({ service, operation }) => {
    if (operation === 'GetNewPassword') received = true;
    if (!received || killed) return 'ok';
    // The journal is written beside PutSecretValue: it must not get through before the kill.
    if (service === 'dynamodb') return 'hung-before';
    if (operation !== 'PutSecretValue') return 'ok';
    killed = true;
    return 'killed-before';
  };
  return () => killed;
}
