import { expect, it } from 'vitest';
import { audit } from '../../cli/audit.ts';
import { SECRET_ARN } from '../world/world.ts';
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
