import { fingerprint } from '../ledger/fingerprint.ts';
import { recordCommitted } from '../ledger/journal.ts';
import type { Reservation } from '../ledger/ledger.ts';
import { credentialKey } from '../ledger/state.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { envelopeForItem, seal } from '../sealing/seal-answer.ts';
import { unusableBecause } from '../secret/credential.ts';
import type { RawAnswer } from '../thingspace/api.ts';
import type { Services, StepInvocation } from './context.ts';
import { NotEnoughTimeError, OutcomeUnknownError, ThingSpaceUnreachableError } from './errors.ts';
import {
  endUnchanged,
  endUnknown,
  orUnchanged,
  refused,
  settleReceived,
  unreadable,
} from './exchange-outcome.ts';
import { ACTOR, logInOrThrow, logOut } from './log-in.ts';
import { type Brought, makeCurrent, storeAndSwap } from './make-current.ts';
import { unusable, writeSealed } from './sealed-answer.ts';
import type { Current } from './secret.ts';

/**
 * The healthy line of a rotation, in order. Throwing anywhere is the same as dying there: `recovery.ts` finds
 * what is left and goes on. The numbers stand at the lines below.
 *
 *   dies                                  found as                             then
 *   1 with the log-in reserved            idle; it counts as a failure         begin anew when the guard allows
 *   2 journaled, before sealing           exchanging, nothing sealed           wait out the lease; prove → idle or lost
 *   3 sealed line written                 exchanging, line in the log          received → roll forward
 *   4 journal landed, value not           received                             store, swap
 *   5 value landed, label not moved       received, the token has a value      swap
 *   6 label moved, journal behind         AWSCURRENT holds the sealed value    committed
 */

/** Kept for sealing and storing after the answer has come. */
const STORING_MS = 8_000;
const MIN_WAIT_MS = 5_000;

/**
 * Asks ThingSpace for a new password, once, and makes it current. From the request on the old password
 * may be dead: what arrives is sealed before anybody reads it.
 * @throws a named error that says whether the password was changed; the journal says the same
 */
export async function changePassword(
  services: Services,
  invocation: StepInvocation,
  current: Current,
): Promise<void> {
  const { secretArn, token } = invocation;
  timeForExchangeMs(services, invocation);
  const key = await services.sealer.newKey({ secretArn, token });
  try {
    // 1
    const session = await logInOrThrow(services, invocation, current, 'log-in');
    try {
      const reservation = await beginExchange(services, invocation, current);
      // 2
      const askedAtMs = services.clock.nowMs();
      const answer = await ask(services, invocation, reservation, session, current);
      await keep(services, invocation, current, reservation, answer, key, askedAtMs);
    } finally {
      await logOut(services, invocation, session);
    }
  } finally {
    key.plaintext.fill(0);
  }
}

/**
 * How long the answer may be waited for. Hanging up early can only lose the password: who waited for something
 * else first leaves the exchange to the retry.
 * @throws NotEnoughTimeError
 */
function timeForExchangeMs({ clock }: Services, { startedAtMs, deadlineMs }: StepInvocation): number {
  const leftMs = deadlineMs - clock.nowMs();
  const minLeftMs = Math.max(STORING_MS + MIN_WAIT_MS, (deadlineMs - startedAtMs) / 2);
  if (leftMs >= minLeftMs) return leftMs - STORING_MS;
  throw new NotEnoughTimeError(
    `Only ${Math.max(0, Math.floor(leftMs / 1000))} s of this invocation are left, too little to ask for a new password and ` +
      'store it for sure. None was asked for; a retry begins with its full time. (If this is a first try: raise the ' +
      'function’s timeout.)',
  );
}

/** Reserves and writes `exchanging` into the journal, in one write: the record comes before the effect. */
async function beginExchange(
  { ledger }: Services,
  invocation: StepInvocation,
  { username, versionId, password }: Current,
): Promise<Reservation> {
  return ledger.reserve(
    {
      username,
      secretArn: invocation.secretArn,
      versionId,
      fingerprint: await fingerprint(username, versionId, password),
      actor: ACTOR,
      purpose: 'exchange',
      share: 'rotation',
      exchange: { token: invocation.token },
    },
    invocation.deadlineMs,
  );
}

/** GetNewPassword: the bytes of an answer, unread. */
async function ask(
  services: Services,
  invocation: StepInvocation,
  reservation: Reservation,
  session: string,
  current: Current,
): Promise<RawAnswer> {
  const { api, ledger } = services;
  const timeoutMs = await orUnchanged(services, invocation, reservation, () =>
    timeForExchangeMs(services, invocation),
  );
  const answer = await api.getNewPassword(session, current.password, {
    timeoutMs,
    mayLeave: () => ledger.mayStillLeave(reservation),
  });
  if (answer.outcome === 'answered') return answer;
  if (answer.outcome === 'never-sent') {
    await endUnchanged(services, invocation, reservation, { outcome: 'uncounted' });
    throw new ThingSpaceUnreachableError(
      'ThingSpace cannot be reached to ask for a new password; nothing was sent and the old password stays good. ' +
        'A retry goes on from here.',
      { cause: answer.cause },
    );
  }
  await endUnknown(services, invocation, reservation, undefined);
  throw new OutcomeUnknownError(
    `ThingSpace was asked for a new password of ${reservation.username} and its answer did not arrive: nobody knows ` +
      'whether the password was changed. Nothing is asked for again; in 20 minutes a retry or the recover event ' +
      'logs in once with the old password and settles it.',
    { cause: answer.cause },
  );
}

/** Seals first; then reads, and makes current what was read. */
async function keep(
  services: Services,
  invocation: StepInvocation,
  current: Current,
  reservation: Reservation,
  answer: RawAnswer,
  key: DataKey,
  askedAtMs: number,
): Promise<void> {
  const { api, clock, ledger, metrics, log } = services;
  const { secretArn, token, deadlineMs } = invocation;
  const { attempt, username, fingerprint: old } = reservation;
  const receivedAtMs = clock.nowMs();
  const exchange = { secretArn, token, attempt, oldVersion: current.versionId, oldHash: old.hash };
  const envelopes = seal(answer, key, exchange);
  writeSealed(services, attempt, envelopes);
  // 3
  const read = api.readNewPassword(answer);
  const password = read.outcome === 'done' ? read.value : undefined;
  const envelope = envelopeForItem(envelopes, answer, password, key, exchange);
  if (read.outcome === 'refused') return refused(services, invocation, reservation, read.code, envelope);
  if (read.outcome === 'unknown') return unreadable(services, invocation, reservation, envelope, read.cause);

  const why = unusableBecause(current.value, read.value);
  if (why !== undefined) {
    await settleReceived(services, invocation, reservation, envelope);
    throw unusable(username, why);
  }

  const brought: Brought = { ...exchange, username, password: read.value, target: token, askedAtMs };
  const [swapped, journaled] = await Promise.allSettled([
    storeAndSwap(services, invocation, brought, current), // 4, 5
    settleReceived(services, invocation, reservation, envelope),
  ]);
  if (swapped.status === 'rejected') throw swapped.reason;
  if (journaled.status === 'rejected') throw journaled.reason;
  const holder = { ...current, credential: current, problem: undefined };
  const { versionId, overtaken } = swapped.value
    ? { versionId: token, overtaken: false }
    : await makeCurrent(services, invocation, brought, holder);
  // 6
  const staleMs = Math.round(clock.nowMs() - receivedAtMs);
  metrics.gauge('StaleWindowMs', credentialKey(username), staleMs, 'Milliseconds');
  log(overtaken ? 'A newer stored password works and stays' : 'The new password is current', {
    username,
    token,
    versionId,
    staleMs,
  });
  await ledger.change(username, deadlineMs, (state, now) =>
    recordCommitted(state, attempt, versionId, now, { overtaken, username }),
  );
}
