import { createHash, randomUUID } from 'node:crypto';
import { PresentableError } from '../errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordPutBack } from '../ledger/journal.ts';
import { queueAlarm } from '../ledger/outbox.ts';
import type { CredentialState } from '../ledger/state.ts';
import { readEnvelope } from '../sealing/envelope.ts';
import { readCredential, withPassword } from '../secret/credential.ts';
import type { Invocation, Services } from './context.ts';
import { StoredPasswordRefusedError } from './errors.ts';
import { prove } from './log-in.ts';
import { openPassword } from './sealed-answer.ts';
import { type Holder, readVersion, storePending, swapCurrent } from './secret.ts';
import { note } from './standing-trouble.ts';

/** A password that may be the live one. */
type Candidate = {
  password: string;
  /** The version that holds it; of a sealed one, the attempt that brought it. */
  versionId: string;
  /** The whole value of its version; none of a sealed one. */
  value: string | undefined;
};

/** What is known of a credential whose journal has nothing open. */
export type AtRest = { username: string; state: CredentialState; holder: Holder };

/**
 * Whether what AWSCURRENT is on is known to be dead: refused for certain, replaced by an exchange, or no
 * credential at all. A password that logged in since is not.
 */
export async function isKnownDead(
  username: string,
  state: CredentialState,
  holder: Holder,
): Promise<boolean> {
  if (!holder.credential) return true;
  if (state.lastGood?.versionId === holder.versionId) return false;
  const hash = await hashPassword(username, holder.credential.password);
  const refused = state.refused[`${holder.versionId}:${hash}`];
  if (refused) return !refused.releasable;
  return Object.entries(state.refused).some(([id, { replaced }]) => replaced && id.endsWith(`:${hash}`));
}

/**
 * AWSCURRENT is on a dead password: somebody stored a wrong one, saved a stale editor, or moved the label
 * back. The version that last worked, or a sealed password that replaced this very version, is asked by one
 * log-in; when it works, it is made current again with the members that the person edited.
 * @returns whether AWSCURRENT may have changed
 * @throws LockoutGuardError and what a log-in throws; SecretStoreError
 */
export async function putBack(services: Services, invocation: Invocation, seen: AtRest): Promise<boolean> {
  const { username, holder } = seen;
  for await (const candidate of candidatesFor(services, invocation, seen)) {
    const { versionId, password } = candidate;
    const proof = await prove(services, invocation, { versionId, username, password });
    if (!proof.works) continue;
    const to = await versionOf(services, invocation, candidate, holder);
    if (await swapCurrent(services, invocation, { from: holder.versionId, to })) {
      services.log('The live password is current again', {
        username,
        versionId: to,
        replaced: holder.versionId,
      });
      await announce(services, invocation, username, to, holder.versionId);
    }
    return true;
  }
  return false;
}

/** A dead password that could not be put right. A replaced one in a version of its own is asked first. */
export async function refuseDead(services: Services, invocation: Invocation, seen: AtRest): Promise<void> {
  const { username, state, holder } = seen;
  const { versionId, credential, problem } = holder;
  const asked = Object.keys(state.refused).some((id) => id.startsWith(`${versionId}:`));
  if (credential && !asked) {
    // Support may have reset the password to the very one that was replaced.
    const proof = await prove(services, invocation, { versionId, ...credential });
    if (proof.works) return;
  }
  throw new StoredPasswordRefusedError(
    `The secret ${invocation.secretArn} holds a password of ${username} that does not work (version ${versionId}), and no other ` +
      'one that we know works either. Store the right password as a new version of the secret; if nobody has it, have ' +
      'M2M Support reset it. Then rotate, or invoke the function with {"Recover": "<secret ARN>"}.',
    problem ? { cause: problem } : {},
  );
}

async function* candidatesFor(
  services: Services,
  invocation: Invocation,
  { username, state, holder }: AtRest,
): AsyncGenerator<Candidate> {
  const good = state.lastGood?.versionId;
  if (good !== undefined && good !== holder.versionId && (await isKnownDead(username, state, holder))) {
    const version = await readVersion(services, invocation, good);
    const password = version && passwordIn(invocation.secretArn, version.value);
    if (password !== undefined && password !== holder.credential?.password) {
      yield { password, versionId: good, value: version?.value };
    }
  }
  if (state.orphanItems.length === 0) return;
  for (const [attempt, envelope] of Object.entries(await services.ledger.readSetAside(username))) {
    const password = await passwordThatReplaced(services, invocation, username, envelope, holder.versionId);
    if (password !== undefined) yield { password, versionId: attempt, value: undefined };
  }
}

/** The version to swap in: the candidate's own where no member differs, else a fresh one. */
async function versionOf(
  services: Services,
  invocation: Invocation,
  { password, versionId, value }: Candidate,
  holder: Holder,
): Promise<string> {
  if (!holder.credential && value !== undefined) return versionId;
  const merged = withPassword(invocation.secretArn, holder.value, password);
  if (merged === value) return versionId;
  const fresh = createHash('sha256').update(`${versionId} ${holder.versionId}`).digest('hex').slice(0, 32);
  if (await storePending(services, invocation, fresh, merged)) return fresh;
  const other = randomUUID();
  await storePending(services, invocation, other, merged);
  return other;
}

async function announce(
  { ledger }: Services,
  { secretArn, deadlineMs }: Invocation,
  username: string,
  versionId: string,
  replacedVersionId: string,
): Promise<void> {
  await ledger.change(username, deadlineMs, (state, now) => {
    recordPutBack(state, versionId, now);
    queueAlarm(state, {
      event: 'put-back',
      id: `${versionId}:put-back:${replacedVersionId}`,
      at: now,
      credential: state.credential,
      username,
      secretArn,
      versionId,
      replacedVersionId,
    });
  });
}

function passwordIn(secretArn: string, value: string): string | undefined {
  try {
    return readCredential(secretArn, value).password;
  } catch (failure) {
    if (failure instanceof PresentableError) return undefined;
    throw failure;
  }
}

/** One that does not open (another key, another format) is skipped: it stays where it is. */
async function passwordThatReplaced(
  services: Services,
  invocation: Invocation,
  username: string,
  envelope: string,
  versionId: string,
): Promise<string | undefined> {
  try {
    if (readEnvelope(envelope).header.oldVersion !== versionId) return undefined;
    return await openPassword(services, username, envelope);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    services.log('A sealed answer that was set aside does not open or holds no password; it stays kept', {
      failure: failure.message,
    });
    await note(services, invocation, () => ({ kind: 'unreadable-envelope', errorName: failure.name }));
    return undefined;
  }
}
