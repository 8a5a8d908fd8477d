import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { unlocked } from '../../cli/unlocked.ts';
import { SECRET_ARN, USERNAME } from '../world/world.ts';
import { startDesk } from './desk.ts';

const AT = '2026-01-04T23:30:00Z';

describe('The command unlocked', () => {
  async function burnt() {
    const started = startDesk();
    await started.desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
      state.failed = 4;
      state.secretArn = SECRET_ARN;
    });
    return started;
  }

  it('asks, clears, leaves its name in the audit trail and names the next command', async () => {
    const { world, terminal, desk } = await burnt();
    await unlocked(desk, { username: USERNAME, actor: 'ann', at: AT });
    expect(world.state().failed).toBe(0);
    expect(world.aws.audit).toMatchObject([{ actor: 'ann', purpose: 'unlocked', exposure: 0 }]);
    expect(terminal.asked).toHaveLength(1);
    expect(terminal.said.at(-1)).toBe(`  npm run cli -- trial --secret '${SECRET_ARN}'`);
  });

  it('accepts only a time in the past', async () => {
    for (const at of ['just now', '2027-01-01T00:00:00Z']) {
      const { desk } = await burnt();
      await expect(unlocked(desk, { username: USERNAME, actor: 'ann', at })).rejects.toThrow(UsageError);
    }
  });

  it('asks no question when the unlocking cannot be accepted', async () => {
    const { desk, terminal } = startDesk();
    await expect(unlocked(desk, { secret: SECRET_ARN, actor: 'ann', at: AT })).rejects.toMatchObject({
      name: 'GuardNotClosedError',
    });
    expect(terminal.asked).toEqual([]);
  });

  it('keeps its row in the ledger item when the audit trail cannot be written', async () => {
    const { world, desk } = await burnt();
    world.plan.decide = ({ name }) => (name === 'BatchWriteItem' ? 'failed-before' : 'ok');
    await unlocked(desk, { username: USERNAME, actor: 'ann', at: AT });
    expect(world.state()).toMatchObject({ failed: 0, auditRows: [{ actor: 'ann', outcome: 'unlocked' }] });
  });
});
