import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { lastActIs, noteAct } from '../lambda/ledger/acts.ts';
import { forget, type Hold, override, SERVICE } from '../lambda/ledger/holds.ts';
import { LedgerItemError } from '../lambda/ledger/items.ts';
import { flushAudit } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { isGone, lookAtHolds } from './holds.ts';
import { commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { iso } from './times.ts';

/**
 * Overrides the present holds: the service's other rotations may begin exchanges although one has failed. A later
 * failed exchange holds them again. (The command, the audit row, and the JSON have the older word "release".)
 * @throws NotConfirmedError, LedgerUnavailableError, LedgerItemError
 */
export async function release(desk: Desk, options: Acting): Promise<void> {
  const { terminal } = desk;
  const { holds, waiting, items, isDamaged } = await lookForOverride(desk);
  const gone: string[] = [];
  for (const secretArn of holds.length === 0 && !isDamaged ? [] : waiting) {
    if (await isGone(desk, secretArn)) gone.push(secretArn);
  }
  const held = waiting.filter((secretArn) => !gone.includes(secretArn));
  const tell = (overridden: readonly Hold[], text: string) =>
    terminal.say(
      options.json
        ? JSON.stringify({ holds: holds.map(inJson), held, released: overridden.map(inJson) }, null, 2)
        : text,
    );
  if (holds.length === 0 && !isDamaged)
    return tell([], 'No hold to override: no exchange holds other rotations.');
  if (!options.json) {
    for (const hold of holds) terminal.say(inWords(hold));
    terminal.say(
      `${held.length} rotation(s) were held. After this they may ask ThingSpace for new passwords, although the cause of the ` +
        'failed exchange may affect them: be sure that it cannot.',
    );
  }
  if (options.dryRun) return tell([], 'Dry run: no change was made.');
  const dropping = 'Override the holds, and drop the members that cannot be read?';
  await confirmed(terminal, options.yes, isDamaged ? dropping : 'Override the hold?');
  const attempts = holds.map(({ attempt }) => attempt);
  const of = isDamaged ? [...holds, { secretArn: options.secret ?? '' }] : holds;
  const by = { actor: options.actor, reason: options.reason };
  const rows = of.map(({ secretArn }) => ({ secretArn, attempt: randomUUID() }));
  const overridden = await items.change(SERVICE, deadlineOf(desk), (item, now) => {
    for (const secretArn of gone) forget(item, secretArn);
    // The message about the end of the hold names the act.
    lastActIs(item, { ...by, command: 'release' }, now);
    const ended = override(item, attempts, now);
    for (const { attempt, secretArn } of ended.length === 0 && !isDamaged ? [] : rows)
      noteAct(item, { id: attempt, ...by, command: 'release', secretArn, outcome: 'released' }, 0, now);
    return ended;
  });
  await flushAudit(desk, SERVICE, items);
  const secretArn = options.secret ?? holds[0]?.secretArn;
  tell(overridden, doneWords(held.length, isDamaged, secretArn));
}

/**
 * A member that cannot be read may be a hold, so the override replaces it.
 * @throws LedgerUnavailableError; LedgerItemError when a later version has reserved the item
 */
async function lookForOverride(desk: Desk) {
  const { holds, damagedHolds } = desk.ledger;
  try {
    return { ...(await lookAtHolds(desk)), items: holds, isDamaged: false };
  } catch (failure) {
    if (!(failure instanceof LedgerItemError)) throw failure;
    const readable = await lookAtHolds(desk, damagedHolds);
    desk.terminal.warn(failure.message);
    return { ...readable, items: damagedHolds, isDamaged: true };
  }
}

function doneWords(held: number, wasDamaged: boolean, secretArn: string | undefined): string {
  const start = `Start the held rotations, one after another: ${commandOf('rotate --held', secretArn)}`;
  if (wasDamaged)
    return `Done. ${start} The item may have lost one: \`status\` without --secret shows each credential.`;
  return held === 0 ? 'Done: the other rotations come as scheduled.' : `Done. ${start}`;
}

const inWords = ({ username, secretArn, why, since }: Hold): string =>
  `The exchange of ${oneLine(username)} (${oneLine(secretArn, 2048)}) is ${oneLine(why)} since ${iso(since)}.`;

const inJson = ({ username, secretArn, why, since }: Hold) => ({
  username,
  secretArn,
  why,
  since: iso(since),
});
