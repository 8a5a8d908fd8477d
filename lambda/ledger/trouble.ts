import type { Trouble } from '../alarms/event.ts';
import { queueAlarm } from './outbox.ts';
import type { CredentialState } from './state.ts';

export type { Trouble } from '../alarms/event.ts';

type Found = {
  kind: Trouble;
  /** Of the error that a step ended in. */
  errorName?: string;
  versionId?: string;
  token?: string;
  /** An event of its own was just queued: it is said again from the next day on. */
  alreadySaid?: boolean;
};

/** What the announcement is about; `id` tells those of one credential apart. */
type About = { id: string; username: string; secretArn: string };

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Less than a day: a daily check that comes a little early repeats it too. */
const AGAIN_MS = 20 * HOUR_MS;

/** A step that fails now and then goes on by itself: only a row of failures is a trouble. */
const FAILURES = 5;
const FAILING_MS = 6 * HOUR_MS;

/**
 * Notes what stands in the way, and announces it: a new trouble at once, a lasting one again every day.
 * One is kept at a time; a lesser one that is met beside it only is an occasion to repeat it.
 */
export function noteTrouble(state: CredentialState, found: Found, about: About, now: number): void {
  if (!state.trouble || isNews(state.trouble, found)) {
    state.trouble = { kind: found.kind, since: now, saidAt: 0, failures: 0 };
  }
  const { trouble } = state;
  trouble.failures += 1;
  if (found.kind === trouble.kind && found.errorName !== undefined) trouble.errorName = found.errorName;
  if (found.alreadySaid) trouble.saidAt = now;
  if (isDue(trouble, now)) say(state, trouble, found, about, now);
}

/** Announces that what had been announced is over. */
export function troubleIsOver(state: CredentialState, about: About, now: number): void {
  const { trouble } = state;
  if (!trouble) return;
  delete state.trouble;
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

function isNews(standing: Standing, found: Found): boolean {
  if (standing.kind === found.kind) {
    return found.kind === 'rotation-failing' && standing.errorName !== found.errorName;
  }
  return rank(found.kind) >= rank(standing.kind);
}

/**
 * A particular trouble says why the rotation fails, so it takes the place of that. A sealed answer that does
 * not open is passed over: it must not hide that the rotation fails for another reason.
 */
function rank(kind: Trouble): number {
  if (kind === 'unreadable-envelope') return 0;
  return kind === 'rotation-failing' ? 1 : 2;
}

function isDue({ kind, since, saidAt, failures }: Standing, now: number): boolean {
  if (saidAt > 0) return now - saidAt >= AGAIN_MS;
  return kind !== 'rotation-failing' || failures >= FAILURES || now - since >= FAILING_MS;
}

function say(state: CredentialState, trouble: Standing, found: Found, about: About, now: number): void {
  const { kind, since, errorName } = trouble;
  const lastedMs = Math.max(0, now - since); // DynamoDB's servers do not agree to the second
  // By what lies between two announcements at least, so that no two get the same number.
  const number = Math.floor(lastedMs / AGAIN_MS);
  // What is met beside it is not what it is about.
  const { versionId, token } = found.kind === kind ? found : {};
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
  });
  trouble.saidAt = now;
}

const aboutOf = ({ credential }: CredentialState, { username, secretArn }: About, now: number) => ({
  at: now,
  credential,
  username,
  secretArn,
});
