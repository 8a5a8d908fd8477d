import { describe, expect, it } from 'vitest';
import { audit } from '../../cli/audit.ts';
import { RotationNotDoneError, UsageError } from '../../cli/errors.ts';
import { pause, resume } from '../../cli/pause.ts';
import { rotate } from '../../cli/rotate.ts';
import { status } from '../../cli/status.ts';
import { type Calendar, closedBy } from '../../lambda/calendar.ts';
import { createWorld, MINUTE_MS, SECRET_ARN, type World } from '../world/world.ts';
import { deskIn, fakeTerminal } from './desk.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const secret = SECRET_ARN;

function at(world: World, options: Parameters<typeof fakeTerminal>[0] = {}) {
  const terminal = fakeTerminal(options);
  return { desk: deskIn(world, terminal), said: () => terminal.said.join('\n') };
}

async function rotated(): Promise<World> {
  const world = createWorld();
  await world.rotate();
  return world;
}

const paused = async (world: World, until = '3d') => {
  const seat = at(world);
  await pause(seat.desk, { secret, actor: 'ann', until, reason: 'CHG-4711: billing run', yes: true });
  return seat;
};

const statusOf = async (world: World, seat = at(world)) => {
  const exitCode = await status(seat.desk, { secret }).then(
    () => 0,
    (failure: { exitCode?: number }) => failure.exitCode,
  );
  return { said: seat.said(), exitCode };
};

describe('pause', () => {
  it('says until when in UTC and here, and how to end it', async () => {
    const { said } = await paused(await rotated());
    expect(said()).toMatch(/^Pauses the rotation of Fleet-Api until 2026-01-08T00:00:\d\dZ\.$/m);
    expect(said()).toMatch(/^Here that is \w+day,? \d+ January 2026/m);
    expect(said()).toContain(`resume --secret '${SECRET_ARN}'`);
  });

  it('takes a whole time with its zone', async () => {
    const world = await rotated();
    await paused(world, '2026-01-06T08:00:00-05:00');
    expect(world.state().pause?.until).toBe(Date.UTC(2026, 0, 6, 13));
  });

  it.each(['31d', '0d', 'tomorrow', '2026-01-06', '2026-01-04T00:00:00Z', '2026-02-06T00:00:00Z', ''])(
    'refuses the end “%s”',
    async (until) => {
      const world = await rotated();
      await expect(paused(world, until)).rejects.toThrow(UsageError);
      expect(world.state().pause).toBeUndefined();
    },
  );

  it('wants a reason', async () => {
    const { desk } = at(await rotated());
    await expect(pause(desk, { secret, actor: 'ann', until: '3d', yes: true })).rejects.toThrow(UsageError);
  });

  it('replaces an earlier pause, and says so', async () => {
    const world = await rotated();
    await paused(world);
    const { said } = await paused(world, '1d');
    expect(said()).toMatch(/It replaces the pause until 2026-01-08T.* that "ann" has begun: CHG-4711/);
    expect(world.state().pause?.until).toBeLessThan(Date.UTC(2026, 0, 7));
  });

  it('is in the audit trail with its person, its end and its reason, and so is resume', async () => {
    const world = await rotated();
    await paused(world);
    await resume(at(world).desk, { secret, actor: 'ben', reason: 'done early', yes: true });
    const seat = at(world);
    await audit(seat.desk, { secret });
    expect(seat.said()).toMatch(/ann +pause +until 2026-01-08T00:00:\d\dZ .*CHG-4711: billing run/);
    expect(seat.said()).toMatch(/ben +resume +resumed .*done early/);
  });
});

describe('A paused credential', () => {
  it('is shown with its end, its person, its reason, and the way out', async () => {
    const world = await rotated();
    await paused(world);
    const { said, exitCode } = await statusOf(world);
    expect(exitCode).toBe(3);
    expect(said).toContain('GOES ON: rotation is paused');
    expect(said).toMatch(/Until 2026-01-08T.*, by ann at .*: CHG-4711: billing run/);
    expect(said).toContain('No rotation has come due since.');
    expect(said).toContain(`resume --secret '${SECRET_ARN}'`);
  });

  it('is shown and ended with a rotation that came due and whose process died', async () => {
    const world = await rotated();
    await paused(world);
    world.plan.decide = () => 'killed-before';
    await world.rotate({ attempts: 1 });
    world.plan.decide = () => 'ok';
    expect((await statusOf(world)).said).toContain('A rotation came due since and waits.');
    const seat = at(world);
    await resume(seat.desk, { secret, actor: 'ben', yes: true });
    expect(seat.said()).toContain('the next daily check starts it');
    await world.recover();
    expect(world.aws.published.find(({ event }) => event === 'pause-over')).toMatchObject({ owed: true });
  });

  it('is shown with a rotation that came due', async () => {
    const world = await rotated();
    await paused(world);
    await world.rotate();
    expect((await statusOf(world)).said).toContain('A rotation came due since and waits.');
  });

  it('is not called overdue after the end before the check has started its rotation', async () => {
    const world = await rotated();
    await paused(world);
    await world.rotate();
    world.advance(4 * DAY_MS);
    expect((await statusOf(world)).said).toContain('GOES ON: a rotation is not over');
    await world.recover();
    expect(await statusOf(world)).toMatchObject({ exitCode: 0 });
  });

  it('is not rotated by `rotate`, which names the pause and the way out', async () => {
    const world = await rotated();
    await paused(world);
    const refused = rotate(at(world).desk, { secret, actor: 'ann', yes: true });
    await expect(refused).rejects.toThrow(RotationNotDoneError);
    await expect(refused).rejects.toThrow(/"ann" has paused it .*CHG-4711.*resume --secret/);
    expect(world.calls.filter(({ name }) => name === 'RotateSecret')).toEqual([]);
  });

  it('is rotated by `rotate` after `resume`', async () => {
    const world = await rotated();
    await paused(world);
    await world.rotate();
    const seat = at(world);
    await resume(seat.desk, { secret, actor: 'ben', yes: true });
    expect(seat.said()).toContain('the next daily check starts it');
    await rotate(seat.desk, { secret, actor: 'ann', yes: true });
    expect(seat.said()).toContain('Rotated: the new password is AWSCURRENT');
    expect(world.state().owed).toBeUndefined();
  });
});

/** Open on Saturdays; the world begins on Monday 5 January 2026. */
const SATURDAYS: Calendar = {
  zone: 'UTC',
  window: { days: ['SAT'], from: '10:00', to: '14:00' },
  frozen: [],
};

describe('A credential whose calendar is closed', () => {
  const closedWorld = async () => {
    let closedUntil: ReturnType<typeof closedBy> = () => undefined;
    const world = createWorld({ closedUntil: (now) => closedUntil(now) });
    await world.rotate();
    closedUntil = closedBy(SATURDAYS);
    return world;
  };
  const seatAt = (world: World) => {
    const { desk, said } = at(world);
    const { function: found } = desk;
    const environment = { ...found?.environment, CALENDAR: JSON.stringify(SATURDAYS) };
    return { desk: { ...desk, function: found && { ...found, environment } }, said };
  };
  const shown = (world: World) => statusOf(world, seatAt(world));

  it('is well while no rotation waits, and shown with its opening', async () => {
    const { said, exitCode } = await shown(await closedWorld());
    expect(exitCode).toBe(0);
    expect(said).toContain('Closed until 2026-01-10T10:00:00');
    expect(said).toContain('No rotation has come due since.');
  });

  it('is shown with a rotation that waits, until when, and the way out', async () => {
    const world = await closedWorld();
    await world.rotate({ attempts: 1 });
    const { said, exitCode } = await shown(world);
    expect(exitCode).toBe(3);
    expect(said).toContain('GOES ON: the calendar is closed');
    expect(said).toContain('A rotation came due since and waits.');
    expect(said).toContain(`resume --secret '${SECRET_ARN}'`);
  });

  it('is not rotated by `rotate` before `resume` has opened it', async () => {
    const world = await closedWorld();
    const { desk, said } = seatAt(world);
    const refused = rotate(desk, { secret, actor: 'ann', yes: true });
    await expect(refused).rejects.toThrow(
      /calendar of the service is closed until 2026-01-10.*resume --secret/,
    );
    await resume(desk, { secret, actor: 'ann', dryRun: true });
    expect(world.state().opened).toBeUndefined();
    await resume(desk, { secret, actor: 'ann', yes: true });
    expect(said()).toContain('Opens the calendar for a day');
    await rotate(desk, { secret, actor: 'ann', yes: true });
    expect(said()).toContain('Rotated: the new password is AWSCURRENT');
  });
});

describe('resume', () => {
  it('says so when there is no pause', async () => {
    const seat = at(await rotated());
    await resume(seat.desk, { secret, actor: 'ben', yes: true });
    expect(seat.said()).toContain('No pause to end');
  });

  it('ends the pause of the username that the secret had before', async () => {
    const world = await rotated();
    await paused(world);
    world.aws.store(world.valueWith('Another 1', 'Somebody-Else'));
    const seat = at(world);
    await resume(seat.desk, { secret, actor: 'ben', yes: true });
    expect(seat.said()).toContain('Ended: rotations come as scheduled.');
    expect(world.state().pause).toBeUndefined();
    const { state } = await seat.desk.ledger.read('Somebody-Else', Number.POSITIVE_INFINITY);
    expect(state.pause?.endedAt).toBeDefined();
  });

  it('announces the end at once', async () => {
    const world = await rotated();
    await paused(world);
    await resume(at(world).desk, { secret, actor: 'ben', yes: true });
    expect(world.aws.published.at(-1)).toMatchObject({ event: 'pause-over', endedBy: 'ben', owed: false });
  });
});
