import {
  ask,
  IDLE_LIMIT_MS,
  LEASE_MS,
  newItem,
  opened,
  released,
  renewed,
  used,
} from '../../../lambda/session/session-item.ts';
import { needsOtherVersion, type Stop, stopOf } from '../../../lambda/session/stop.ts';
import type { Actors, Request, Version } from './actors.ts';

const CLIENTS = 4;
/** Awaits from asking to a session. */
const UNDISTURBED = 9;
const SECRET_ARN = 'arn:secret';

/** Where a client process is: what it does next, and what is lost when it dies there. */
type Place =
  | { at: 'rest' }
  | (Owner & { at: 'lease'; retried: boolean })
  | (Owner & { at: 'secret'; retried: boolean; version: Version })
  | (Owner & { at: 'log-in'; retried: boolean; request: Request })
  | (Owner & { at: 'session'; token: string; versionId: string })
  /** The write of the session landed, its answer did not: it is written once more. */
  | (Owner & { at: 'session again'; token: string; versionId: string });

/** The owner of a lease; `after`: the generation when it got it. */
type Owner = { owner: string; after: number; since: number };

type At<Where extends Place['at']> = Extract<Place, { at: Where }>;

type Client = {
  name: string;
  asked: number;
  place: Place;
  gone: number;
  held: { token: string; generation: number; usedAt: number } | undefined;
};

export type Fleet = ReturnType<typeof createFleet>;

/**
 * Processes with the client library around the username of the schedule, over the library's own transitions of
 * the item `session` (`lambda/session/session-item.ts`). One call is one await of a process, in the order of
 * `lambda/session/fleet-source.ts`, `fleet-log-in.ts` and `log-in.ts`; everybody else may act between any two.
 */
export function createFleet(actors: Actors) {
  const { say, now, violations } = actors;
  const happened = (what: string) => void actors.happened.push(what);
  const item = newItem();
  const clients = Array.from({ length: CLIENTS }, (_, index) => newClient(`client ${index}`));
  /** Sessions that a client which asked knew to be gone. */
  let gone = 0;
  let lease: { owner: string; since: number } | undefined;
  let processes = 0;

  function step(client: Client, b: number) {
    const { place } = client;
    if (place.at !== 'rest') renew(place.owner);
    switch (place.at) {
      case 'rest':
        return client.held ? work(client, client.held) : askFleet(client, undefined);
      case 'lease':
        client.place = { ...place, at: 'secret', version: actors.current() };
        return;
      case 'secret':
        return present(client, place);
      case 'log-in':
        return place.request.ownerDead ? crash(client) : follow(client, place);
      case 'session':
      case 'session again':
        return publish(client, place, place.at === 'session' && b % 4 === 0);
    }
  }

  /** A process that lives renews its lease; one that was suspended may find another owner. */
  function renew(owner: string): void {
    const isOwner = renewed(item, owner, now());
    if (isOwner !== (lease?.owner === owner)) violations.push(`${owner} is wrong about its lease`);
    if (isOwner) lease = { owner, since: now() };
  }

  /** A request of the app; what says that the session is gone is dropped for all. */
  function work(client: Client, held: NonNullable<Client['held']>) {
    if (now() - held.usedAt >= IDLE_LIMIT_MS) {
      client.held = undefined;
      return;
    }
    held.usedAt = now();
    if (actors.platform.use(held.token).ok) return used(item, held.generation, now());
    client.held = undefined;
    client.gone = Math.max(client.gone, held.generation);
    happened('a client drops its session');
  }

  function askFleet(client: Client, current: string | undefined): void {
    const owner = `${client.name}, request ${++client.asked}`;
    const before = item.generation;
    const answer = ask(item, { owner, gone: client.gone, secretArn: SECRET_ARN, current }, now());
    gone = Math.max(gone, Math.min(client.gone, before));
    say(`${client.name} asks the fleet: ${answer.kind}`);
    happened(`a client asks: ${answer.kind}`);
    switch (answer.kind) {
      case 'use':
        if (answer.generation <= gone) violations.push('a session that is gone was handed out');
        client.held = { token: answer.sealed, generation: answer.generation, usedAt: now() - answer.idleMs };
        return;
      case 'log-in':
        if (lease && now() < lease.since + LEASE_MS) {
          violations.push(`${owner} got the lease of ${lease.owner} before its end`);
        }
        lease = { owner, since: now() };
        client.place = { at: 'lease', owner, after: answer.after, since: now(), retried: false };
        return;
      case 'others':
        if (!lease || answer.until > lease.since + LEASE_MS) {
          violations.push('a client waits for a lease that nobody has, or beyond its end');
        }
        return;
      case 'stopped':
        // Only of the current version such a stop is believed: the process looks at the secret, and asks again.
        if (current !== undefined || !needsOtherVersion(answer.stop)) return;
        if (actors.current().id !== answer.stop.versionId) askFleet(client, actors.current().id);
    }
  }

  /** It presents what it has read in the secret, if the ledger lets it. */
  function present(client: Client, { retried, version, ...place }: At<'secret'>) {
    const { owner } = place;
    if (item.lease?.owner !== owner) {
      happened('a suspended client presents nothing');
      client.place = { at: 'rest' };
      return;
    }
    const refusal = actors.present(version, { actor: client.name, purpose: 'log-in', share: 'app' });
    if (refusal) return giveBack(client, owner, stopOf(refusal, version.id));
    client.place = { ...place, at: 'log-in', retried, request: actors.requests.at(-1) as Request };
  }

  /** Its request goes its way; every outcome may also come about by the other steps of a schedule. */
  function follow(client: Client, { retried, request, ...place }: At<'log-in'>) {
    const { owner } = place;
    if (request.settled === undefined) {
      if (request.place === 'reserved') return actors.send(request);
      if (request.place === 'on its way') {
        return actors.deliverable(request) ? actors.execute(request, false) : actors.giveUp(request);
      }
      if (request.place === 'executed') return actors.answer(request);
    }
    const { versionId } = request.wanted;
    const outcome = request.settled?.outcome;
    if (outcome === 'success' && request.verdict?.ok) {
      client.place = { ...place, at: 'session', token: request.verdict.value, versionId };
      return;
    }
    if (outcome !== 'failure') return giveBack(client, owner, undefined);
    happened('a client is refused');
    if (!retried && actors.current().id !== versionId) {
      client.place = { ...place, at: 'lease', retried: true };
      return;
    }
    giveBack(client, owner, { why: 'refused', message: 'refused', versionId });
  }

  function publish(client: Client, place: At<'session' | 'session again'>, answerLost: boolean): void {
    const { owner, after, token, versionId } = place;
    const before = item.generation;
    const ageMs = now() - place.since;
    const session = { sealed: token, secretArn: SECRET_ARN, versionId, gone: client.gone, after, ageMs };
    const generation = opened(item, owner, session, now());
    if (place.at === 'session again' && item.openedBy === owner && generation !== before) {
      violations.push(`${owner} published its session twice`);
    }
    const isOwner = lease?.owner === owner;
    if (place.at === 'session' && generation !== undefined && !isOwner) {
      if (before !== after) violations.push(`${owner} published over the session of another process`);
      happened('a suspended client opens a session for all');
    }
    happened(generation === undefined ? 'a client lost its lease' : 'a client opens a session for all');
    if (lease?.owner === owner) lease = undefined;
    if (answerLost) {
      client.place = { ...place, at: 'session again' };
      return;
    }
    client.place = { at: 'rest' };
    if (generation !== undefined) client.held = { token, generation, usedAt: place.since };
  }

  function giveBack(client: Client, owner: string, stop: Stop | undefined): void {
    released(item, owner, stop, now());
    say(`${owner} gives the lease back: ${stop?.why ?? 'nothing to say'}`);
    if (lease?.owner === owner) lease = undefined;
    client.place = { at: 'rest' };
  }

  /** The process ends where it is; another one with nothing in memory takes its place. */
  function crash(client: Client): void {
    const { place } = client;
    happened(`a client dies at ${place.at}`);
    say(`${client.name} dies at ${place.at}`);
    if (place.at === 'log-in' && place.request.settled === undefined) {
      place.request.ownerDead = true;
      if (place.request.place === 'reserved') place.request.place = 'nowhere';
    }
    clients[clients.indexOf(client)] = newClient(`client ${CLIENTS + processes++}`);
  }

  /**
   * Everybody has died. One new process may log in at the end of the last lease at the latest, and gets a session
   * as soon as the ledger lets it.
   * @param carryOut sends and answers the request that was reserved last
   * @returns what is stuck
   */
  function comeBack(carryOut: () => void): string | undefined {
    for (const client of [...clients]) crash(client);
    const [client] = clients as [Client];
    const endsAt = now() + LEASE_MS;
    for (let tries = 0; tries < 20; tries += 1) {
      step(client, 1);
      if (client.held) return undefined;
      if (client.place.at === 'log-in') carryOut();
      if (client.place.at !== 'rest') continue;
      if (item.lease && now() >= endsAt) return 'the lease of a dead client keeps the others out';
      const until = item.lease?.until ?? item.stop?.retryAt ?? 0;
      actors.advance(Math.max(until - now(), 2_000));
    }
    return 'the fleet gets no session';
  }

  return {
    /** One process continues by some awaits, or undisturbed until it has its session or was stopped. */
    act(a: number, b: number): void {
      for (let awaits = b % 3 === 0 ? UNDISTURBED : 1 + (b % 5); awaits > 0; awaits -= 1) {
        const client = clients[a % CLIENTS] as Client;
        step(client, b >> 2);
        if (client.place.at === 'rest') return;
      }
    },
    crash: (a: number) => crash(clients[a % CLIENTS] as Client),
    comeBack,
  };
}

const newClient = (name: string): Client => ({
  name,
  asked: 0,
  place: { at: 'rest' },
  gone: 0,
  held: undefined,
});
