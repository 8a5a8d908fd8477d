import type { Clock } from '../clock.ts';
import { passesSoon } from './aws-away.ts';
import { LogInWaitsError } from './errors.ts';
import { decodeItem, type SessionItem } from './session-item.ts';
import type { Place, SessionStore } from './session-store.ts';

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;

/**
 * Applies a pure change to the fleet's session as one conditional write. If another writer came first, the change is
 * computed again on that writer's item. The next read finds a write whose answer was lost: every change here recognizes
 * its own (`lease.owner`, `openedBy`) or does no harm twice.
 * @param spreadMs the longest pause before the write, after which the item is read again: of a fleet that begins at once
 *   a few processes write, and the others find it done
 * @throws the store's last error, or LogInWaitsError, when the change did not succeed until `deadlineMs`; at once when the
 *   cause does not pass
 */
export async function changeItem<T>(
  parts: { store: SessionStore; clock: Clock; random: () => number },
  place: Place,
  deadlineMs: number,
  apply: (state: SessionItem, now: number) => T,
  spreadMs = 0,
): Promise<T> {
  const { store, clock, random } = parts;
  let isSpread = spreadMs === 0;
  for (let tries = 0; ; tries += 1) {
    let cause: unknown;
    try {
      const { item, now } = await store.read(place);
      const state = decodeItem(place, item ?? {});
      const before = JSON.stringify(state);
      const result = apply(state, now);
      if (JSON.stringify(state) === before) return result;
      if (!isSpread) {
        isSpread = true;
        await clock.sleep(spreadMs * random());
        continue;
      }
      const expected = state.revision;
      state.revision += 1;
      if ((await store.write(place, state, expected)) === 'written') return result;
    } catch (failure) {
      if (!passesSoon(failure)) throw failure;
      cause = failure;
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS) * (0.5 + random() / 2);
    if (clock.nowMs() + pauseMs >= deadlineMs) {
      throw (
        cause ??
        new LogInWaitsError(
          `The session of ${place.credential} was written by others all the time; try again.`,
        )
      );
    }
    await clock.sleep(pauseMs);
  }
}
