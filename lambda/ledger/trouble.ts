import type { Holder, Trouble } from '../alarms/event.ts';
import { queueAlarm } from './outbox.ts';
import type { CredentialState } from './state.ts';

export type { Trouble } from '../alarms/event.ts';

export type FoundTrouble = {
  kind: Trouble;
  /** The name of the error that a step ended in. */
  errorName?: string;
  versionId?: string;
  /** The rotation that failed; none when only the daily check did. */
  token?: string;
  /** The exchange of another credential that holds this one. */
  holder?: Holder;
  /** The daily check found it: a lasting trouble is announced then, once a day. */
  atCheck?: boolean;
};

/** The subject of the announcement; `id` tells the announcements of one credential apart. */
type About = { id: string; username: string; secretArn: string };

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Less than a day: a retry that comes a little early repeats it too. */
const AGAIN_MS = 20 * HOUR_MS;
/**
 * From the second day on, the daily check also repeats an announcement that a retry made some hours before: otherwise a
 * day would pass without one.
 */
const AGAIN_AT_CHECK_MS = 4 * HOUR_MS;

/** A step that fails now and then succeeds at a retry: only a row of failures is a trouble. */
const FAILURES = 5;
const FAILING_MS = 6 * HOUR_MS;

/**
 * Records a trouble, and announces it: a new one at once, a lasting one again every day. The item keeps one trouble at
 * a time; a lesser one that is met beside it is only an occasion to repeat it.
 */
export function noteTrouble(state: CredentialState, found: FoundTrouble, about: About, now: number): void {
  const before = state.trouble;
  if (!before || isNews(before, found)) state.trouble = begun(before, found, now);
  const trouble = state.trouble as Standing;
  trouble.failures += 1;
  if (found.kind === trouble.kind) {
    if (found.errorName !== undefined) trouble.errorName = found.errorName;
    if (found.token !== undefined) delete trouble.checkOnly;
    trouble.saidAt = Math.max(trouble.saidAt, state.announced?.[trouble.kind] ?? 0);
  }
  if (isDue(trouble, found, before?.kind === trouble.kind, now)) say(state, trouble, found, about, now);
}

/** Records that another event announces the trouble: the trouble is repeated from the next day on. */
export function announcedNow(state: CredentialState, kind: Trouble, now: number): void {
  state.announced = { ...state.announced, [kind]: now };
}

/**
 * Reports whether the trouble is proven to be over. A finished rotation proves it for a failed one. For every other
 * trouble, a log-in proves it that succeeded and was reserved after the trouble was last met.
 */
export function isOver({ trouble, journal }: CredentialState): boolean {
  if (!trouble) return false;
  // Only the caller has read which credential holds which.
  if (trouble.kind === 'held') return false;
  if (trouble.kind !== 'rotation-failing') return isProven(trouble);
  if (trouble.checkOnly) return true;
  if (!hasNewPasswordSince(journal, trouble.since)) return false;
  return journal.state === 'idle' || isProven(trouble);
}

/** Reports whether one log-in may prove that the trouble is over. */
export function needsProof({ trouble, journal }: CredentialState): boolean {
  if (!trouble || trouble.kind === 'held' || isProven(trouble)) return false;
  if (trouble.kind !== 'rotation-failing') return true;
  return !trouble.checkOnly && journal.state === 'committed' && hasNewPasswordSince(journal, trouble.since);
}

const hasNewPasswordSince = (journal: CredentialState['journal'], since: number): boolean =>
  (journal.state === 'idle' || journal.state === 'committed') && (journal.receivedAt ?? 0) > since;

/** Ends the trouble of a finished rotation. A trouble that the rotation does not prove to be over stays. */
export function endByRotation(state: CredentialState, about: About, now: number): void {
  const { trouble } = state;
  if (!trouble) return;
  const ofRotation = trouble.kind === 'rotation-failing' || trouble.kind === 'held';
  if (ofRotation || isProven(trouble)) troubleIsOver(state, about, now);
}

/** Ends a trouble, and announces its end if the trouble was announced. */
export function troubleIsOver(state: CredentialState, about: About, now: number): void {
  const { trouble } = state;
  if (!trouble) return;
  delete state.trouble;
  delete state.announced;
  if (trouble.saidAt === 0) return;
  const { kind, since } = trouble;
  queueAlarm(state, {
    event: 'trouble-over',
    id: `trouble-over:${kind}:${since}:${about.id}`,
    ...aboutOf(state, about, now),
    trouble: kind,
    since,
  });
}

type Standing = NonNullable<CredentialState['trouble']>;

/** Returns the mark that a reservation keeps of the current trouble: which one, and how often it was met. */
export const markOf = ({ since, failures }: Standing): string => `${since}:${failures}`;

/**
 * Records the proof of a log-in that succeeded. It proves nothing about a trouble that was met after the log-in was
 * reserved.
 */
export function provenBy({ trouble }: CredentialState, mark: string | undefined): void {
  if (trouble && mark === markOf(trouble)) trouble.proven = trouble.failures;
}

const isProven = ({ proven, failures }: Standing): boolean => proven === failures;

function begun(before: Standing | undefined, { kind, token }: FoundTrouble, now: number): Standing {
  const trouble: Standing = { kind, since: now, saidAt: 0, failures: 0 };
  if (kind !== 'rotation-failing' || token !== undefined) return trouble;
  // A check that fails beside a failed rotation does not end that.
  const rotationFailed = before?.kind === 'rotation-failing' && !before.checkOnly;
  return rotationFailed ? trouble : { ...trouble, checkOnly: true };
}

function isNews(standing: Standing, found: FoundTrouble): boolean {
  if (standing.kind === found.kind) {
    return found.kind === 'rotation-failing' && standing.errorName !== found.errorName;
  }
  return rank(found.kind) >= rank(standing.kind);
}

/**
 * A particular trouble explains why the rotation fails, so it replaces `rotation-failing`. A sealed answer that does
 * not open is passed over: it must not hide that the rotation fails for another reason.
 */
function rank(kind: Trouble): number {
  if (kind === 'unreadable-envelope') return 0;
  return kind === 'rotation-failing' || kind === 'held' ? 1 : 2;
}

function isDue(trouble: Standing, found: FoundTrouble, stoodBefore: boolean, now: number): boolean {
  const { kind, since, saidAt, failures, checkOnly } = trouble;
  const atLaterCheck = found.atCheck && now - since >= DAY_MS;
  if (saidAt > 0) return now - saidAt >= (atLaterCheck ? AGAIN_AT_CHECK_MS : AGAIN_MS);
  if (kind !== 'rotation-failing') return true;
  // Secrets Manager has given the rotation up, or tries it again in hours: a few failures are all there will be.
  if (found.atCheck && stoodBefore && !checkOnly) return true;
  return failures >= FAILURES || now - since >= FAILING_MS;
}

function say(
  state: CredentialState,
  trouble: Standing,
  found: FoundTrouble,
  about: About,
  now: number,
): void {
  const { kind, since, errorName } = trouble;
  const lastedMs = Math.max(0, now - since); // DynamoDB's servers do not agree to the second
  // Divided by the shortest time between two announcements, so that no two get the same number.
  const number = Math.floor(lastedMs / AGAIN_AT_CHECK_MS);
  // Omit version, token, and holder when they belong to a different trouble.
  const { versionId, token, holder } = found.kind === kind ? found : ({} as Partial<FoundTrouble>);
  queueAlarm(state, {
    event: 'standing-trouble',
    id: `${kind}:${since}:${number}:${about.id}`,
    ...aboutOf(state, about, now),
    trouble: kind,
    since,
    days: Math.floor(lastedMs / DAY_MS),
    ...(errorName === undefined ? {} : { errorName }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(token === undefined ? {} : { token }),
    ...(holder === undefined ? {} : { holder }),
  });
  trouble.saidAt = now;
}

const aboutOf = ({ credential }: CredentialState, { username, secretArn }: About, now: number) => ({
  at: now,
  credential,
  username,
  secretArn,
});
