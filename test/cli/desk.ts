import type { Desk, Terminal } from '../../cli/desk.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, type World } from '../world/world.ts';

export type FakeTerminal = Terminal & { said: string[]; warned: string[]; asked: string[] };

/** A terminal in memory; `answer` is what the person says to every question. */
export function fakeTerminal({ isTty = true, answer = true } = {}): FakeTerminal {
  const said: string[] = [];
  const warned: string[] = [];
  const asked: string[] = [];
  return {
    isTty,
    said,
    warned,
    asked,
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
    confirm: async (question) => {
      asked.push(question);
      return answer;
    },
  };
}

export const BUDGETS = { limit: 5, budget: 3, rotation: 2 };

/** The operator's desk beside a world in memory. */
export function deskIn(world: World, terminal: Terminal): Desk {
  const { store, ledger, api, sealer, clock } = world.wireUp(startProcess());
  return { terminal, store, ledger, api, sealerFor: () => sealer, clock, budgets: BUDGETS };
}

export function startDesk(options: Parameters<typeof fakeTerminal>[0] = {}) {
  const world = createWorld();
  const terminal = fakeTerminal(options);
  return { world, terminal, desk: deskIn(world, terminal) };
}
