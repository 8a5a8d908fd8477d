import { randomUUID } from 'node:crypto';
import { noteAsked } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { TargetError } from './errors.ts';
import type { Acting } from './options.ts';
import { look, type Sight } from './sight.ts';
import type { Named } from './target.ts';
import { iso } from './times.ts';

/** A look at a secret whose members can be kept. */
export type Storable = Sight & { secretArn: string };

/** @throws TargetError when no version may be stored now */
export async function lookToStore(desk: Desk, named: Named): Promise<Storable> {
  const sight = await look(desk, named);
  const { secretArn } = sight;
  if (secretArn === undefined) throw new TargetError('Name the secret with --secret.');
  if (sight.unseen !== undefined) {
    throw new TargetError(`Its other members must be kept, and AWSCURRENT cannot be read (${sight.unseen}).`);
  }
  mayStoreNow(sight);
  return { ...sight, secretArn };
}

/** Throws while an exchange is under way: its answer would overwrite the stored version, or be overwritten by it. */
function mayStoreNow({ state, now }: Sight): void {
  const { journal } = state;
  const leaseEndsAt = 'startedAt' in journal ? journal.startedAt + 20 * 60_000 : 0;
  if (journal.state === 'exchanging' && now < leaseEndsAt) {
    throw new TargetError(
      `ThingSpace is being asked for a new password at this moment: store nothing before ${iso(leaseEndsAt)}.`,
    );
  }
}

/**
 * Stores a value as AWSCURRENT after the operator's yes, unless the secret was changed since it was looked at.
 * @returns false in a dry run
 * @throws TargetError, NotConfirmedError, AwsCallError
 */
export async function storeVersion(
  desk: Desk,
  options: Acting,
  { secretArn, holder }: Storable,
  value: string,
): Promise<boolean> {
  const { terminal } = desk;
  if (options.dryRun) {
    terminal.say('Dry run: no version was stored.');
    return false;
  }
  await confirmed(terminal, options.yes, 'Store it?');
  const fresh = await look(desk, options);
  mayStoreNow(fresh);
  if (fresh.holder?.versionId !== holder?.versionId) {
    throw new TargetError(
      'The secret was changed since the question was asked. No version was stored; run it again.',
    );
  }
  await noteOtherTable(desk, fresh, secretArn);
  const token = randomUUID();
  await noteAsked(desk, fresh.username ?? secretArn, options, {
    command: 'store',
    secretArn,
    versionId: token,
  });
  await desk.store.put({
    secretId: secretArn,
    token,
    rotationToken: undefined,
    value,
    stages: ['AWSCURRENT'],
  });
  terminal.say(`Stored as version ${token}.`);
  return true;
}

/** Closes the guard of an item that is older than its table while that shows: the new version will be younger. */
async function noteOtherTable(
  { ledger, clock }: Desk,
  { state, username, holder }: Sight,
  secretArn: string,
): Promise<void> {
  if (state.countUnknownSince === undefined || username === undefined || !holder) return;
  const { versionId, createdAt: storedAt } = holder;
  const deadlineMs = deadlineOf({ clock });
  const { state: stored } = await ledger.read(username, deadlineMs);
  await ledger.closeIfOfOtherTable(stored, { username, secretArn, versionId, storedAt }, deadlineMs);
}
