import { hashPassword } from '../../lambda/ledger/fingerprint.ts';
import { credentialKey } from '../../lambda/ledger/state.ts';
import { lasts } from '../../lambda/session/aws-away.ts';
import { bearersOf, withPauses } from '../../lambda/session/bearers.ts';
import { SessionGoneError } from '../../lambda/session/errors.ts';
import { fleetSource } from '../../lambda/session/fleet-source.ts';
import { ledgerGuard, memoryGuard } from '../../lambda/session/guards.ts';
import { saysSessionGone } from '../../lambda/session/refused.ts';
import { type SessionHolder, sessionOver } from '../../lambda/session/session.ts';
import type { SessionItem } from '../../lambda/session/session-item.ts';
import type { Place, SessionStore } from '../../lambda/session/session-store.ts';
import { ownSource, type SessionEvent } from '../../lambda/session/source.ts';
import { thingSpaceOf } from '../../lambda/session/thingspace.ts';
import type { TokenSealer } from '../../lambda/session/token-sealer.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { PlatformOptions } from '../../local/thingspace/platform.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import type { RestOptions } from '../../local/thingspace/rest/service.ts';
import { type Process, startProcess, type Wire } from '../world/fate.ts';
import { revisioned } from '../world/memory-items.ts';
import { createKms } from '../world/memory-kms.ts';
import { createWorld, FIRST_PASSWORD, SECRET_ARN, USERNAME, type World } from '../world/world.ts';
import { APPLICATION, OTHER_APPLICATION, restOf, useOverRest, WRONG_SECRETS } from './rest-client.ts';
import { virtualClock } from './virtual-clock.ts';

export const MINUTE_MS = 60_000;
/** A password that an operator stores by mistake. */
export const MISTYPED = 'Mistyped Marker 1';
export const KEY = credentialKey(USERNAME);

/** One client process; `remote calls` of it go through the world's wire, where they can be failed. */
export type Client = {
  session: SessionHolder;
  process: Process;
  events: SessionEvent[];
  /** One request of the app through `withSession`: the platform looks at the token. */
  work(): Promise<string>;
};

export type ClientSettings = {
  level?: 'fleet' | 'ledger' | 'memory';
  actor?: string;
  transport?: Transport;
  username?: string | undefined;
  secretId?: string;
  pairMs?: number;
};
export type FleetWorld = Awaited<ReturnType<typeof createFleetWorld>>;

/** One request of each client. */
export const work = (clients: readonly Client[]) => Promise.all(clients.map((client) => client.work()));

/** The item of sessions over SOAP at the published address has its username's key. */
const keyOf = ({ credential, item }: Place) => (item === 'session' ? credential : `${credential} ${item}`);

/** The world of the rotation, with client processes around the same username, in virtual time. */
export async function createFleetWorld(
  options: {
    seed?: number;
    transport?: Transport;
    platform?: Partial<PlatformOptions>;
    rest?: RestOptions;
    rotations?: number;
    patienceMs?: number;
  } = {},
) {
  const { seed = 1, transport = 'soap', rotations = 0 } = options;
  const clock = virtualClock();
  const passwords = Array.from({ length: rotations }, (_, index) => `Rotated Password ${index + 1}`);
  const keys = [APPLICATION.apiSecret, ...WRONG_SECRETS].map((secret) => `${APPLICATION.apiKey}:${secret}`);
  // A hash takes real time, in which virtual time would run away: made beforehand, the process remembers it.
  await Promise.all(
    [FIRST_PASSWORD, MISTYPED, ...passwords, ...keys].map((text) => hashPassword(USERNAME, text)),
  );
  const world = createWorld({
    seed,
    transport,
    clock,
    rest: { applications: [APPLICATION, OTHER_APPLICATION], ...options.rest },
    platform: { ...options.platform, nextPassword: () => passwords.shift() },
  });
  const { apiKey = '' } = world.rest.applications[0] ?? {};
  const api =
    transport === 'rest' ? world.platform.through({ transport, apiKey, owner: USERNAME }) : world.platform;
  const random = seededRandom(seed);
  const table = new Map<string, string>();

  const items = revisioned<SessionItem>(table);
  const kms = createKms();

  const sessions = (wire: Wire, process: Process): SessionStore => ({
    read: (place) =>
      wire.remote(process, 'GetItem (session)', () => ({
        item: items.read(keyOf(place)),
        now: clock.nowMs(),
      })),
    write: (place, state, expected) =>
      wire.remote(process, 'PutItem (session)', () =>
        items.write(keyOf(place), state, expected) ? 'written' : 'conflict',
      ),
  });

  const sealer = (wire: Wire, process: Process): TokenSealer => ({
    seal: (token, secretArn) =>
      wire.remote(process, 'Encrypt', () =>
        kms.encrypt(Buffer.from(token), { secretArn, token: '' }).toString('base64'),
      ),
    open: (sealed, secretArn) =>
      wire.remote(process, 'Decrypt', () =>
        kms.decrypt(Buffer.from(sealed, 'base64'), { secretArn, token: '' })?.toString(),
      ),
  });

  /** One request of an app: the platform looks at the token, and at nothing else. */
  function use(token: string): string {
    const used = api.use(token);
    if (used.ok) return used.value;
    if (used.code.includes('SessionToken')) throw new SessionGoneError();
    throw new Error(used.code);
  }

  function client({
    level = 'fleet',
    actor = 'an app',
    transport = 'soap',
    username,
    secretId = SECRET_ARN,
    pairMs = 0,
  }: ClientSettings = {}): Client {
    const process = startProcess();
    const wired = world.wireUp(process, { lasts });
    const overRest = transport === 'rest' ? withPauses(restOf(world, process), clock) : undefined;
    const services = { ...wired, api: overRest ?? wired.api };
    const wire = world.wire;
    const events: SessionEvent[] = [];
    const guard =
      level === 'memory' ? memoryGuard(services.api, clock, clock.nowMs) : ledgerGuard(services, actor);
    const { itemOf } = thingSpaceOf({ transport }, clock);
    const parts = {
      logIn: { store: services.store, secretId, clock, guard },
      clock,
      random: () => random.below(1_000) / 1_000,
      onEvent: (event: SessionEvent) => void events.push(event),
    };
    const source =
      level === 'fleet'
        ? fleetSource({
            ...parts,
            pairMs,
            itemOf,
            byName:
              username === undefined
                ? undefined
                : { secretId, place: { credential: credentialKey(username), item: itemOf({}) } },
            store: sessions(wire, process),
            sealer: sealer(wire, process),
          })
        : ownSource(parts);
    const session = sessionOver({
      source,
      bearers: overRest && bearersOf(overRest, clock),
      clock,
      patienceMs: options.patienceMs ?? 30_000,
      saysSessionGone,
      onEvent: parts.onEvent,
      random: parts.random,
    });
    const work = () =>
      session.withSession((token, headers) =>
        transport === 'rest' ? useOverRest(world, token, headers) : use(token),
      );
    return { session, process, events, work };
  }

  return {
    ...world,
    clock,
    world: world as World,
    client,
    fleetOf: (size: number, settings?: ClientSettings) =>
      Array.from({ length: size }, () => client(settings)),
    use,
    /** How often the token service was asked. */
    tokenRequests: () => world.calls.filter(({ name }) => name === 'GetBearer').length,
    table,
    sleep: clock.sleep,
    item: () => JSON.parse(table.get(KEY) ?? '{}') as SessionItem,
    random,
  };
}
