import { type Random, seededRandom } from '../random.ts';

/** An application of the portal ("My Keys"): its key and secret bring a bearer. */
export type Application = {
  apiKey: string;
  apiSecret: string;
  /** The one username that the application may use. @default every one */
  username?: string;
  /** Its bearers belong to the portal's simulator: everything succeeds, and nothing changes. @default false */
  sandbox?: boolean;
};

export type BearerOptions = {
  clock: { nowMs(): number };
  applications: readonly Application[];
  seed: number;
  /** The value in `expires_in`: what is left in whole seconds, always 3600, or no member; not published. @default remainder */
  expiresIn?: 'remainder' | 'full' | 'missing';
  /** How long a bearer lives. @default an hour, as published */
  lifeMs?: number;
  /** How long the endpoint hands out a bearer again after the end of it. @default 0 */
  deadAgainMs?: number;
  /** The portal's "My Test Token": it does not expire. @default a token with these words */
  testToken?: string;
};

export type Issued =
  | { ok: true; bearer: string; expiresIn: number | undefined }
  | { ok: false; reason: 'unknown' | 'inactive' };

/** The standing of the bearer of one request. */
export type Standing =
  | { state: 'valid'; application: Application }
  | { state: 'sandbox' }
  | { state: 'missing' }
  | { state: 'unknown' }
  | { state: 'expired' };

/** The bearers of all applications, and the acts of others on them. */
export interface Bearers {
  /** Answers a token request: the living bearer of the key, else a new one. */
  request(apiKey: string, apiSecret: string): Issued;
  standing(bearer: string | undefined): Standing;
  /** The one username that the application of a key may use; undefined for every one. */
  ownerOf(apiKey: string): string | undefined;
  /** Another program of the customer revokes the present bearer of the key. */
  revoke(apiKey: string): void;
  /** Leaves the present bearer so many milliseconds; makes one where there is none. */
  leave(apiKey: string, ms: number): void;
  /** A person deactivates the key in the portal, or activates it again. */
  setActive(apiKey: string, active: boolean): void;
  /** A person makes another application in the portal. */
  add(application: Application): void;
  /** Every bearer that was ever made, oldest first. */
  readonly made: readonly string[];
  readonly testToken: string;
}

const BEARER_LIFE_MS = 3_600_000;
/** So many wrong secrets running make a key inactive; the number is not published. */
const LOCK_KEY_AFTER = 5;
const FULL_SECONDS = BEARER_LIFE_MS / 1_000;

type Key = {
  application: Application;
  active: boolean;
  failures: number;
  /** The endpoint announces `endsAtMs`; a revocation brings `diesAtMs` forward and not `endsAtMs`. */
  bearer?: { value: string; endsAtMs: number; diesAtMs: number } | undefined;
};

export function createBearers(options: BearerOptions): Bearers {
  const { clock, expiresIn = 'remainder', deadAgainMs = 0, lifeMs = BEARER_LIFE_MS } = options;
  const { testToken = 'portal-test-token-that-never-expires' } = options;
  const random = seededRandom(options.seed);
  const keys = new Map<string, Key>();
  const made: string[] = [];
  const add = (application: Application): void =>
    void keys.set(application.apiKey, { application, active: true, failures: 0 });
  options.applications.forEach(add);

  const keyOf = (apiKey: string): Key => {
    const key = keys.get(apiKey);
    if (!key) throw new RangeError(`The simulator has no application key ${apiKey}.`);
    return key;
  };
  /** A bearer that is dead for longer than it is handed out again makes room for a new one. */
  const bearerOf = (key: Key) => {
    if (!key.bearer || clock.nowMs() >= key.bearer.diesAtMs + deadAgainMs) {
      const endsAtMs = clock.nowMs() + lifeMs;
      key.bearer = { value: drawBearer(random), endsAtMs, diesAtMs: endsAtMs };
      made.push(key.bearer.value);
    }
    return key.bearer;
  };
  const secondsOf = (endsAtMs: number): number | undefined => {
    if (expiresIn === 'missing') return undefined;
    const left = Math.floor((endsAtMs - clock.nowMs()) / 1_000);
    return expiresIn === 'full' ? FULL_SECONDS : Math.max(0, left);
  };

  return {
    made,
    testToken,
    add,
    request(apiKey, apiSecret) {
      const key = keys.get(apiKey);
      if (!key) return { ok: false, reason: 'unknown' };
      if (key.application.apiSecret !== apiSecret) {
        key.failures += 1;
        if (key.failures >= LOCK_KEY_AFTER) key.active = false;
        return { ok: false, reason: 'unknown' };
      }
      if (!key.active) return { ok: false, reason: 'inactive' };
      key.failures = 0;
      const { value, endsAtMs } = bearerOf(key);
      return { ok: true, bearer: value, expiresIn: secondsOf(endsAtMs) };
    },
    ownerOf: (apiKey) => keys.get(apiKey)?.application.username,
    standing(bearer) {
      if (bearer === undefined) return { state: 'missing' };
      if (bearer === testToken) return { state: 'sandbox' };
      const key = [...keys.values()].find((candidate) => candidate.bearer?.value === bearer);
      if (!key?.bearer) return made.includes(bearer) ? { state: 'expired' } : { state: 'unknown' };
      if (clock.nowMs() >= key.bearer.diesAtMs) return { state: 'expired' };
      return key.application.sandbox
        ? { state: 'sandbox' }
        : { state: 'valid', application: key.application };
    },
    revoke(apiKey) {
      const { bearer } = keyOf(apiKey);
      if (bearer) bearer.diesAtMs = Math.min(bearer.diesAtMs, clock.nowMs());
    },
    leave(apiKey, ms) {
      const endsAtMs = clock.nowMs() + ms;
      Object.assign(bearerOf(keyOf(apiKey)), { endsAtMs, diesAtMs: endsAtMs });
    },
    setActive(apiKey, active) {
      Object.assign(keyOf(apiKey), { active, failures: 0 });
    },
  };
}

const drawBearer = (random: Random): string =>
  Array.from({ length: 32 }, () => random.below(16).toString(16)).join('');
