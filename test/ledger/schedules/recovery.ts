import { RefusedPasswordError } from '../../../lambda/ledger/errors.ts';
import {
  finish,
  recordCommitted,
  recordLost,
  recordPutBack,
  recordReceived,
  recordSuperseded,
  recordUnchanged,
  recordUnknown,
} from '../../../lambda/ledger/journal.ts';
import type { Journal } from '../../../lambda/ledger/state.ts';
import { leaseLives, SETTLING_MS } from '../../../lambda/ledger/times.ts';
import { type Actors, type Request, USERNAME, type Version } from './actors.ts';

type In<S extends Journal['state']> = Extract<Journal, { state: S }>;
type Proven = (works: boolean, certain: boolean) => void;

/**
 * Recovers as the recover event and Secrets Manager's retries do in lambda/rotation
 * (`recovery.ts`, `unknown-outcome.ts`, `make-current.ts`, `put-back.ts`): one look, one act.
 */
export function recover(actors: Actors): void {
  const { state, say, now } = actors;
  const { journal } = state;
  say(`recover finds the journal ${journal.state}`);
  switch (journal.state) {
    case 'idle':
      putBack(actors);
      return;
    case 'committed':
      // A recover event leaves the finishing to Secrets Manager's retry, or to the next rotation.
      if (!putBack(actors)) finish(state, journal.token, USERNAME, now());
      return;
    case 'received':
      rollForward(actors, journal);
      return;
    case 'exchanging':
      if (foundInLog(actors, journal) || leaseLives(journal.startedAt, now())) return;
      recordUnknown(state, journal.attempt, USERNAME, undefined, now());
      return;
    case 'unknown':
      if (foundInLog(actors, journal) || now() < journal.startedAt + SETTLING_MS) return;
      settleUnknown(actors, journal);
      return;
    case 'lost':
      if (actors.current().id !== journal.oldVersion) probe(actors, actors.current(), () => undefined);
  }
}

/** One reserved log-in; what the ledger bars is answered as it was before. */
function probe(actors: Actors, version: Version, proven: Proven): void {
  const who = { actor: 'recover', purpose: 'probe', share: 'rotation' } as const;
  const refusal = actors.present(version, who, proven);
  if (refusal instanceof RefusedPasswordError) proven(false, refusal.certain);
}

const exchangeOf = ({ requests }: Actors, attempt: string): Request =>
  requests.find(({ id }) => id === attempt) as Request;

function foundInLog(actors: Actors, { attempt }: In<'exchanging' | 'unknown'>): boolean {
  if (!exchangeOf(actors, attempt).sealed) return false;
  recordReceived(actors.state, attempt, attempt, actors.now());
  return true;
}

/** A password that works is never replaced; one that was refused only by one that works. */
function rollForward(actors: Actors, { attempt, token, oldVersion, oldHash }: In<'received'>): void {
  const { state, now, versions } = actors;
  const { verdict } = exchangeOf(actors, attempt);
  if (!verdict?.ok) return;
  const holder = actors.current();
  const id = versions.some((version) => version.id === token) ? `${token} again ${versions.length}` : token;
  const ours = { id, password: verdict.value };
  const overtaken = () => {
    actors.happened.push('a newer password overtakes');
    recordCommitted(state, attempt, holder.id, now(), { overtaken: true });
  };
  const store = () => {
    // An operator has moved AWSCURRENT since: look again.
    if (actors.current() !== holder) return;
    actors.makeCurrent(ours);
    recordCommitted(state, attempt, id, now());
  };
  const superseded = () => {
    actors.happened.push('both passwords are refused');
    recordSuperseded(state, attempt, holder.id, USERNAME, now());
  };
  if (holder.password === ours.password) return void recordCommitted(state, attempt, holder.id, now());
  if (holder.id === oldVersion) {
    store();
    return;
  }
  probe(actors, holder, (works, certain) => {
    if (works) return void overtaken();
    if (holder.password === oldHash && certain) return store();
    probe(actors, ours, (oursWorks, oursCertain) => {
      if (oursWorks) store();
      else if (oursCertain) superseded();
    });
  });
}

/** A person's password that works proves that nothing was changed; a loss is proven by a certain refusal alone. */
function settleUnknown(
  actors: Actors,
  { attempt, token, oldVersion, oldHash, startedAt }: In<'unknown'>,
): void {
  const { state, now, versions } = actors;
  const holder = actors.current();
  if (holder.id === token) return void recordCommitted(state, attempt, token, now());
  const unchanged = () => recordUnchanged(state, attempt);
  const lost = () => void recordLost(state, attempt, USERNAME, now());
  const proveOld = () => {
    const refused = state.refused[`${oldVersion}:${oldHash}`];
    if (refused && !refused.releasable && refused.at >= startedAt) return lost();
    const storedAnew = holder.password === oldHash && !isKnownDead(actors);
    const old = storedAnew ? holder : (versions.find(({ id }) => id === oldVersion) as Version);
    probe(actors, old, (works, certain) => {
      if (works) unchanged();
      else if (certain) lost();
    });
  };
  if (holder.id === oldVersion || holder.password === oldHash || isKnownDead(actors)) {
    proveOld();
    return;
  }
  probe(actors, holder, (works, certain) => {
    if (works) unchanged();
    else if (certain) proveOld();
  });
}

function isKnownDead({ state, current }: Actors): boolean {
  const { id, password } = current();
  if (state.lastGood?.versionId === id) return false;
  const refused = state.refused[`${id}:${password}`];
  if (refused) return !refused.releasable;
  return Object.entries(state.refused).some(
    ([key, { replaced }]) => replaced && key.endsWith(`:${password}`),
  );
}

/** The last good password, or a sealed one that replaced this very version, takes the place of a dead one. */
function putBack(actors: Actors): boolean {
  const { state, now, versions } = actors;
  const holder = actors.current();
  const good = versions.find(({ id }) => id === state.lastGood?.versionId);
  const dead = isKnownDead(actors);
  const candidate =
    dead && good && good.password !== holder.password ? good : setAsideThatReplaced(actors, holder);
  if (!candidate) {
    if (dead && !Object.keys(state.refused).some((id) => id.startsWith(`${holder.id}:`))) {
      probe(actors, holder, () => undefined);
    }
    return dead;
  }
  probe(actors, candidate, (works) => {
    if (!works || actors.current() !== holder) return;
    const id = `put back ${versions.length}`;
    actors.happened.push('a dead password is put right');
    actors.makeCurrent({ id, password: candidate.password });
    recordPutBack(state, id, now());
  });
  return true;
}

function setAsideThatReplaced(actors: Actors, holder: Version): Version | undefined {
  for (const attempt of actors.state.orphanItems) {
    const { verdict, wanted } = exchangeOf(actors, attempt);
    if (verdict?.ok && wanted.versionId === holder.id) return { id: attempt, password: verdict.value };
  }
  return undefined;
}
