import { seededRandom } from '../random.ts';
import type { Application } from './bearers.ts';

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_';

/**
 * Invents one application for each username. A secret holds the characters that careless code breaks: `:` ends the key
 * in Basic authentication and may occur in the secret; `+`, `/`, `%` and `&` mean something in a form.
 */
export function applicationsFor(users: readonly { username: string }[], seed: number): Application[] {
  const random = seededRandom(seed + 4);
  const draw = (length: number): string =>
    Array.from({ length }, () => CHARACTERS[random.below(CHARACTERS.length)]).join('');
  return users.map(({ username }) => ({
    apiKey: draw(28),
    apiSecret: `${draw(12)}:+/%41&${draw(12)}`,
    username,
  }));
}
