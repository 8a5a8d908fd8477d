import { explore } from '../../local/explorer/explore.ts';
import type { ExplorerFate } from '../../local/explorer/fault.ts';

/** The histories of the real bundle that are verified: deaths by SIGKILL, faults, and acts of operators. */
type Options = Omit<Parameters<typeof explore>[0], 'fates' | 'people'>;

const FATES: readonly ExplorerFate[] = ['killed-before', 'killed-after', 'response-lost', 'denied'];

export const exploreBundle = (options: Options) =>
  explore({ parallel: 4, ...options, fates: FATES, people: true });
