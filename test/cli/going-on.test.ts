import { describe, expect, it } from 'vitest';
import { RotationNotDoneError } from '../../cli/errors.ts';
import { exitCodeOf } from '../../cli/failure.ts';
import { recover } from '../../cli/recover.ts';
import { rotate } from '../../cli/rotate.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { MINUTE_MS, SECRET_ARN } from '../world/world.ts';
import { startDesk } from './desk.ts';

const secret = SECRET_ARN;

describe('The command rotate', () => {
  it('starts a rotation, names its cost before, and ends with it', async () => {
    const { world, desk, terminal } = startDesk();
    await rotate(desk, { actor: 'ann', secret });
    expect(terminal.asked).toEqual(['Rotate now?']);
    expect(terminal.said.at(-1)).toBe('Rotated: the new password is AWSCURRENT and was tested.');
    expect(world.truth().getNewPasswords).toBe(1);
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  it('continues a rotation that has not ended', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    await rotate(desk, { actor: 'ann', secret, yes: true });
    expect(terminal.said.join('\n')).toContain('An earlier rotation is not over');
    // An operator who rotates because the password leaked reads that this one is older than the request.
    expect(terminal.said.at(-1)).toMatch(
      /^Rotated: the password .* before this command, .* npm run cli -- rotate/,
    );
    expect(world.truth().getNewPasswords).toBe(1);
  });

  it('ends only with a new password when the daily check ends an earlier rotation', async () => {
    const { world, desk, terminal } = startDesk();
    let away = false;
    world.plan.decide = ({ name }) => {
      away ||= name === 'UpdateSecretVersionStage';
      return away && /Item/.test(name) ? 'failed-before' : 'ok';
    };
    await world.rotate();
    const leaked = world.currentPassword();
    world.plan.decide = () => 'ok';
    world.advance(60 * MINUTE_MS);
    await rotate(desk, { actor: 'ann', secret, yes: true });
    expect(terminal.said.at(-1)).toBe('Rotated: the new password is AWSCURRENT and was tested.');
    expect(world.currentPassword()).not.toBe(leaked);
    expect(world.truth().getNewPasswords).toBe(2);
  });

  it('waits for its own rotation when another one finishes meanwhile', async () => {
    const { world, desk } = startDesk();
    desk.account.rotate = async (_arn, token) => {
      await world.rotate();
      world.aws.rotate(token);
      return { again: false };
    };
    const ended = rotate(desk, { actor: 'ann', secret, yes: true, waitMinutes: '1' });
    await expect(ended).rejects.toThrow(RotationNotDoneError);
  });

  it('ends with the function’s own reason when an operator must act', async () => {
    const { world, desk } = startDesk();
    world.storeByHand('Mistyped 1');
    const failure = await rotate(desk, { actor: 'ann', secret, yes: true }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(RotationNotDoneError);
    expect((failure as Error).message).toMatch(/The function’s last error: \w+Error: .*store/i);
    expect(world.truth().failures).toBe(1);
  });

  it('prints at once the reason of the wait, the earliest end, and the next step', async () => {
    const { world, desk, terminal } = startDesk();
    let leaving: Parameters<typeof terminal.onInterrupt>[0] = () => '';
    terminal.onInterrupt = (words) => {
      leaving = words;
      return () => undefined;
    };
    world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'request-lost' : 'ok');
    const ended = rotate(desk, { actor: 'ann', secret, yes: true, waitMinutes: '1' });
    await expect(ended).rejects.toThrow(RotationNotDoneError);
    const said = terminal.said.join('\n');
    expect(said).toMatch(/The function failed: OutcomeUnknownError/);
    expect(said).toMatch(/By itself: .* 20 minutes after the request .*Not before 2026-01-05T00:40:00Z\./);
    expect(leaving()).toMatch(
      /^Only the watching has ended\. By itself: .* Look with: npm run cli -- status/,
    );
  });

  it('ends with exit code 3 when its time ends first, and 2 for an invalid time', async () => {
    const { world, desk } = startDesk();
    desk.account.rotate = async (_arn, token) => {
      world.aws.stage(token);
      return { again: false };
    };
    const ended = await rotate(desk, { actor: 'ann', secret, yes: true, waitMinutes: '1' }).catch(
      (error: Error) => error,
    );
    expect(exitCodeOf(ended)).toBe(3);
    const wrong = await rotate(desk, { actor: 'ann', secret, yes: true, waitMinutes: 'abc' }).catch(
      (error: Error) => error,
    );
    expect(exitCodeOf(wrong)).toBe(2);
  });

  it('continues when reads fail, and warns once of one reason', async () => {
    const { desk, terminal } = startDesk();
    const { describe: real } = desk.store;
    let looks = 0;
    desk.store.describe = async (id) => {
      looks += 1;
      if (looks >= 2 && looks < 8)
        throw new AwsCallError('secretsmanager:DescribeSecret', { name: 'ThrottlingException', message: '' });
      return real.call(desk.store, id);
    };
    await rotate(desk, { actor: 'ann', secret, yes: true });
    expect(terminal.warned.filter((text) => text.includes('trying again'))).toHaveLength(1);
    expect(terminal.said.at(-1)).toContain('Rotated');
  });

  it('begins no rotation that would fail', async () => {
    const { world, desk } = startDesk();
    world.storeByHand('Mistyped 1');
    await world.rotate({ attempts: 1 });
    await expect(rotate(desk, { actor: 'ann', secret, yes: true })).rejects.toThrow(
      'A rotation would only fail',
    );
  });
});

describe('The command recover', () => {
  it('makes the function store the sealed password', async () => {
    const { world, desk, terminal } = startDesk();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    await recover(desk, { actor: 'ann', secret });
    expect(terminal.said).toContain('It may log in at ThingSpace, within the rotation’s share.');
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  it('ends with the function’s own error', async () => {
    const { world, desk } = startDesk();
    world.storeByHand('Mistyped 1');
    await world.rotate({ attempts: 1 });
    await expect(recover(desk, { actor: 'ann', secret, yes: true })).rejects.toMatchObject({
      name: 'RecoverFailedError',
      message: expect.stringContaining('StoredPasswordRefusedError'),
    });
  });
});
