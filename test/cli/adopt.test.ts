import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { adopt } from '../../cli/adopt.ts';
import { UsageError } from '../../cli/errors.ts';
import { beginPause } from '../../lambda/ledger/pause.ts';
import { MINUTE_MS, SECRET_ARN, secretValue, USERNAME, type World } from '../world/world.ts';
import { startDesk } from './desk.ts';

const OTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf';
const options = { secret: SECRET_ARN, actor: 'ann' };
const LATER = Number.POSITIVE_INFINITY;

/** The username is rotated by another secret, as after a secret was made anew. */
async function ofAnother() {
  const started = startDesk();
  await started.desk.ledger.change(USERNAME, LATER, (state) => {
    state.secretArn = OTHER_ARN;
  });
  return started;
}

/** An invocation for the other secret that dies while it asks for a new password. */
async function dies(world: World) {
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-before' : 'ok');
  await world.step('createSecret', world.aws.rotate(randomUUID()).token);
  world.plan.decide = () => 'ok';
}

describe('The command adopt', () => {
  it('lets the secret rotate a username that another secret rotated', async () => {
    const { world, desk, terminal } = await ofAnother();
    expect((await world.rotate({ attempts: 1 })).failures).toMatchObject([
      { error: { name: 'SharedUsernameError' } },
    ]);
    await adopt(desk, options);
    expect(terminal.asked).toHaveLength(1);
    expect(terminal.said.join('\n')).toContain(`The secret ${OTHER_ARN} no longer does`);
    expect(world.aws.audit).toMatchObject([{ actor: 'ann', purpose: 'adopt', outcome: 'adopted' }]);
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.state().secretArn).toBe(SECRET_ARN);
  });

  it('lets the secret rotate another username, and no longer the former one', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    world.aws.store(secretValue('Another 1').replace(USERNAME, 'Another-Username'));
    await adopt(desk, options);
    expect(terminal.said.join('\n')).toContain(`It no longer rotates ${USERNAME}`);
    expect((await desk.ledger.read('Another-Username', LATER)).state.secretArn).toBe(SECRET_ARN);
    expect(world.state().secretArn).toBeUndefined();
    expect(await desk.ledger.usernameOf(SECRET_ARN)).toBe('Another-Username');
  });

  it('takes the pause of the former username along', async () => {
    const { world, desk } = startDesk();
    await world.rotate();
    world.changeByHand((state, now) =>
      beginPause(state, { until: now + 60 * MINUTE_MS, actor: 'ben', reason: 'CHG-1' }, now),
    );
    world.aws.store(secretValue('Another 1').replace(USERNAME, 'Another-Username'));
    await adopt(desk, options);
    expect((await world.rotate({ attempts: 1 })).failures).toMatchObject([
      { error: { name: 'RotationPausedError' } },
    ]);
  });

  it('keeps a sealed answer of the former username, and warns of it', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    world.aws.store(secretValue('Another 1').replace(USERNAME, 'Another-Username'));
    await adopt(desk, options);
    expect(world.state()).toMatchObject({ journal: { state: 'received' }, secretArn: SECRET_ARN });
    expect(terminal.warned.join('\n')).toMatch(/not resolved \(received\).*status --username/);
  });

  it('changes no item during an exchange, and takes over the work of a dead invocation', async () => {
    const { world, desk, terminal } = startDesk();
    await dies(world);
    await expect(adopt(desk, options)).rejects.toMatchObject({ name: 'AdoptNotTakenError' });
    expect(terminal.asked).toEqual([]);
    world.advance(20 * MINUTE_MS);
    await adopt(desk, options);
    expect(world.state().journal).toMatchObject({ state: 'unknown', secretArn: SECRET_ARN });
    expect(world.aws.published.map(({ event }) => event)).toContain('password-unknown');
  });

  it('adopts no username when AWSCURRENT has no usable one', async () => {
    const { world, desk } = startDesk();
    await world.rotate();
    world.aws.store(secretValue('Another 1').replace(USERNAME, 'Another-Username '));
    await expect(adopt(desk, options)).rejects.toThrow(/character 17 of 17 is a blank/);
    expect(world.state().secretArn).toBe(SECRET_ARN);
  });

  it('repeats the part that a failure has left undone', async () => {
    const { world, desk } = await ofAnother();
    world.plan.decide = ({ name }) => (name === 'PutItem (secret)' ? 'failed-before' : 'ok');
    await expect(adopt(desk, options)).rejects.toThrow();
    expect(await desk.ledger.usernameOf(SECRET_ARN)).toBeUndefined();
    world.plan.decide = () => 'ok';
    await adopt(desk, options);
    expect(await desk.ledger.usernameOf(SECRET_ARN)).toBe(USERNAME);
  });

  it('wants a secret', async () => {
    await expect(adopt(startDesk().desk, { actor: 'ann' })).rejects.toThrow(UsageError);
  });

  it('says so when the secret rotates its username already', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotate();
    await adopt(desk, options);
    expect(terminal.said[0]).toContain('No change is needed');
    expect(terminal.asked).toEqual([]);
  });
});
