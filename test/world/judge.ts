import assert from 'node:assert/strict';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import { type Ended, MINUTE_MS, type World } from './world.ts';

/**
 * The promise of the product: never wrong without saying so, and always a way on. Returns how the history ended.
 * @throws AssertionError with the history in its message
 */
export async function judge(world: World, history: string): Promise<string> {
  mustHold(world, history);
  if (world.state().journal.state === 'unknown') await helpToProbe(world, history);
  const { journal } = world.state();
  if (journal.state === 'lost') {
    assert.equal(world.answersReceived(), 0, `${history}: lost although the answer had arrived`);
    mustAnnounce(world, history, 'password-lost');
    const contacts = world.truth().logIns + world.truth().getNewPasswords;
    await world.rotate();
    const contactsAfter = world.truth().logIns + world.truth().getNewPasswords;
    assert.equal(contactsAfter, contacts, `${history}: contact after the loss`);
    world.restoreByHand('Restored By Support 7');
  } else {
    mustBeLive(world, history);
    assert(world.truth().getNewPasswords <= 1, `${history}: more than one GetNewPassword`);
  }
  world.advance(60 * MINUTE_MS);
  world.plan.decide = () => 'ok';
  await mustRotate(world, history);
  mustBeLive(world, history);
  mustHold(world, history);
  return journal.state === 'lost' ? 'lost and announced' : 'rotated';
}

/** The next rotation succeeds, if need be after the trial that a message advises. */
export async function mustRotate(world: World, history: string): Promise<void> {
  let next = await world.rotate();
  if (!next.rotated && next.failures.every(isBudgetSpent)) {
    // Two invocations died during a log-in, and the ledger cannot know that neither failed.
    mustAnnounce(world, history, 'guard-closed');
    assert.equal(await world.trial(), 'done', `${history}: a trial`);
    next = await world.rotate();
  }
  assert(next.rotated, `${history}: the next rotation`);
}

/** When earlier deaths have used up rotation's share, an operator's one log-in is the probe. */
export async function helpToProbe(world: World, history: string): Promise<void> {
  mustAnnounce(world, history, 'password-unknown');
  mustAnnounce(world, history, 'guard-closed');
  await world.trial();
  await world.recover();
}

const isBudgetSpent = (ended: Ended): boolean => 'error' in ended && ended.error instanceof BudgetSpentError;

/** The observers of the world have seen nothing that must not be. */
export function mustHold({ violations }: World, history: string): void {
  assert(violations.length === 0, `${history}: ${violations.join('; ')}`);
}

export function mustBeLive(world: World, history: string): void {
  const [stored, live] = [world.currentPassword(), world.truth().password];
  assert.equal(stored, live, `${history}: AWSCURRENT holds ${stored}, the live password is ${live}`);
}

function mustAnnounce(world: World, history: string, event: string): void {
  assert(
    announced(world).includes(event),
    `${history}: ${event} is not among ${announced(world).join(', ')}`,
  );
}

export const announced = (world: World): string[] => world.aws.published.map(({ event }) => event);
