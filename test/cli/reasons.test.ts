import { expect, it } from 'vitest';
import { changes } from '../../cli/changes.ts';
import { render } from '../../lambda/alarms/render.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { SECRET_ARN } from '../world/world.ts';
import { startDesk } from './desk.ts';
import { toolIn } from './seat.ts';

const WHY = 'CHG-1042: laptop stolen';
const by = (...command: string[]) => [...command, '--secret', 'thingspace/fleet', '--as', 'ann', '--yes'];

it('The reason of a rotation is in its message and in the audit', async () => {
  const { world, run } = toolIn();
  expect((await run([...by('rotate'), '--reason', WHY])).code).toBe(0);
  const [rotated] = world.aws.published;
  expect(rotated).toMatchObject({ event: 'password-rotated', lastAct: { command: 'rotate', reason: WHY } });
  const mail = render(rotated as never).email;
  expect(mail).toMatch(
    /The last act of an operator before it: "ann" ran `rotate` at \S+Z\. The reason given: "CHG-1042/,
  );
  const { out } = await run(['audit', '--secret', 'thingspace/fleet']);
  expect(out).toMatch(/WHEN .* REASON\n.*ann +rotate +asked .*CHG-1042: laptop stolen/);
});

it('A message names the last act for a day, and no act later', async () => {
  const { world, run } = toolIn();
  await run([...by('rotate'), '--reason', WHY]);
  await run(by('recover'));
  await world.rotate();
  expect(world.aws.published.at(-1)?.lastAct).toEqual(
    expect.objectContaining({ command: 'recover', actor: 'ann' }),
  );
  expect(world.aws.published.at(-1)?.lastAct).not.toHaveProperty('reason');
  world.clock.advance(25 * 60 * 60_000);
  await world.rotate();
  expect(world.aws.published.at(-1)).not.toHaveProperty('lastAct');
});

it('A row is written before the act, so a tool that dies leaves it', async () => {
  const { world, run } = toolIn({
    changed: (desk) => ({
      ...desk,
      account: {
        ...desk.account,
        rotate: () => Promise.reject(new AwsCallError('x', { name: 'ECONNRESET' })),
      },
    }),
  });
  expect((await run([...by('rotate'), '--reason', WHY])).code).not.toBe(0);
  expect(world.aws.audit).toMatchObject([{ actor: 'ann', purpose: 'rotate', outcome: 'asked', reason: WHY }]);
});

it('A ledger that cannot be written does not stop a password from being stored, and the tool says so', async () => {
  const { world, run } = toolIn({
    terminal: { secret: 'Restored&Password 1' },
    changed: (desk) => ({
      ...desk,
      ledger: {
        ...desk.ledger,
        change: () => Promise.reject(new AwsCallError('dynamodb:PutItem', { name: 'InternalServerError' })),
      },
    }),
  });
  const { code, error } = await run([...by('store'), '--reason', WHY]);
  expect(code).toBe(0);
  expect(error).toContain('The audit trail has no row of this, and no message will name it');
  expect(world.aws.currentValue()).toContain('Restored&Password 1');
});

it.each([
  ['', 'It is empty'],
  ['   ', 'It is empty'],
  ['x'.repeat(201), 'It has 201 characters, and 200 are the most'],
  ['CHG-1\nACT: all is lost', 'It holds a line break'],
  ['CHG\u202e1', 'It holds an invisible character'],
])('A reason that fits no line of a message is a wrong call (%j)', async (text, says) => {
  const { world, run } = toolIn();
  const { code, error } = await run([...by('trial'), '--reason', text]);
  expect(code).toBe(2);
  expect(error).toContain(says);
  expect(world.truth().logIns).toBe(0);
});

it('Where the deployment wants a reason, an act without one is a wrong call, and a look is not', async () => {
  const facts = { REASON_REQUIRED: 'yes' };
  const { world, run } = toolIn({
    changed: (desk) => ({
      ...desk,
      account: {
        ...desk.account,
        async function() {
          const seen = await desk.account.function('');
          return { ...seen, environment: { ...seen.environment, ...facts } };
        },
      },
    }),
  });
  const refused = await run(by('rotate'));
  expect(refused.code).toBe(2);
  expect(refused.error).toContain('add --reason');
  expect(world.truth().logIns).toBe(0);
  expect((await run(['status', '--secret', 'thingspace/fleet'])).code).toBe(3);
  expect((await run([...by('rotate'), '--dry-run'])).code).toBe(0);
  expect((await run([...by('rotate'), '--reason', WHY])).code).toBe(0);
});

it('The changes of a secret show the reason of the version that an operator asked for', async () => {
  const { world, desk, terminal } = startDesk();
  const { run } = toolIn({ world, terminal: { secret: 'Restored&Password 1' } });
  await run([...by('store'), '--reason', WHY]);
  const versionId = world.aws.stages.get('AWSCURRENT');
  const stored = {
    at: 0,
    what: 'PutSecretValue',
    who: 'ann',
    from: 'here',
    versionId,
    refusedWith: undefined,
  };
  const surroundings = {
    ...desk.surroundings,
    changes: async () => [stored, { ...stored, versionId: 'other' }],
  };
  await changes({ ...desk, surroundings }, { secret: SECRET_ARN });
  expect(terminal.said[0]).toMatch(/^WHEN .*REASON\n.*CHG-1042: laptop stolen\n.* -$/);
  await changes({ ...desk, surroundings }, { secret: SECRET_ARN, json: true });
  expect(JSON.parse(terminal.said.at(-1) ?? '')).toMatchObject([{ reason: WHY }, {}]);
});
