import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { forget, type Hold, override, SERVICE } from '../lambda/ledger/holds.ts';
import { flushAudit } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { isGone, lookAtHolds } from './holds.ts';
import { commandOf } from './next-words.ts';

export type ReleaseOptions = {
  secret?: string | undefined;
  actor: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
};

/**
 * Overrides the present holds: the service's other rotations may begin exchanges although one has failed. A later
 * failed exchange holds them again. (The command, the audit row, and the JSON have the older word "release".)
 * @throws NotConfirmedError, LedgerUnavailableError, LedgerItemError
 */
export async function release(desk: Desk, options: ReleaseOptions): Promise<void> {
  const { terminal, ledger } = desk;
  const { holds, waiting } = await lookAtHolds(desk);
  const gone: string[] = [];
  for (const secretArn of holds.length === 0 ? [] : waiting) {
    if (await isGone(desk, secretArn)) gone.push(secretArn);
  }
  const held = waiting.filter((secretArn) => !gone.includes(secretArn));
  const tell = (overridden: readonly Hold[], text: string) =>
    terminal.say(
      options.json
        ? JSON.stringify({ holds: holds.map(inJson), held, released: overridden.map(inJson) }, null, 2)
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
  const overridden = await ledger.holds.change(SERVICE, deadlineOf(desk), (item, now) => {
    for (const secretArn of gone) forget(item, secretArn);
    const ended = override(item, attempts, now);
    for (const { attempt, secretArn } of ended.length === 0 ? [] : rows)
      item.auditRows.push({
        attempt,
        at: now,
        actor: options.actor,
        purpose: 'release',
        secretArn,
        versionId: '',
        outcome: 'released',
        exposure: 0,
      });
    return ended;
  });
  await flushAudit(desk, SERVICE, ledger.holds);
  const secretArn = options.secret ?? holds[0]?.secretArn;
  tell(
    overridden,
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
