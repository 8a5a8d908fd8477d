import {
  decodeHolds,
  type Holds,
  holdsInForce,
  override,
  place,
  SERVICE,
} from '../../lambda/ledger/holds.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from './fate.ts';
import { announced } from './judge.ts';
import { createWorld } from './world.ts';

export const OTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:yard-GhIjKl';

export type Service = ReturnType<typeof startService>;

/** Two credentials of one service: they share the ledger's table and the clock. */
export function startService({
  holdsOn = true,
  transport = 'soap',
  nextPassword,
}: {
  holdsOn?: boolean;
  transport?: Transport;
  nextPassword?: () => string;
} = {}) {
  const first = createWorld({ holdsOn, transport, ...(nextPassword && { nextPassword }) });
  const second = createWorld({
    holdsOn,
    transport,
    clock: first.clock,
    table: first.aws.table,
    username: 'Yard-Api',
    secretArn: OTHER_ARN,
    seed: 2,
  });
  const holds = () => decodeHolds(SERVICE, JSON.parse(first.aws.table.get(SERVICE) ?? '{}'));
  function change(apply: (item: Holds, now: number) => unknown): void {
    const item = holds();
    apply(item, first.clock.nowMs());
    first.aws.table.set(SERVICE, JSON.stringify({ ...item, revision: item.revision + 1 }));
  }
  return {
    first,
    second,
    /** The service's item of holds. */
    holds,
    /** An operator overrides the holds in force. */
    override: () =>
      change((item, now) =>
        override(
          item,
          holdsInForce(item).map(({ attempt }) => attempt),
          now,
        ),
      ),
    /** A hold that an earlier invocation has placed. */
    holdBy: (placed: Parameters<typeof place>[1]) => change((item, now) => place(item, placed, now)),
    /** Another secret whose rotation was held, before all others. */
    alsoWaits: (secretArn: string) =>
      change((item, now) => {
        item.brake.held = { [secretArn]: now, ...item.brake.held };
      }),
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
