import { expect } from 'vitest';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import { type Ended, MINUTE_MS, type World } from './world.ts';

/** The promise of the product: never wrong without saying so, and always a way on. */
export async function judge(world: World, history: string): Promise<void> {
  expect(world.violations, history).toEqual([]);
  if (world.state().journal.state === 'unknown') await helpToProbe(world, history);
  const { journal } = world.state();
  if (journal.state === 'lost') {
    expect(world.answersReceived(), `${history}: lost although the answer had arrived`).toBe(0);
    expect(announced(world), history).toContain('password-lost');
    const contacts = world.truth().logIns + world.truth().getNewPasswords;
    await world.rotate();
    expect(world.truth().logIns + world.truth().getNewPasswords, `${history}: contact after the loss`).toBe(
      contacts,
    );
    world.restoreByHand('Restored By Support 7');
  } else {
    expect(world.currentPassword(), history).toBe(world.truth().password);
    expect(world.truth().getNewPasswords, history).toBeLessThanOrEqual(1);
  }
  world.advance(60 * MINUTE_MS);
  world.plan.decide = () => 'ok';
  let next = await world.rotate();
  if (!next.rotated && next.failures.every(isBudgetSpent)) {
    // Two invocations died with a log-in in their hands: nobody knows that they cost nothing.
    expect(announced(world), history).toContain('guard-closed');
    expect(await world.trial(), history).toBe('done');
    next = await world.rotate();
  }
  expect(next.rotated, `${history}: the next rotation`).toBe(true);
  expect(world.currentPassword(), history).toBe(world.truth().password);
  expect(world.violations, history).toEqual([]);
}

/** Where earlier deaths have used up rotation's share, a person's one log-in is the probe. */
async function helpToProbe(world: World, history: string): Promise<void> {
  expect(announced(world), history).toEqual(expect.arrayContaining(['password-unknown', 'guard-closed']));
  await world.trial();
  await world.recover();
}

const isBudgetSpent = (ended: Ended): boolean => 'error' in ended && ended.error instanceof BudgetSpentError;
export const announced = (world: World): string[] => world.aws.published.map(({ event }) => event);
