import { decodeHolds, holdsInForce, SERVICE, stillHolds } from '../../lambda/ledger/holds.ts';
import { type CredentialState, credentialKey, decodeState, exposure } from '../../lambda/ledger/state.ts';
import type { Moment } from '../../local/judge/moment.ts';
import type { Platform } from '../../local/thingspace/platform.ts';
import type { Aws } from './memory-aws.ts';
import { sealedIn } from './sealed-copies.ts';

type World = {
  nowMs: () => number;
  username: string;
  platform: Platform;
  /** Something before the platform refuses every log-in. */
  refusesAll: () => boolean;
  /** The world's AWS, which is made with this judge as its observer. */
  aws: () => Aws;
  /** The username's item in the ledger's table. */
  stateIn: (table: ReadonlyMap<string, string>) => CredentialState;
  rotationBudget: number;
};

/** The truth about a world now. */
export function momentIn(
  { nowMs, username, platform, refusesAll, aws, stateIn, rotationBudget }: World,
  seen: Pick<Moment, 'made' | 'answers' | 'ofInvocation'>,
): Moment {
  const { password: live, locked: isLocked } = platform.truth(username);
  const locked = isLocked || refusesAll();
  const world = aws();
  // Most moments are asked for nothing, or little: what a question needs is copied, and worked out when it comes.
  const { keys, logSearch } = world;
  const then = { log: [...world.log], orphans: new Map(world.orphans), table: new Map(world.table) };
  const { delayMs } = logSearch;
  const atMs = nowMs();
  const stored = [...world.versions].map(([id, { value }]) => [id, value] as const);
  const currentValue = world.currentValue();
  const opened = once(() => sealedIn({ ...then, keys, logSearch: { delayMs } }, atMs));
  const state = once(() => stateIn(then.table));
  const held = once(() => isHeldByOther(then.table, username));
  return {
    live,
    locked,
    get current() {
      return passwordIn(currentValue, username);
    },
    get stored() {
      const passwords = stored.map(([id, value]) => [id, passwordIn(value, username)] as const);
      return new Map(passwords.filter((one): one is [string, string] => one[1] !== undefined));
    },
    get sealed() {
      return opened().sealed;
    },
    get sealedLate() {
      return opened().sealedLate;
    },
    get sealedAnswers() {
      return opened().count;
    },
    ...seen,
    get openAnswer() {
      const { journal } = state();
      return 'envelope' in journal && journal.envelope !== undefined;
    },
    get exposure() {
      return exposure(state());
    },
    rotationBudget,
    get held() {
      return held();
    },
  };
}

/** Reports whether an exchange of another credential of the table, which its item still tells of, holds this one. */
function isHeldByOther(table: ReadonlyMap<string, string>, username: string): boolean {
  const itemOf = (key: string) => JSON.parse(table.get(key) ?? '{}');
  return holdsUnlessRead(() =>
    holdsInForce(decodeHolds(SERVICE, itemOf(SERVICE))).some((hold) => {
      const holder = credentialKey(hold.username);
      if (holder === credentialKey(username)) return false;
      return holdsUnlessRead(() => stillHolds(hold, decodeState(holder, itemOf(holder))));
    }),
  );
}

/** An item that cannot be read ends no hold. */
function holdsUnlessRead(read: () => boolean): boolean {
  try {
    return read();
  } catch {
    return true;
  }
}

function once<T>(work: () => T): () => T {
  let done: { result: T } | undefined;
  return () => {
    done ??= { result: work() };
    return done.result;
  };
}

/** The password of a version that is this username's. */
function passwordIn(value: string | undefined, username: string): string | undefined {
  try {
    const read = JSON.parse(value ?? '{}');
    const isOurs =
      typeof read.username === 'string' && credentialKey(read.username) === credentialKey(username);
    return isOurs && typeof read.password === 'string' ? read.password : undefined;
  } catch {
    return undefined;
  }
}
