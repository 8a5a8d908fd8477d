import type { Budgets } from '../lambda/ledger/budgets.ts';
import type { LockoutGuardError } from '../lambda/ledger/errors.ts';
import { fingerprint, isKnownDead } from '../lambda/ledger/fingerprint.ts';
import type { Hold } from '../lambda/ledger/holds.ts';
import { closeIfOfOtherTable } from '../lambda/ledger/other-table.ts';
import { reserve } from '../lambda/ledger/reserve.ts';
import { type CredentialState, credentialKey, type Journal, newState } from '../lambda/ledger/state.ts';
import { sweep } from '../lambda/ledger/sweep.ts';
import { apiKeyAmong } from '../lambda/secret/credential.ts';
import type { StoredVersion } from '../lambda/secret/stored-version.ts';
import type { Transport } from '../lambda/thingspace/api.ts';
import type { SecretFacts } from './account.ts';
import { calendarOf } from './calendar.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { holdsAreOn, lookAtHolds, type SeenHolds } from './holds.ts';
import { inLog, replacing } from './logged-answers.ts';
import { findTarget, type Named, pendingOf, type Target } from './target.ts';

/** All facts that one look reads of a credential. The look sends no request to ThingSpace and changes nothing. */
export type Sight = {
  /** Undefined for a secret that holds no credentials yet and was never rotated. */
  username: string | undefined;
  secretArn: string | undefined;
  /** By DynamoDB's clock. */
  now: number;
  /** When the calendar of the service opens for this credential; undefined while it is open. */
  closedUntil: number | undefined;
  /** With what time alone has changed since it was written. */
  state: CredentialState;
  budgets: Budgets | undefined;
  /** The version that AWSCURRENT is on; undefined where it could not be read (`unseen` says why) or has no value. */
  holder: StoredVersion | undefined;
  unseen: string | undefined;
  /** AWSCURRENT is known not to work: refused for certain, replaced, or no credential. */
  holderDead: boolean;
  /** The function speaks REST, and AWSCURRENT holds no key for it. */
  keyMissing: boolean;
  /** Why the rotation, an app and an operator may not log in with AWSCURRENT now. */
  mayNot: Record<'rotation' | 'app' | 'person', LockoutGuardError | undefined> | undefined;
  /** AWSPENDING on a version that is not current: it keeps RotateSecret from beginning anew. */
  pending: 'none' | 'without a value' | 'with a value';
  /** The version that AWSPENDING is on, unless that is current. */
  pendingVersion?: string;
  /** The username of the secret's last rotation, where it was another one. */
  former: { username: string; journal: Journal } | undefined;
  facts: SecretFacts | undefined;
  /** The exchange of another credential that keeps this one from beginning one. */
  heldBy: Hold | undefined;
  /** A rotation of this secret was held and has not begun since. */
  wasHeld: boolean;
  /** The ledger does not know the last attempts, and the function's log holds an answer that replaced AWSCURRENT. */
  replacedInLog?: boolean;
};

/**
 * Reads AWSCURRENT before the ledger: a rotation that continues between the two looks like a dead password, until
 * both are read once more.
 * @param seeHolds for a look at many credentials, which share one read of the service's holds
 * @throws LedgerUnavailableError, LedgerItemError and the errors of `findTarget`
 */
export async function look(
  desk: Desk,
  named: Named,
  seeHolds: () => Promise<SeenHolds> = () => lookAtHolds(desk),
): Promise<Sight> {
  const sight = await lookOnce(desk, named, seeHolds);
  return sight.holderDead ? lookOnce(desk, named, seeHolds) : sight;
}

async function lookOnce(desk: Desk, named: Named, seeHolds: () => Promise<SeenHolds>): Promise<Sight> {
  const target = await findTarget(desk, named);
  const { username, secret } = target;
  const { state, now } = await stateNow(desk, target);
  const { budgets } = desk;
  const sight: Sight = {
    username,
    secretArn: secret?.arn ?? state.secretArn,
    now,
    closedUntil: calendarOf(desk)?.closedNow(state, now),
    state,
    budgets,
    holder: target.holder,
    unseen: target.unseen,
    holderDead: false,
    keyMissing: false,
    mayNot: undefined,
    pending: 'none',
    former: undefined,
    facts: undefined,
    heldBy: undefined,
    wasHeld: false,
  };
  if (!secret) return sight;
  sight.facts = await orWarn(desk, 'The dates of the rotation', desk.account.secret(secret.arn));
  if (username === undefined || !sight.holder) return sight;
  if (holdsAreOn(desk)) {
    const seen = await orWarn(desk, 'Whether other rotations are held', seeHolds());
    sight.heldBy = seen?.holds.find((hold) => credentialKey(hold.username) !== credentialKey(username));
    sight.wasHeld = seen?.waiting.includes(secret.arn) ?? false;
  }
  sight.keyMissing = sight.holder.credential !== undefined && lacksKey(desk.api.transport, sight.holder);
  sight.replacedInLog = await isReplacedInLog(desk, sight, username);
  const { credential } = sight.holder;
  // Where no refusal is on record, no password is known to be dead: its hash, which takes longer than a call, is spared.
  const mayBeDead = credential === undefined || Object.keys(state.refused).length > 0;
  sight.holderDead = mayBeDead && (await isKnownDead(username, state, sight.holder));
  sight.mayNot = await whyNoLogIn(state, secret.arn, sight.holder, budgets, now);
  const pending = await pendingOf(desk, secret);
  if (pending) {
    sight.pendingVersion = pending.versionId;
    sight.pending = pending.hasValue ? 'with a value' : 'without a value';
  }
  const former = await orWarn(desk, 'The username of the last rotation', desk.ledger.usernameOf(secret.arn));
  if (former !== undefined && credentialKey(former) !== credentialKey(username)) {
    const { journal } = (await desk.ledger.read(former, deadlineOf(desk))).state;
    sight.former = { username: former, journal };
  }
  return sight;
}

/** Reads the item, with the changes that time and the next log-in make before they look at it. */
async function stateNow(desk: Desk, { username, secret, holder }: Target) {
  if (username === undefined) return { state: newState(''), now: Date.now() };
  const { ledger, budgets = NO_LIMITS } = desk;
  const { state: stored, now } = await ledger.read(username, deadlineOf(desk));
  const state = structuredClone(stored);
  sweep(state, budgets, now);
  const ages = { tableCreatedAt: await ledger.tableCreatedAt?.(), storedAt: holder?.createdAt };
  const version = { secretArn: secret?.arn ?? '', versionId: holder?.versionId ?? '' };
  const subject = { ...version, username, actor: 'status', purpose: 'log-in' } as const;
  closeIfOfOtherTable(state, 'status', subject, ages, budgets, now);
  // The outbox is the stored one, without the messages that this look would add.
  return { state: { ...state, outbox: stored.outbox }, now };
}

async function isReplacedInLog(
  desk: Desk,
  { state, secretArn, holder, now }: Sight,
  username: string,
): Promise<boolean> {
  if (state.countUnknownSince === undefined) return false;
  return (await replacing(await inLog(desk, secretArn, now), username, holder)).length > 0;
}

/** Reports whether a log-in with AWSCURRENT would find no key of the application, which REST needs. */
export const lacksKey = (transport: Transport, { value }: StoredVersion): boolean =>
  transport === 'rest' && apiKeyAmong(value).apiKey === undefined;

const NO_LIMITS: Budgets = { limit: 3, budget: 2, rotation: 1 };

/** By the rules that a real log-in meets, on a copy. */
export async function whyNoLogIn(
  state: CredentialState,
  secretArn: string,
  { versionId, credential }: StoredVersion,
  budgets: Budgets | undefined,
  now: number,
): Promise<Sight['mayNot']> {
  if (!credential || !budgets) return undefined;
  const { username, password } = credential;
  // The hash takes longer than a call to AWS: it is made only where a refusal of this version is on record.
  const wasRefused = Object.keys(state.refused).some((id) => id.startsWith(`${versionId}:`));
  const print = wasRefused
    ? await fingerprint(username, versionId, password)
    : { id: `${versionId}:never refused`, hash: '' };
  const why = (share: 'rotation' | 'app' | 'person') => {
    const purpose = share === 'person' ? ('trial' as const) : ('log-in' as const);
    const wanted = { actor: 'status', purpose, share, username, secretArn, versionId, fingerprint: print };
    return reserve(structuredClone(state), 'status', wanted, budgets, now);
  };
  return { rotation: why('rotation'), app: why('app'), person: why('person') };
}

/** Warns of a part that the operator may not read, and returns undefined for it; the other parts stay. */
async function orWarn<T>({ terminal }: Desk, what: string, asking: Promise<T>): Promise<T | undefined> {
  return asking.catch((failure: Error) => {
    terminal.warn(`${what} is left out: ${failure.message}`);
    return undefined;
  });
}
