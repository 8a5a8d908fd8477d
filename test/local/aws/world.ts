import { vi } from 'vitest';
import { startClock, type WorldClock } from '../../../local/aws/clock.ts';
import { type LocalAws, startAws } from '../../../local/aws/start.ts';
import { type Gateway, startGateway } from '../../../local/gateway/gateway.ts';

export type World = { clock: WorldClock; gateway: Gateway; aws: LocalAws; close(): Promise<void> };

/** The AWS side of the world, with the process's environment pointing the SDK's clients at it. */
export async function startWorld(): Promise<World> {
  const clock = startClock();
  const gateway = startGateway({ clock });
  const aws = await startAws(gateway, clock);
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
  return {
    clock,
    gateway,
    aws,
    async close() {
      vi.unstubAllEnvs();
      await gateway.close();
      await aws.close();
    },
  };
}

/** The token of the nth version: a UUID that a reader can tell from the next. */
export function token(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}
