import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Desk } from '../../cli/desk.ts';
import { NotWellError, TargetError } from '../../cli/errors.ts';
import type { Options } from '../../cli/options.ts';
import { status as run } from '../../cli/status.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, SECRET_ARN, USERNAME, type World } from '../world/world.ts';
import { deskIn, fakeTerminal, startDesk } from './desk.ts';

/** The exit code that the process would end with. */
async function status(desk: Desk, options: Options): Promise<number> {
  try {
    await run(desk, options);
    return 0;
  } catch (failure) {
    if (failure instanceof NotWellError) return failure.exitCode;
    throw failure;
  }
}

describe('The command status', () => {
  it('reports no task for an idle credential', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    expect(await status(desk, { secret: SECRET_ARN })).toBe(0);
    const [text = ''] = terminal.said;
    expect(text).toContain('OK: all is well.');
    expect(text).toContain(
      '0 of 5 consecutive failures used (0 failed, 0 in flight). The rotation stops at 2, apps at 3',
    );
    expect(text).toContain('No exchange is under way.');
    expect(text).toContain('No action is needed.');
    expect(text).toContain('rotation, apps, trial: yes');
  });

  it('names the missing key of a function that speaks REST, before a rotation and after', async () => {
    const world = createWorld({ transport: 'rest' });
    const terminal = fakeTerminal();
    const desk = deskIn(world, terminal);
    const { apiKey, apiSecret, ...others } = JSON.parse(world.aws.currentValue() ?? '{}');
    world.aws.store(JSON.stringify(others));
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    await world.rotate({ attempts: 1 });
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    for (const text of terminal.said) {
      expect(text).toContain('the application’s key is missing');
      expect(text).toContain(`npm run cli -- store --api-key --secret '${SECRET_ARN}'`);
    }
    world.aws.store(JSON.stringify({ ...others, apiKey, apiSecret }));
    expect((await world.rotate()).rotated).toBe(true);
    expect(await status(desk, { secret: SECRET_ARN })).toBe(0);
  });

  it('reports a new password that is sealed but not stored, and the next step', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    expect(await status(desk, { username: USERNAME })).toBe(1);
    const [text = ''] = terminal.said;
    expect(text).toContain(
      'A new password is received and sealed, and no invocation has confirmed that the secret holds it',
    );
    expect(text).toContain(`npm run cli -- recover --secret '${SECRET_ARN}'`);
    expect(text).toContain(`npm run cli -- store --from-sealed --secret '${SECRET_ARN}'`);
    expect(text).toMatch(/rotation, apps: The password of .* is dead/);
    expect(text).not.toContain('To do: 1. ');
  });

  it('distinguishes a dead exchange from a living one by the lease', async () => {
    const { world, desk, terminal } = startDesk();
    world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-before' : 'ok');
    const token = randomUUID();
    world.aws.stage(token);
    await world.step('createSecret', token);
    world.plan.decide = () => 'ok';
    expect(await status(desk, { username: USERNAME })).toBe(3);
    world.advance(20 * MINUTE_MS);
    expect(await status(desk, { username: USERNAME })).toBe(1);
    expect(terminal.said[0]).toContain('ThingSpace is being asked for a new password');
    expect(terminal.said[0]).toContain('In flight: rotation (exchange)');
    expect(terminal.said[1]).toContain('An invocation asked ThingSpace for a new password and died');
    expect(terminal.said[1]).toContain('1 of 5 consecutive failures used (1 failed, 0 in flight)');
  });

  it('does not call a password dead that a rotation replaced while it looked', async () => {
    const { world, desk } = startDesk();
    const { read } = desk.store;
    let rotated = false;
    desk.store.read = async (arn, versionId) => {
      const version = await read.call(desk.store, arn, versionId);
      if (!rotated) {
        rotated = true;
        await world.rotate();
      }
      return version;
    };
    expect(await status(desk, { secret: SECRET_ARN })).toBe(0);
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

  it('counts the sealed answers that were set aside since the last successful log-in', async () => {
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

  it('reports a password that was refused', async () => {
    const { world, desk, terminal } = startDesk();
    world.storeByHand('Mistyped 1');
    await world.rotate({ attempts: 1 });
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toMatch(/^ACT: AWSCURRENT holds no password that works\./);
    expect(terminal.said[0]).toContain(`npm run cli -- store --secret '${SECRET_ARN}'`);
    expect(terminal.said[0]).not.toContain('No action is needed');
  });

  it('reports a secret that is not JSON, with its username from the ledger', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    world.aws.store('password: Mistyped');
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toContain('ACT: AWSCURRENT holds no password that works.');
    expect(terminal.said[0]).toContain(USERNAME);
  });

  it('names the fault of a value without a credential', async () => {
    for (const [act, words] of [
      [(world: World) => world.aws.storeBinary(), 'binary data (SecretBinary)'],
      [(world: World) => world.aws.store('\uFEFF{}'), 'byte order mark (U+FEFF)'],
      [
        (world: World) => world.aws.store('{"username":"Fleet-Api ","password":"MARKER"}'),
        'character 10 of 10 is a blank',
      ],
    ] as const) {
      const { world, desk, terminal } = startDesk();
      await world.rotate();
      act(world);
      expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
      expect(terminal.said[0]).toContain('ACT: AWSCURRENT holds no password that works.');
      expect(terminal.said[0]).toContain(words);
      expect(terminal.said[0]).not.toContain('MARKER');
    }
  });

  it('reports before the next rotation that the secret has no room for a new password', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    world.aws.store(
      JSON.stringify({ ...JSON.parse(world.aws.currentValue() ?? ''), notes: 'x'.repeat(64_500) }),
    );
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toMatch(/^ACT: no room for a new password\./);
    expect(terminal.said[0]).toMatch(/shorten other members by \d+ bytes/);
  });

  it('names the final line break of a refused password', async () => {
    const { world, desk, terminal } = startDesk();
    world.storeByHand('Mistyped 1\n');
    await world.rotate({ attempts: 1 });
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toContain('The stored password ends in a line break');
    expect(terminal.said[0]).not.toContain('Mistyped');
  });

  it('advises to store a password in a secret that was never filled', async () => {
    const { world, desk, terminal } = startDesk();
    world.aws.store(JSON.stringify(PLACEHOLDER));
    expect(await status(desk, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toMatch(/^ACT: no credentials yet\./);
  });

  it('calls a mistyped username an error, also beside the right secret', async () => {
    const { world, desk } = startDesk();
    await world.rotate();
    await expect(run(desk, { username: 'Fleet-Apy' })).rejects.toThrow(TargetError);
    await expect(run(desk, { username: 'Fleet-Apy', secret: SECRET_ARN })).rejects.toThrow(TargetError);
  });

  it('shows all credentials of the function as a table, and ends with the worst', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    expect(await status(desk, {})).toBe(0);
    expect(terminal.said[0]).toMatch(/^SECRET +USERNAME +VERDICT +FAILED/);
    expect(terminal.said[0]).toMatch(/^fleet +Fleet-Api +all is well +0 of 5/m);
    world.storeByHand('Mistyped 1');
    await world.rotate({ attempts: 1 });
    expect(await status(desk, {})).toBe(1);
  });

  it('shows no number of remaining log-ins when the limits are not known', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    expect(await status({ ...desk, budgets: undefined }, { secret: SECRET_ARN })).toBe(1);
    expect(terminal.said[0]).toMatch(/^ACT: the limits were not seen\./);
    expect(terminal.said[0]).toContain('How many lock the username is not known here.');
  });
});
