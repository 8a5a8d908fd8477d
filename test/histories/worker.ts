import { type Choice, historiesOf } from './suites.ts';

/** Plays the histories that `verify.ts` orders, and reports the end of each. */

export type Order = { suite: string; choice: Choice; from: number; to: number };
export type Report =
  | { kind: 'ready' }
  | { kind: 'ended'; name: string; end: string }
  | { kind: 'violated'; name: string; violation: string };

const report = (message: Report) => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('message', async ({ suite, choice, from, to }: Order) => {
  for (const { name, play } of (await historiesOf(suite, choice)).slice(from, to)) {
    try {
      report({ kind: 'ended', name, end: await play() });
    } catch (error) {
      report({ kind: 'violated', name, violation: error instanceof Error ? error.message : String(error) });
    }
  }
  report({ kind: 'ready' });
});
