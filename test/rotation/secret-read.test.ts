import { expect, it } from 'vitest';
import { createWorld, SECRET_ARN } from '../world/world.ts';

const WHO = 'arn:aws:sts::111122223333:assumed-role/operators/ann@example.com';
/** As EventBridge hands CloudTrail's record over; members that the function does not use are left out. */
const readBy = (arn: string | undefined, eventID: string) => ({
  eventVersion: '1.09',
  eventID,
  eventTime: '2026-01-04T23:58:00Z',
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  sourceIPAddress: '198.51.100.7',
  userAgent: 'aws-cli/2.31.0',
  userIdentity: { type: 'AssumedRole', ...(arn === undefined ? {} : { arn }) },
  requestParameters: { secretId: 'thingspace/fleet', versionId: 'version-1' },
  responseElements: null,
});

const FATES = ['killed-before', 'killed-after', 'failed-before', 'request-lost', 'response-lost'] as const;

it('A read out of turn is announced with its reader, time and place, and kept in the audit', async () => {
  const world = createWorld();
  await world.rotate();
  expect(await world.invoke(readBy(WHO, 'read-1'))).toMatchObject({ outcome: 'done' });
  expect(world.aws.published.at(-1)).toMatchObject({
    event: 'secret-read',
    id: 'secret-read:read-1',
    secretArn: SECRET_ARN,
    who: WHO,
    from: '198.51.100.7',
    agent: 'aws-cli/2.31.0',
    readAt: Date.UTC(2026, 0, 4, 23, 58),
  });
  expect(world.state().auditRows).toMatchObject([
    { actor: WHO, purpose: 'read', outcome: 'read', versionId: 'version-1' },
    { outcome: 'secret-read' },
  ]);
  expect(world.truth().logIns).toBe(2);
});

it('A principal that reads in a loop is announced once an hour, and every read is in the audit', async () => {
  const world = createWorld();
  await world.rotate();
  for (let index = 0; index < 5; index += 1) await world.invoke(readBy(WHO, `read-${index}`));
  await world.invoke(readBy(undefined, 'root'));
  const said = () =>
    world.aws.published.flatMap((event) => (event.event === 'secret-read' ? [event.who] : []));
  expect(said()).toEqual([WHO, 'AssumedRole']);
  world.advance(61 * 60_000);
  await world.invoke(readBy(WHO, 'read-9'));
  expect(said()).toEqual([WHO, 'AssumedRole', WHO]);
  const rows = [...world.aws.audit, ...world.state().auditRows];
  expect(rows.filter(({ purpose }) => purpose === 'read')).toHaveLength(7);
});

it('A read that is delivered twice has one row, at its own time', async () => {
  const world = createWorld();
  await world.rotate();
  await world.invoke(readBy(WHO, 'read-1'));
  world.advance(60_000);
  await world.invoke(readBy(WHO, 'read-1'));
  await world.rotate();
  expect(world.aws.audit.filter(({ purpose }) => purpose === 'read')).toMatchObject([
    { attempt: 'read-1', at: Date.UTC(2026, 0, 4, 23, 58) },
  ]);
});

it('Sessions under ever new names fill neither the mailbox nor the item', async () => {
  const world = createWorld();
  await world.rotate();
  for (let index = 0; index < 60; index += 1) await world.invoke(readBy(`${WHO}-${index}`, `read-${index}`));
  expect(world.aws.published.filter(({ event }) => event === 'secret-read')).toHaveLength(20);
  expect(Object.keys(world.state().readsSaid ?? {})).toHaveLength(20);
  const rows = [...world.aws.audit, ...world.state().auditRows];
  expect(rows.filter(({ purpose }) => purpose === 'read')).toHaveLength(60);
});

it.each(FATES)(
  'A read whose invocation meets %s at any call is announced when Lambda repeats it',
  async (fate) => {
    for (let at = 1; at <= 6; at += 1) {
      const world = createWorld();
      const before = world.calls.length;
      world.plan.decide = ({ index }) => (index === before + at ? fate : 'ok');
      const first = await world.invoke(readBy(WHO, 'read-1'));
      world.plan.decide = () => 'ok';
      if (first.outcome !== 'done') await world.invoke(readBy(WHO, 'read-1'));
      await world.invoke({ Recover: SECRET_ARN });
      expect(new Set(world.aws.published.map(({ id }) => id)), `call ${at}`).toEqual(
        new Set(['secret-read:read-1']),
      );
      expect(world.violations).toEqual([]);
    }
  },
);

it('A read that cannot be announced is no trouble of the rotation', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'DescribeSecret' ? 'failed-before' : 'ok');
  expect((await world.invoke(readBy(WHO, 'read-1'))).outcome).not.toBe('done');
  expect(world.aws.table.size).toBe(0);
});
