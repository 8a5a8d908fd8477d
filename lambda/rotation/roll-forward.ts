import { RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { announce, committed, nothingChanged, superseded } from '../ledger/journal.ts';
import type { Journal } from '../ledger/state.ts';
import { open, readEnvelope } from '../sealing/envelope.ts';
import { withPassword } from '../secret/credential.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import { openingCommand, PasswordRefusedError, SupersededError, UnreadableAnswerError } from './errors.ts';
import { logIn } from './log-in.ts';
import type { Errand, Rotation } from './rotation.ts';
import { AWSCURRENT, AWSPENDING, type Current, glanceAtVersion, holderOf } from './secret.ts';
import { makeCurrent, storePassword } from './store-password.ts';

type Received = Extract<Journal, { state: 'received' }>;

/** The new password in a sealed answer; undefined when it holds none that can be read. */
export async function openPassword({ sealer, api }: Rotation, envelope: string): Promise<string | undefined> {
  const body = await open(readEnvelope(envelope), sealer);
  const read = api.readNewPassword(body);
  body.fill(0);
  return read.outcome === 'done' ? read.value : undefined;
}

/**
 * Finishes what an earlier invocation had received and not stored, asking ThingSpace for nothing: only
 * while AWSCURRENT still is what the exchange replaced. An old envelope never overwrites a newer password.
 * @throws SupersededError, UnreadableAnswerError, SealingKeyError, SecretStoreError, LedgerUnavailableError
 */
export async function rollForward(
  rotation: Rotation,
  errand: Errand,
  journal: Received,
  secret: SecretDescription,
  current: Current,
): Promise<void> {
  const { ledger } = rotation;
  const { username } = current;
  const password = await openPassword(rotation, journal.envelope);
  if (password === undefined) {
    throw new UnreadableAnswerError(
      `A sealed answer for ${username} holds no password that this release can read. Open it with ` +
        `\`${openingCommand(username)}\` and store what it says.`,
    );
  }
  if (current.password === password) {
    await ledger.change(username, errand.deadlineMs, (state, now) =>
      committed(state, journal.attempt, current.versionId, now),
    );
    return;
  }
  const changed = current.versionId !== journal.oldVersion;
  if (changed && (await stoodAside(rotation, errand, journal, current))) return;

  const token = errand.token ?? (await emptyPending(rotation, errand, secret)) ?? journal.token;
  const stored = await glanceAtVersion(rotation, errand, token);
  if (stored) {
    const value = withPassword(errand.secretArn, current.value, password);
    await makeCurrent(rotation, errand.secretArn, token, current.versionId, value);
  } else {
    await storePassword(rotation, errand, token, current, password);
  }
  rotation.tell('Rolled forward: a sealed password is now current', { username, token });
  await ledger.change(username, errand.deadlineMs, (state, now) => {
    committed(state, journal.attempt, token, now);
    announce(state, journal, {
      event: 'rolled-forward',
      at: now,
      credential: state.credential,
      username,
      secretArn: errand.secretArn,
      token,
      sealedUnder: journal.token,
    });
  });
}

/** Without a token of its own, a recover event fills the version that Secrets Manager left pending. */
async function emptyPending(rotation: Rotation, errand: Errand, secret: SecretDescription) {
  const pending = holderOf(secret.stages, AWSPENDING);
  if (pending === undefined || secret.stages.get(pending)?.includes(AWSCURRENT)) return undefined;
  return (await glanceAtVersion(rotation, errand, pending)) ? undefined : pending;
}

/**
 * Somebody has stored another version since. One log-in tells whether it is the newer password: then the
 * sealed one is kept aside. Refused, it is either the old password once more, which is dead, or nobody's.
 */
async function stoodAside(
  rotation: Rotation,
  errand: Errand,
  journal: Received,
  current: Current,
): Promise<boolean> {
  const { ledger } = rotation;
  const { username, versionId } = current;
  try {
    await logIn(rotation, errand, current, 'probe');
  } catch (cause) {
    if (!(cause instanceof PasswordRefusedError || cause instanceof RefusedPasswordError)) throw cause;
    if ((await hashPassword(username, current.password)) === journal.oldHash) return false;
    await ledger.change(username, errand.deadlineMs, (state, now) =>
      superseded(state, journal.attempt, versionId, username, now),
    );
    throw new SupersededError(
      `The secret ${errand.secretArn} was changed after a new password of ${username} was sealed, and ThingSpace ` +
        `refuses what it holds now (version ${versionId}). A person chooses: read the sealed password with ` +
        `\`${openingCommand(username)}\`, store it or the right one as a new version, then rotate.`,
      { cause },
    );
  }
  rotation.tell('A sealed password was overtaken by a newer one that works; it is kept aside', { username });
  await ledger.change(username, errand.deadlineMs, (state) => nothingChanged(state, journal.attempt));
  return true;
}
