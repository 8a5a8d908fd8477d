import { expect, it } from 'vitest';
import { toolIn } from './seat.ts';

it('says in the region of a replica where the secret is stored and rotated', async () => {
  const { run } = toolIn({
    changed: (desk) => ({
      ...desk,
      account: {
        ...desk.account,
        secret: async (id) => {
          const facts = await desk.account.secret(id);
          const arn = facts.arn.replace('us-east-1', 'us-west-2');
          return { ...facts, arn, functionArn: undefined, primaryRegion: 'us-east-1' };
        },
      },
    }),
  });
  const { code, error } = await run(['trial', '--secret', 'thingspace/fleet', '--yes']);
  expect(code).not.toBe(0);
  expect(error).toContain('is a replica');
  expect(error).toContain('add --region us-east-1');
});
