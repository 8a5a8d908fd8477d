import { BudgetSpentError, type LockoutGuardError } from '../../../lambda/ledger/errors.ts';
import type { Actors, Version } from './actors.ts';
import type { Fleet } from './fleet.ts';
import { count, type Tally } from './play.ts';
import { recover } from './recovery.ts';

const HOUR_MS = 60 * 60_000;
const PATIENCE_HOURS = 3;

/**
 * A correct secret may be used again, whatever happened before: everything in flight ends, an operator stores
 * the right password as a new version, and some hours pass. Then an app's log-in is granted, or the error
 * names the operator's remedy (first `trial`, then `unlocked`) and that help works. After that a fleet whose
 * processes all died has a session again, and rotation continues.
 * @returns what is stuck
 */
export function aftermath(actors: Actors, fleet: Fleet, tally: Tally): string | undefined {
  for (const request of actors.requests) {
    if (request.place !== 'executed') request.place = 'nowhere';
    request.ownerDead = true;
  }
  const right = actors.storeByHand(actors.truth().password);
  const refusal = logsIn(actors, right);
  if (refusal) {
    const help = getHelp(actors, right, refusal, tally);
    if (help) return help;
  } else count(tally, 'afterwards: an app logs in by itself');
  if (logsIn(actors, right)) return 'an app is refused after a success';
  return fleet.comeBack(() => carryOut(actors)) ?? rotates(actors);
}

function logsIn(actors: Actors, version: Version): LockoutGuardError | undefined {
  let refusal: LockoutGuardError | undefined;
  for (let hour = 0; hour <= PATIENCE_HOURS; hour += 1) {
    refusal = actors.present(version, { actor: 'app', purpose: 'log-in', share: 'app' });
    if (!refusal) {
      carryOut(actors);
      return undefined;
    }
    actors.advance(HOUR_MS);
  }
  return refusal;
}

/** Carries the last reserved request out, undisturbed. */
function carryOut(actors: Actors): void {
  const request = actors.requests.at(-1);
  if (request?.place !== 'reserved') return;
  actors.send(request);
  actors.execute(request, false);
  actors.answer(request);
}

function getHelp(
  actors: Actors,
  right: Version,
  refusal: LockoutGuardError,
  tally: Tally,
): string | undefined {
  if (!(refusal instanceof BudgetSpentError) || !/\btrial\b/.test(refusal.message)) {
    return `nobody may log in, and no help is named: ${refusal.message}`;
  }
  const denied = actors.present(right, { actor: 'a person', purpose: 'trial', share: 'person' });
  if (!denied) {
    count(tally, 'afterwards: a trial helps');
    carryOut(actors);
    return undefined;
  }
  if (!(denied instanceof BudgetSpentError) || !/\bunlocked\b/.test(denied.message)) {
    return `no trial is granted, and no help is named: ${denied.message}`;
  }
  count(tally, 'afterwards: support must unlock');
  actors.advance(1);
  actors.unlock();
  const notTaken = actors.sayUnlocked();
  return notTaken && `what the person says is not taken: ${notTaken.message}`;
}

/** Recover events bring the journal to rest; then the next exchange is granted. */
function rotates(actors: Actors): string | undefined {
  for (let recovery = 0; recovery < 6; recovery += 1) {
    actors.advance(HOUR_MS);
    recover(actors);
    carryOut(actors);
    actors.afterWrite();
  }
  const { journal } = actors.state;
  if (journal.state !== 'idle') return `the journal stays ${journal.state}`;
  const rotation = { actor: 'rotation', share: 'rotation' } as const;
  const current = actors.current();
  let refusal = actors.present(current, { ...rotation, purpose: 'log-in' });
  if (!refusal) {
    carryOut(actors);
    refusal = actors.present(current, { ...rotation, purpose: 'exchange', exchange: { token: 'last' } });
  }
  if (refusal) return `rotation stays barred: ${refusal.message}`;
  carryOut(actors);
  return actors.state.journal.state === 'received' ? undefined : 'the last exchange brought nothing';
}
