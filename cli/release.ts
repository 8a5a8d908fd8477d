import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { forget, release as letGoOn, SERVICE } from '../lambda/ledger/brake.ts';
import type { Hold } from '../lambda/ledger/state.ts';
import { flushAudit } from './audit-rows.ts';
import { isGone, lookAtBrake } from './brake.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { commandOf } from './next-words.ts';

export type ReleaseOptions = {
  secret?: string | undefined;
  actor: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
};

/**
 * Lets the service's other rotations begin exchanges although one is not settled yet: for the exchanges
 * that hold them now, and for no later one.
 * @throws NotConfirmedError, LedgerUnavailableError, LedgerItemError
 */
export async function release(desk: Desk, options: ReleaseOptions): Promise<void> {
  const { terminal, ledger } = desk;
  const brake = await lookAtBrake(desk);
  const { holds } = brake;
  const gone: string[] = [];
  for (const secretArn of holds.length === 0 ? [] : brake.held) {
    if (await isGone(desk, secretArn)) gone.push(secretArn);
  }
  const held = brake.held.filter((secretArn) => !gone.includes(secretArn));
  const tell = (released: readonly Hold[], text: string) =>
    terminal.say(
      options.json
        ? JSON.stringify({ holds: holds.map(inJson), held, released: released.map(inJson) }, null, 2)
        : text,
    );
  if (holds.length === 0) return tell([], 'No hold to override: no exchange holds other rotations.');
  if (!options.json) {
    for (const hold of holds) terminal.say(inWords(hold));
    terminal.say(
      `${held.length} rotation(s) were held. After this they may ask ThingSpace for new passwords, although the cause of the ` +
        'failed exchange above may affect them: be sure that it cannot.',
    );
  }
  if (options.dryRun) return tell([], 'Dry run: no change was made.');
  await confirmed(terminal, options.yes, 'Override the hold?');
  const attempts = holds.map(({ attempt }) => attempt);
  const rows = holds.map((hold) => ({ ...hold, attempt: randomUUID() }));
  const released = await ledger.change(SERVICE, deadlineOf(desk), (state, now) => {
    for (const secretArn of gone) forget(state, secretArn);
    const freed = letGoOn(state, attempts, now);
    for (const { attempt, secretArn } of freed.length === 0 ? [] : rows)
      state.auditRows.push({
        attempt,
        at: now,
        actor: options.actor,
        purpose: 'release',
        secretArn,
        versionId: '',
        outcome: 'released',
        exposure: 0,
      });
    return freed;
  });
  await flushAudit(desk, SERVICE);
  const secretArn = options.secret ?? holds[0]?.secretArn;
  tell(
    released,
    held.length === 0
      ? 'Done: the other rotations come as scheduled.'
      : `Done. Start the held rotations, one after another: ${commandOf('rotate --held', secretArn)}`,
  );
}

const inWords = ({ username, secretArn, why, since }: Hold): string =>
  `The exchange of ${oneLine(username)} (${oneLine(secretArn, 2048)}) is ${oneLine(why)} since ${new Date(since).toISOString()}.`;

const inJson = ({ username, secretArn, why, since }: Hold) => ({
  username,
  secretArn,
  why,
  since: new Date(since).toISOString(),
});
