import type { Budgets } from '../../../lambda/ledger/budgets.ts';
import { finish, recordCommitted } from '../../../lambda/ledger/journal.ts';
import { exposure } from '../../../lambda/ledger/state.ts';
import { type Actors, createActors, type Request, USERNAME } from './actors.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { recover } from './recovery.ts';
import type { Step } from './step.ts';

const MINUTE_MS = 60_000;
const JUMPS_MS = [
  1_000,
  20_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  21 * MINUTE_MS,
  31 * MINUTE_MS,
  5 * 60 * MINUTE_MS,
];

/** Counts of the events in the schedules, so that a test can require the ones it is about. */
export type Tally = Record<string, number>;
export const count = (tally: Tally, what: string): void => {
  tally[what] = (tally[what] ?? 0) + 1;
};

export type Played = { actors: Actors; fleet: Fleet; violation: string | undefined };

/** Plays a schedule and judges after every step; stops at the first thing that must not be. */
export function play(
  steps: Step[],
  budgets: Budgets,
  tally: Tally,
  say: (line: string) => void = () => {},
): Played {
  const actors = createActors(budgets, 1, say);
  const fleet = createFleet(actors);
  for (const step of steps) {
    const before = actors.state.journal.state;
    take(actors, fleet, step, tally);
    const after = actors.state.journal.state;
    if (after !== before) count(tally, `the journal was ${before}, is ${after}`);
    for (const what of actors.happened.splice(0)) count(tally, what);
    const violation = actors.violations[0] ?? judge(actors);
    if (violation) return { actors, fleet, violation };
    actors.afterWrite();
  }
  return { actors, fleet, violation: undefined };
}

/** G2, after every step: the observer knows what the platform truly counts. */
function judge({ truth, state, budgets, failedByUs }: Actors): string | undefined {
  const { consecutiveFailures, locked } = truth();
  const known = exposure(state);
  if (consecutiveFailures > known) return `the platform counts ${consecutiveFailures}, the ledger ${known}`;
  if (locked || consecutiveFailures >= budgets.limit) return 'the username is locked';
  if (failedByUs() > budgets.budget) return `${failedByUs()} failures of ours are above the budget`;
  return undefined;
}

function take(actors: Actors, fleet: Fleet, { kind, a, b }: Step, tally: Tally) {
  const { state, requests, versions, current } = actors;
  const choose = (fits: (request: Request) => boolean): Request | undefined => {
    const fitting = requests.filter(fits);
    return fitting[a % fitting.length];
  };
  const alive = (request: Request) => !request.ownerDead && request.settled === undefined;
  const exchanged = (request: Request) =>
    request.wanted.exchange !== undefined && request.sealed && !request.ownerDead;
  const granted = (refusal: Error | undefined) => {
    count(tally, refusal?.name ?? 'granted');
    const request = requests.at(-1);
    if (refusal || !request || b % 4 === 0) return;
    // Most requests leave at once, half of those go through undisturbed; the others wait, or die with their owner.
    actors.send(request);
    if (b % 4 === 1 || request.place !== 'on its way') return;
    actors.execute(request, false);
    actors.answer(request);
  };
  switch (kind) {
    case 'app': {
      // An app may hold what was current some versions ago.
      const version = b % 3 === 0 ? versions[Math.max(0, versions.length - 1 - (b % 5))] : current();
      return granted(
        actors.present(version ?? current(), { actor: `app ${a % 3}`, purpose: 'log-in', share: 'app' }),
      );
    }
    case 'client':
      return fleet.act(a, b);
    case 'crash':
      return fleet.crash(a);
    case 'rotation':
      return granted(actors.present(current(), { actor: 'rotation', purpose: 'log-in', share: 'rotation' }));
    case 'exchange': {
      const session = actors.session();
      if (!session) return;
      const token = `token-${requests.length + 1}`;
      const refusal = actors.present(session.version, {
        actor: 'rotation',
        purpose: 'exchange',
        share: 'rotation',
        exchange: { token },
      });
      if (!refusal) count(tally, 'exchange granted');
      return granted(refusal);
    }
    case 'trial':
      return granted(actors.present(current(), { actor: 'a person', purpose: 'trial', share: 'person' }));
    case 'send': {
      const request = choose((one) => alive(one) && one.place === 'reserved');
      return request && actors.send(request);
    }
    case 'execute': {
      const request = choose((one) => one.place === 'on its way' && actors.deliverable(one));
      if (!request) return;
      if (request.settled !== undefined || request.ownerDead)
        count(tally, 'executed after its owner had gone');
      actors.execute(request, b % 20 === 0);
      return count(tally, request.verdict?.ok ? 'platform said yes' : 'platform said no');
    }
    case 'answer': {
      const request = choose((one) => alive(one) && one.place === 'executed');
      if (request && state.inFlight[request.id] === undefined) count(tally, 'answered after it was swept');
      return request && actors.answer(request);
    }
    case 'give-up': {
      const request = choose((one) => alive(one) && (one.place === 'on its way' || one.place === 'executed'));
      if (request) count(tally, 'answer lost');
      return request && actors.giveUp(request);
    }
    case 'die': {
      const request = choose(alive);
      if (!request) return;
      count(tally, 'owner died');
      request.ownerDead = true;
      if (request.place === 'reserved') request.place = 'nowhere';
      if (request.verdict?.ok && request.wanted.exchange) request.sealed = b % 2 === 0;
      return;
    }
    case 'repeat': {
      const request = choose((one) => one.settled !== undefined);
      if (!request?.settled) return;
      count(tally, 'settled twice');
      return actors.settleAs(request, request.settled);
    }
    case 'time':
      return actors.advance(JUMPS_MS[a % JUMPS_MS.length] as number);
    case 'store': {
      const request = choose(exchanged);
      return request && actors.store(request);
    }
    case 'commit': {
      const request = choose(
        (one) => exchanged(one) && versions.some(({ id }) => id === one.wanted.exchange?.token),
      );
      return (
        request && recordCommitted(state, request.id, request.wanted.exchange?.token ?? '', actors.now())
      );
    }
    case 'finish': {
      const { journal } = state;
      if (journal.state === 'committed') finish(state, journal.token, USERNAME, actors.now());
      return;
    }
    case 'recover': {
      let seen = requests.length;
      recover(actors);
      // Its request may lead to another one.
      while (requests.length > seen) {
        seen = requests.length;
        granted(undefined);
      }
      return;
    }
    case 'person':
      return void actors.storeByHand(b % 2 === 0 ? actors.truth().password : actors.newPassword());
    case 'support': {
      // Support may read out a password that the username had before. The code recognizes the one that an exchange has
      // just replaced only when it is stored as a separate version.
      const stored = b % 2 === 0;
      const waits = stored || state.journal.state === 'idle' ? undefined : state.journal.oldHash;
      const earlier = actors.truth().passwords.filter((password) => password !== waits);
      const password = b % 3 === 0 && earlier.length > 0 ? earlier[a % earlier.length] : undefined;
      const restored = actors.reset(password ?? actors.newPassword());
      if (stored) actors.storeByHand(restored);
      return;
    }
    case 'unlock':
      actors.unlock();
      return b % 2 === 0 && count(tally, actors.sayUnlocked()?.name ?? 'unlocked');
    case 'unlocked':
      return count(tally, actors.sayUnlocked()?.name ?? 'unlocked');
  }
}
