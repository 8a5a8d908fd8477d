import { engage, type Holding, holdsInForce, release, SERVICE } from '../../lambda/ledger/brake.ts';
import { decodeState } from '../../lambda/ledger/state.ts';
import type { Fate } from './fate.ts';
import { announced } from './judge.ts';
import { createWorld } from './world.ts';

export const OTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:yard-GhIjKl';

export type Service = ReturnType<typeof startService>;

/** Two credentials of one service: they share the ledger's table and the clock. */
export function startService({
  exchangeBrake = true,
  nextPassword,
}: {
  exchangeBrake?: boolean;
  nextPassword?: () => string;
} = {}) {
  const first = createWorld({ exchangeBrake, ...(nextPassword && { nextPassword }) });
  const second = createWorld({
    exchangeBrake,
    clock: first.clock,
    table: first.aws.table,
    username: 'Yard-Api',
    secretArn: OTHER_ARN,
    seed: 2,
  });
  const brake = () => decodeState(SERVICE, JSON.parse(first.aws.table.get(SERVICE) ?? '{}'));
  return {
    first,
    second,
    brake,
    /** A person releases what stands. */
    release() {
      const state = brake();
      release(
        state,
        holdsInForce(state).map(({ attempt }) => attempt),
        first.clock.nowMs(),
      );
      first.aws.table.set(SERVICE, JSON.stringify({ ...state, revision: state.revision + 1 }));
    },
    /** A hold that an earlier invocation has written. */
    holdBy(holding: Holding) {
      const state = brake();
      engage(state, holding, first.clock.nowMs());
      first.aws.table.set(SERVICE, JSON.stringify({ ...state, revision: state.revision + 1 }));
    },
    /** Another secret whose rotation was held, before all others. */
    alsoHeld(secretArn: string) {
      const state = brake();
      if (state.brake) state.brake.held = { [secretArn]: first.clock.nowMs(), ...state.brake.held };
      first.aws.table.set(SERVICE, JSON.stringify({ ...state, revision: state.revision + 1 }));
    },
    told: () => [...announced(first), ...announced(second)],
  };
}

const loses =
  (fate: Fate) =>
  ({ name }: { name: string }): Fate =>
    name === 'GetNewPassword' ? fate : 'ok';

/** One attempt of the first credential's rotation, whose answer does not arrive; nothing was changed. */
export async function endsUnknown({ first }: Service, fate: Fate = 'request-lost') {
  first.plan.decide = loses(fate);
  await first.rotate({ attempts: 1 });
  first.plan.decide = () => 'ok';
}
