import { decodeItem, look } from './session-item.ts';
import type { Place, SessionStore } from './session-store.ts';
import type { OpenSession } from './source.ts';
import type { TokenSealer } from './token-sealer.ts';

/** A username that the settings name: the place of its sessions is known before the secret is read. */
export type ByName = { place: Place; secretId: string };

/**
 * Returns the fleet's session of a username in the settings, by two calls and without the secret: a process joins also
 * while Secrets Manager is away. Undefined when there is no session now. It changes nothing.
 * @throws SessionSetupError, AwsCallError
 */
export async function joinByName(
  { store, sealer }: { store: SessionStore; sealer: TokenSealer },
  { place, secretId }: ByName,
  gone: number,
): Promise<OpenSession | undefined> {
  const { item, now } = await store.read(place);
  const found = look(decodeItem(place, item ?? {}), gone, now);
  if (!found || !names(secretId, found.secretArn)) return undefined;
  const { generation, idleMs, sealed, secretArn } = found;
  const token = await sealer.open(sealed, secretArn);
  return token === undefined ? undefined : { token, generation, idleMs, key: {} };
}

/** Reports whether the setting names the secret with that ARN: by its ARN, by a part of that, or by its name. */
function names(secretId: string, secretArn: string): boolean {
  if (secretId === secretArn) return true;
  // Secrets Manager adds six characters to a name.
  const unsuffixed = secretArn.replace(/-[A-Za-z0-9]{6}$/, '');
  return unsuffixed === secretId || unsuffixed.endsWith(`:secret:${secretId}`);
}
