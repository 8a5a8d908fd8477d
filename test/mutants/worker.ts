import { openPlayer, type Play, type Verdict } from './player.ts';

/** A process that plays mutants, one after another, for `main.ts`; its first argument is the project's directory. */
export type Said = { said: 'ready' } | { said: 'begins' } | { said: 'verdict'; verdict: Verdict };

const say = (said: Said) => process.send?.(said);
const player = await openPlayer(process.argv[2] as string, () => say({ said: 'begins' }));
process.on('message', async (asked: Play) => say({ said: 'verdict', verdict: await player.play(asked) }));
// A mutant may keep vitest's process busy for ever: the whole group ends with its parent.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
say({ said: 'ready' });
