import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TargetError } from '../../cli/errors.ts';
import { store } from '../../cli/store.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import { FIRST_PASSWORD, SECRET_ARN, secretValue, USERNAME } from '../world/world.ts';
import { startDesk } from './desk.ts';

const options = { secret: SECRET_ARN, actor: 'ann' };

describe('The command store', () => {
  it('stores the typed password as AWSCURRENT, keeps every other member, and offers the trial', async () => {
    const { world, desk, terminal } = startDesk({ secret: 'Reset By Support 1' });
    await world.rotate();
    world.platform.support.reset(USERNAME, 'Reset By Support 1');
    await store(desk, options);
    expect(world.currentPassword()).toBe('Reset By Support 1');
    expect(world.aws.currentValue()).toContain('"region":"emea","retries":3');
    expect(terminal.asked.at(-1)).toBe('Prove it now by one log-in?');
    expect(world.state().lastGood?.versionId).toBe(world.aws.stages.get('AWSCURRENT'));
    const shown = [...terminal.said, ...terminal.warned, ...terminal.asked].join('\n');
    expect(shown).not.toContain('Reset By Support 1');
  });

  it('refuses a password that a rotation has replaced, and one that was refused for certain', async () => {
    const { world, desk } = startDesk({ secret: FIRST_PASSWORD });
    await world.rotate();
    await expect(store(desk, options)).rejects.toMatchObject({ name: 'PasswordKnownDeadError' });
    const wrong = startDesk({ secret: 'Mistyped 1' });
    wrong.world.storeByHand('Mistyped 1');
    await wrong.world.rotate({ attempts: 1 });
    wrong.world.storeByHand('Something Else 1');
    await expect(store(wrong.desk, options)).rejects.toThrow(/has refused this very password/);
    await store(wrong.desk, { ...options, anyway: true, yes: true });
    expect(wrong.world.currentPassword()).toBe('Mistyped 1');
  });

  it('makes a first credential of the placeholder', async () => {
    const { world, desk } = startDesk({ secret: FIRST_PASSWORD });
    world.aws.store(JSON.stringify({ ...PLACEHOLDER, owner: 'fleet' }));
    await expect(store(desk, options)).rejects.toThrow(TargetError);
    await store(desk, { ...options, setUsername: USERNAME, yes: true });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({
      username: USERNAME,
      password: FIRST_PASSWORD,
      owner: 'fleet',
    });
  });

  it('gives a secret that is not JSON the members of the last good version', async () => {
    const { world, desk } = startDesk({ secret: 'Reset By Support 1' });
    await world.rotate();
    world.aws.store('password: Mistyped');
    await store(desk, { ...options, yes: true });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject({
      region: 'emea',
      password: 'Reset By Support 1',
    });
  });

  it('takes the password of a sealed answer', async () => {
    const { world, desk } = startDesk();
    await world.rotateMeeting('PutSecretValue', 'failed-before');
    await store(desk, { ...options, fromSealed: true, yes: true });
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  it('stores no password during an exchange', async () => {
    const { world, desk } = startDesk({ secret: 'Reset By Support 1' });
    world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-before' : 'ok');
    const token = randomUUID();
    world.aws.stage(token);
    await world.step('createSecret', token);
    world.plan.decide = () => 'ok';
    await expect(store(desk, options)).rejects.toThrow('store nothing before 2026-01-05T00:20');
    expect(world.currentPassword()).toBe(FIRST_PASSWORD);
  });

  it('rejects a username by the rule of the secret’s readers, and names the place', async () => {
    const { world, desk } = startDesk({ secret: 'Reset By Support 1' });
    const before = world.aws.currentValue();
    await expect(store(desk, { ...options, setUsername: 'Fleet-Api ' })).rejects.toThrow(
      /No version was stored\..*character 10 of 10 is a blank/,
    );
    expect(world.aws.currentValue()).toBe(before);
  });

  it('keeps the members of a secret with an unusable username, and stores the right one', async () => {
    const { world, desk } = startDesk({ secret: 'Reset By Support 1' });
    await world.rotate();
    world.aws.store('\uFEFF{"username":"Fleet-Api\\n","password":"x","region":"edited by a person"}');
    await store(desk, { ...options, yes: true });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({
      username: USERNAME,
      password: 'Reset By Support 1',
      region: 'edited by a person',
    });
  });

  it('reports a final line break of a password, and shows no other character', async () => {
    const { desk, terminal } = startDesk({ secret: 'Reset By Support 1\n' });
    await store(desk, { ...options, dryRun: true });
    expect(terminal.said.join('\n')).toContain('The stored password ends in a line break');
    expect(terminal.said.join('\n')).not.toContain('Reset By Support');
  });

  it('stores no value larger than Secrets Manager takes, and names the members to shorten', async () => {
    const { world, desk } = startDesk({ secret: 'A Longer Password Than The First One' });
    const notes = 'x'.repeat(65_536 - Buffer.byteLength(secretValue(FIRST_PASSWORD)) - 11);
    world.aws.store(secretValue(FIRST_PASSWORD).replace('{', `{"notes":"${notes}",`));
    await expect(store(desk, options)).rejects.toThrow(
      /No version was stored\..*shorten other members by \d+ bytes/,
    );
  });

  it('stores no password that XML cannot carry', async () => {
    const { world, desk } = startDesk({ secret: "with'quote" });
    await expect(store(desk, options)).rejects.toMatchObject({ name: 'PasswordUnusableError' });
    expect(world.currentPassword()).toBe(FIRST_PASSWORD);
  });
});
