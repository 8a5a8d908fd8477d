import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { status } from '../../cli/status.ts';
import { FIRST_PASSWORD, MINUTE_MS, SECRET_ARN, USERNAME } from '../world/world.ts';
import { startDesk } from './desk.ts';

describe('The command status', () => {
  it('says of a rested credential that there is nothing to do', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    await status(desk, { secret: SECRET_ARN });
    const [text = ''] = terminal.said;
    expect(text).toContain('0 of 5 consecutive failures used (0 failed, 0 in flight). We stop at 3');
    expect(text).toContain('No password change is under way.');
    expect(text).toContain('The next rotation comes as scheduled. Nothing to do.');
    expect(text).toContain('by the rotation: yes');
  });

  it('says that a new password is sealed and not yet in the secret, and how to go on', async () => {
    const { world, desk, terminal } = startDesk();
    world.plan.decide = ({ name }) => (name === 'PutSecretValue' ? 'failed-before' : 'ok');
    await world.rotate({ attempts: 1 });
    world.plan.decide = () => 'ok';
    await status(desk, { username: USERNAME });
    const [text = ''] = terminal.said;
    expect(text).toContain('It is NOT yet in the secret: AWSCURRENT is dead.');
    expect(text).toContain('To do it now: docs/runbook.md#recover');
    expect(text).toContain(`npm run cli -- open --username '${USERNAME}'`);
    expect(text).toMatch(/by apps: The password of .* is dead/);
  });

  it('tells an exchange whose process died from one that lives, by the lease', async () => {
    const { world, desk, terminal } = startDesk();
    world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-before' : 'ok');
    const token = randomUUID();
    world.aws.stage(token);
    await world.step('createSecret', token);
    world.plan.decide = () => 'ok';
    await status(desk, { username: USERNAME });
    world.advance(20 * MINUTE_MS);
    await status(desk, { username: USERNAME });
    expect(terminal.said[0]).toContain('ThingSpace is being asked for a new password');
    expect(terminal.said[0]).toContain('In flight: rotation (exchange)');
    expect(terminal.said[1]).toContain('An invocation asked ThingSpace for a new password and died');
    expect(terminal.said[1]).toContain('1 of 5 consecutive failures used (1 failed, 0 in flight)');
  });

  it('shows neither passwords nor hashes, in words or in JSON', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    await status(desk, { secret: SECRET_ARN });
    await status(desk, { secret: SECRET_ARN, json: true });
    const everything = terminal.said.join('\n');
    const report = JSON.parse(terminal.said[1] ?? '');
    expect(report.refusedVersions).toHaveLength(1);
    const hashes = Object.keys(world.state().refused).map((id) => id.slice(id.lastIndexOf(':') + 1));
    for (const hidden of [FIRST_PASSWORD, world.currentPassword(), ...hashes]) {
      expect(everything).not.toContain(hidden);
    }
  });

  it('counts the sealed answers that were set aside since the last log-in that worked', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    await desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
      state.setAside.earlier = 'sealed';
    });
    await status(desk, { username: USERNAME });
    await status(desk, { username: USERNAME, json: true });
    expect(terminal.said[0]).toContain('1 kept (none of a rotation under way, 1 of earlier ones).');
    expect(JSON.parse(terminal.said[1] ?? '')).toMatchObject({ setAside: 1 });
  });
});
