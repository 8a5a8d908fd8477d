import { describe, expect, it } from 'vitest';
import { audit } from '../../cli/audit.ts';
import type { Desk } from '../../cli/desk.ts';
import { RotationNotDoneError } from '../../cli/errors.ts';
import { release } from '../../cli/release.ts';
import { rotate } from '../../cli/rotate.ts';
import { status } from '../../cli/status.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { holdsInForce, SERVICE, waitingSecrets } from '../../lambda/ledger/holds.ts';
import { SCHEMA } from '../../lambda/ledger/items.ts';
import { endsUnknown, OTHER_ARN, type Service, startService } from '../world/service.ts';
import { MINUTE_MS, SECRET_ARN } from '../world/world.ts';
import { deskIn, fakeTerminal } from './desk.ts';

/** At the desk before the credential that is held. */
function deskOf({ second }: Service, options: Parameters<typeof fakeTerminal>[0] = {}) {
  const terminal = fakeTerminal(options);
  const desk = deskIn(second, terminal);
  const { function: found } = desk;
  return {
    terminal,
    desk: found ? { ...desk, function: { ...found, environment: { EXCHANGE_BRAKE: 'on' } } } : desk,
  };
}

async function incident(): Promise<Service> {
  const service = startService();
  await endsUnknown(service);
  await service.second.rotate({ attempts: 1 });
  return service;
}

const actor = 'ann';
const secret = OTHER_ARN;

describe('A credential on hold', () => {
  it('shows the hold, its exchange, and the next step', async () => {
    const service = await incident();
    const { desk, terminal } = deskOf(service);
    await expect(status(desk, { secret })).rejects.toThrow('Not all is well');
    const said = terminal.said.join('\n');
    expect(said).toContain('ACT: waits for another credential');
    expect(said).toContain(`The exchange of Fleet-Api (${SECRET_ARN}) is unknown since`);
    expect(said).toContain(`status --secret '${SECRET_ARN}'`);
    expect(said).toContain(`release --secret '${SECRET_ARN}'`);
  });

  it('is not rotated, as it would only be held once more', async () => {
    const { desk } = deskOf(await incident());
    await expect(rotate(desk, { actor: 'ann', secret, yes: true })).rejects.toThrow(RotationNotDoneError);
  });

  it('may rotate again, by one command, when the other one is settled', async () => {
    const service = await incident();
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    const { desk, terminal } = deskOf(service);
    await expect(status(desk, { secret })).rejects.toThrow('Not all is well');
    expect(terminal.said.join('\n')).toContain('rotate --held --secret');
    await rotate(desk, { actor: 'ann', secret, held: true, yes: true });
    expect(terminal.said.at(-1)).toContain('Rotated');
    expect(service.second.currentPassword()).toBe(service.second.truth().password);
    await rotate(desk, { actor: 'ann', secret, held: true, yes: true });
    expect(terminal.said.at(-1)).toBe('No rotation to start: none is held or was held.');
  });
});

/** Secrets Manager no longer has a secret of that ARN. */
function whereGone(desk: Desk): Desk {
  const { store, account } = desk;
  const known = async (secretId: string) => {
    if (secretId !== 'arn:gone') return secretId;
    throw new AwsCallError('secretsmanager:DescribeSecret', { name: 'ResourceNotFoundException' });
  };
  return {
    ...desk,
    store: { ...store, describe: async (id) => store.describe(await known(id)) },
    account: { ...account, secret: async (id) => account.secret(await known(id)) },
  };
}

describe('The rotations on hold', () => {
  it('are counted without those whose secrets are gone, and still rotate', async () => {
    const service = await incident();
    service.alsoWaits('arn:gone');
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    const { desk, terminal } = deskOf(service);
    await rotate(whereGone(desk), { actor: 'ann', secret, held: true, yes: true });
    expect(terminal.warned).toEqual(['arn:gone is gone: its rotation is no longer held.']);
    expect(waitingSecrets(service.holds())).toEqual([]);
    expect(service.second.truth().getNewPasswords).toBe(1);
  });
});

describe('The command release', () => {
  it('overrides the present holds, and records the operator', async () => {
    const service = await incident();
    const { desk, terminal } = deskOf(service);
    await release(desk, { secret, actor });
    expect(terminal.asked).toEqual(['Override the hold?']);
    expect(holdsInForce(service.holds())).toEqual([]);
    expect(service.told()).toContain('exchanges-resume');
    await audit(desk, { username: SERVICE });
    expect(terminal.said.at(-1)).toMatch(/ann +release +released/);
    await rotate(desk, { actor: 'ann', secret, held: true, yes: true });
    expect(service.second.truth().getNewPasswords).toBe(1);
  });

  it('says so when there is no hold', async () => {
    const { desk, terminal } = deskOf(startService());
    await release(desk, { secret, actor });
    expect(terminal.said).toEqual(['No hold to override: no exchange holds other rotations.']);
  });

  it('continues when the ledger item of the holding exchange cannot be read', async () => {
    const service = await incident();
    service.first.aws.table.set(
      'fleet-api',
      JSON.stringify({ journal: 'damaged', revision: 9, inFlight: {} }),
    );
    const { desk } = deskOf(service);
    await expect(rotate(desk, { actor: 'ann', secret, held: true, yes: true })).rejects.toThrow(
      '1 of 1 rotations',
    );
    await release(desk, { secret, actor, yes: true });
    expect(holdsInForce(service.holds())).toEqual([]);
    await rotate(desk, { actor: 'ann', secret, held: true, yes: true });
    expect(service.second.truth().getNewPasswords).toBe(1);
  });

  const damages: [string, (item: Record<string, unknown>) => unknown][] = [
    [
      'one of its holds',
      (item) => ({ ...item, brake: { ...(item.brake as object), holds: { x: 'damaged' } } }),
    ],
    ['the member of its lists', (item) => ({ ...item, brake: 'damaged' })],
    ['its revision', (item) => ({ ...item, revision: 'damaged' })],
  ];
  it.each(damages)('overrides an item of holds in which %s cannot be read', async (_, damage) => {
    const service = await incident();
    const { aws } = service.first;
    aws.table.set(SERVICE, JSON.stringify(damage(JSON.parse(aws.table.get(SERVICE) ?? ''))));
    const damaged = aws.table.get(SERVICE);
    const { failures } = await service.second.rotate({ attempts: 1, backoffMs: 0 });
    const [failed] = failures;
    const error = failed && 'error' in failed ? failed.error : undefined;
    expect(error?.name).toBe('LedgerItemError');
    expect(error?.message).toMatch(/item <service>.*1\. .*2\. .*release --secret.*3\. .*rotate --held/s);
    expect(service.second.truth().logIns).toBe(0);

    const dry = deskOf(service);
    await release(dry.desk, { secret, actor, dryRun: true });
    expect(dry.terminal.warned.join('\n')).toContain('item <service>');
    expect(aws.table.get(SERVICE)).toBe(damaged);

    const { desk, terminal } = deskOf(service);
    await release(desk, { secret, actor });
    expect(terminal.asked).toEqual(['Override the holds, and drop the members that cannot be read?']);
    expect(holdsInForce(service.holds())).toEqual([]);
    await rotate(desk, { actor: 'ann', secret, yes: true });
    expect(service.second.currentPassword()).toBe(service.second.truth().password);
    await audit(desk, { username: SERVICE });
    expect(terminal.said.at(-1)).toMatch(/ann +release +released/);
  });

  it('does not touch an item of holds that a later version has reserved', async () => {
    const service = await incident();
    const { table } = service.first.aws;
    const later = JSON.stringify({ ...service.holds(), schema: SCHEMA + 1, brake: 'of a later version' });
    table.set(SERVICE, later);
    const { desk } = deskOf(service);
    await expect(release(desk, { secret, actor, yes: true })).rejects.toThrow(
      'later version of the software',
    );
    expect(table.get(SERVICE)).toBe(later);
  });

  it('does not count a secret that is gone', async () => {
    const service = await incident();
    service.alsoWaits('arn:gone');
    const { desk, terminal } = deskOf(service);
    await release(whereGone(desk), { secret, actor, yes: true });
    expect(terminal.said.join('\n')).toContain('1 rotation(s) were held.');
    expect(waitingSecrets(service.holds())).toEqual([OTHER_ARN]);
    expect(service.told()).toContain('exchanges-resume');
  });

  it('prints its result as JSON', async () => {
    const { desk, terminal } = deskOf(await incident());
    await release(desk, { secret, actor, yes: true, json: true });
    expect(terminal.said).toHaveLength(1);
    const { released, held } = JSON.parse(terminal.said[0] ?? '');
    expect(held).toEqual([OTHER_ARN]);
    expect(released).toMatchObject([{ username: 'Fleet-Api', secretArn: SECRET_ARN, why: 'unknown' }]);
  });
});
