import { expect, it } from 'vitest';
import { audit } from '../../cli/audit.ts';
import { MINUTE_MS, SECRET_ARN } from '../world/world.ts';
import { startDesk } from './desk.ts';

it('The table of the audit never goes back in time, although DynamoDB’s clock is exact to a second', async () => {
  const { world, desk, terminal } = startDesk();
  await world.rotate();
  world.aws.audit.forEach((row, index) => {
    row.at -= index;
  });
  await audit(desk, { secret: SECRET_ARN });
  const [, ...rows] = (terminal.said.at(-1) ?? '').split('\n');
  expect(rows.map((row) => row.split(/ {2,}/)[2])).toEqual(['log-in', 'exchange', 'test', 'event']);
  const times = rows.map((row) => row.slice(0, 20));
  expect(times).toEqual([...times].sort());
});

it('The audit prints all actions in order, including those that wait in the item', async () => {
  const { world, desk, terminal } = startDesk();
  await world.rotate();
  world.advance(MINUTE_MS);
  world.storeByHand('Mistyped 1');
  await world.rotate({ attempts: 1 });
  await audit(desk, { secret: SECRET_ARN, json: true });
  const rows: { at: string; outcome: string; actor: string }[] = JSON.parse(terminal.said[0] ?? '');
  expect(rows.map(({ outcome }) => outcome)).toEqual([
    'success',
    'exchanged',
    'success',
    'password-rotated',
    'failure',
  ]);
  expect(rows.map(({ at }) => at)).toEqual(rows.map(({ at }) => at).toSorted());
  expect(world.state().auditRows.length).toBeLessThan(4);
});
