import { describe, expect, it } from 'vitest';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import { toolIn } from './seat.ts';

/** A table made again after a rotation that ended so. */
async function afterLoss(rotate: (world: World) => Promise<unknown>, restored?: ReadonlyMap<string, string>) {
  const world = createWorld();
  world.aws.created.at = 0;
  world.advance(MINUTE_MS);
  await rotate(world);
  world.advance(60 * MINUTE_MS);
  world.aws.replaceTable(restored);
  world.advance(21 * MINUTE_MS);
  return toolIn({ world });
}

const stopped = (world: World) => world.rotateMeeting('PutSecretValue', 'failed-before');
const secret = ['--secret', 'thingspace/fleet'];

describe('After the ledger was lost, the tool', () => {
  it('stores the sealed password of the log where it replaced AWSCURRENT', async () => {
    const { world, run } = await afterLoss(stopped);
    const seen = JSON.parse((await run(['status', '--json', ...secret])).out);
    expect(seen).toMatchObject({
      verdict: { finding: 'count-unknown' },
      next: [{ do: 'open' }, { do: 'trial' }, {}, {}],
    });
    expect(await run(['store', '--from-sealed', '--yes', ...secret])).toMatchObject({ code: 0 });
    expect(world.currentPassword()).toBe(world.truth().password);
    // The new version is younger than the table, and the count is still unknown.
    const { verdict } = JSON.parse((await run(['status', '--json', ...secret])).out);
    expect(verdict).toMatchObject({ finding: 'count-unknown' });
  });

  it('stores no sealed password of the log where AWSCURRENT holds it, or a newer one', async () => {
    const { world, run } = await afterLoss(async (w) => {
      await w.rotate();
      w.advance(MINUTE_MS);
      await w.rotate();
    });
    const seen = JSON.parse((await run(['status', '--json', ...secret])).out);
    expect(seen).toMatchObject({ verdict: { finding: 'count-unknown' }, next: [{ do: 'trial' }, {}, {}] });
    const ended = await run(['store', '--from-sealed', '--yes', ...secret]);
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.error).toContain('no sealed answer that replaced the password in AWSCURRENT');
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  it('says before a trial that the count is not known', async () => {
    const { run } = await afterLoss((world) => world.rotate());
    const { out } = await run(['trial', '--yes', ...secret]);
    expect(out).toContain('how many log-ins failed before is not known');
    expect(out).toContain('0 of 5 are counted now');
  });
});
