import { randomBytes } from 'node:crypto';
import type { Call } from '../gateway/gateway.ts';
import { startWorld, type World, type WorldOptions } from '../world.ts';
import { listen, type Sayings } from './sayings.ts';

/** A world for some histories, one after the other, and what an observer sees of it. */
export interface Stage {
  readonly world: World;
  /** Remote calls that the function made, in order; no other caller's. */
  readonly functionCalls: readonly Call[];
  /** The function's answer to each invocation, as JSON. */
  readonly answers: readonly string[];
  /** Passwords and session tokens that there have been, in the order of their making. */
  readonly secrets: readonly string[];
  /** The function's texts, compared with the truth. */
  readonly sayings: Sayings;
  /** A new password that leaks are searched for. */
  plant(): string;
}

export type StageOptions = Pick<WorldOptions, 'handlerFile' | 'timeoutMs' | 'transport' | 'proxied'>;

/** A proxy that hangs is waited for, ten seconds each time. */
const PROXIED_MS = 60_000;

export async function setStage(options: StageOptions): Promise<Stage> {
  const secrets: string[] = [];
  const plant = () => {
    const password = marker();
    secrets.push(password);
    return password;
  };
  const onSession = (token: string) => void secrets.push(token);
  const world = await startWorld({
    ...(options.proxied && { timeoutMs: PROXIED_MS }),
    ...options,
    password: plant(),
    platform: { nextPassword: plant, onSession },
  });
  const { gateway, conductor } = world;
  const functionCalls: Call[] = [];
  gateway.subscribe((call, phase) => {
    if (phase === 'start' && world.functionRuns()) functionCalls.push(call);
  });
  const answers: string[] = [];
  conductor.subscribe((event) => {
    if (event.kind === 'step-end') answers.push(JSON.stringify(event.result));
  });
  return { world, functionCalls, answers, secrets, sayings: listen(world), plant };
}

/**
 * A password that can stand nowhere by chance, with what careless handling breaks. (Never `'`, `<` or `\`:
 * the platform refuses these.) Either half is as unmistakable as the whole.
 */
function marker(): string {
  const unmistakable = () => randomBytes(6).toString('hex').toUpperCase();
  return `Mk ${unmistakable()} & "$é😀>%2B${unmistakable()};ß `;
}
