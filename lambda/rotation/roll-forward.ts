import { PresentableError } from '../errors.ts';
import { recordCommitted } from '../ledger/journal.ts';
import { queueAlarm } from '../ledger/outbox.ts';
import type { Journal } from '../ledger/state.ts';
import { unusableBecause } from '../secret/credential.ts';
import type { Invocation, Services } from './context.ts';
import { prove } from './log-in.ts';
import { makeCurrent } from './make-current.ts';
import { openPassword, unusable } from './sealed-answer.ts';
import { AWSCURRENT, AWSPENDING, describe, type Holder, holderOf, readVersionOnce } from './secret.ts';

type Received = Extract<Journal, { state: 'received' }>;

/**
 * Finishes what an earlier invocation had received and not stored, asking ThingSpace for nothing new.
 * @throws SupersededError, UsernameChangedError, UnreadableAnswerError, UnusablePasswordError, SealingKeyError, EnvelopeError,
 *   SecretStoreError, LedgerUnavailableError, LockoutGuardError and what a log-in throws
 */
export async function rollForward(
  services: Services,
  invocation: Invocation,
  journal: Received,
  username: string,
  holder: Holder,
): Promise<void> {
  const { ledger, log } = services;
  const { secretArn, deadlineMs } = invocation;
  const { attempt, oldVersion, oldHash } = journal;
  const opened = await openUsable(services, username, journal.envelope, holder).catch(
    (failure) => failure as Error,
  );
  if (opened instanceof Error) {
    if (await personHasRestored(services, invocation, journal, username, holder, opened)) return;
    throw opened;
  }
  const target = invocation.token ?? (await emptyPending(services, invocation)) ?? journal.token;
  const brought = { username, password: opened, attempt, oldVersion, oldHash, target, askedAtMs: undefined };
  const { versionId, overtaken } = await makeCurrent(services, invocation, brought, holder);
  log(
    overtaken
      ? 'A newer stored password works; the sealed one is kept aside'
      : 'A sealed password is current now',
    {
      username,
      versionId,
    },
  );
  await ledger.change(username, deadlineMs, (state, now) => {
    const changed = recordCommitted(state, attempt, versionId, now, { overtaken, token: target, username });
    if (!changed || overtaken || versionId === holder.versionId) return;
    queueAlarm(state, {
      event: 'rolled-forward',
      id: `${attempt}:rolled-forward`,
      at: now,
      credential: state.credential,
      username,
      secretArn,
      token: versionId,
      sealedUnder: journal.token,
    });
  });
}

async function openUsable(
  services: Services,
  username: string,
  envelope: string,
  { credential, value }: Holder,
) {
  const password = await openPassword(services, username, envelope);
  const why = unusableBecause(credential ? value : '{}', password);
  if (why !== undefined) throw unusable(username, why);
  return password;
}

/** The sealed answer cannot be used now; a password that a person has stored since, and that works, ends it. */
async function personHasRestored(
  services: Services,
  invocation: Invocation,
  { attempt, oldVersion }: Received,
  username: string,
  { versionId, credential }: Holder,
  failure: Error,
): Promise<boolean> {
  if (!(failure instanceof PresentableError) || versionId === oldVersion || !credential) return false;
  const proof = await prove(services, invocation, { versionId, ...credential });
  if (!proof.works) return false;
  await services.ledger.change(username, invocation.deadlineMs, (state, now) =>
    recordCommitted(state, attempt, versionId, now, { overtaken: true, username }),
  );
  return true;
}

/** Without a token of its own, a recover event fills the version that Secrets Manager left pending. */
async function emptyPending(services: Services, invocation: Invocation): Promise<string | undefined> {
  const { stages } = await describe(services, invocation.secretArn);
  const pending = holderOf(stages, AWSPENDING);
  if (pending === undefined || stages.get(pending)?.includes(AWSCURRENT)) return undefined;
  return (await readVersionOnce(services, invocation, pending)) ? undefined : pending;
}
