import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { perform } from '../../lambda/rotation/steps.ts';
import type { ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { ProxyError } from '../../lambda/thingspace/proxy-error.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, MINUTE_MS } from '../world/world.ts';

const way = { proxy: new URL('http://proxy.example:3128'), target: new URL('https://thingspace.example') };
const neverSent = async () =>
  ({ outcome: 'never-sent', cause: new ProxyError('refused', way, 403) }) as const;

/** `createSecret` in memory, of whose calls to ThingSpace some get no tunnel. */
async function failureWithout(calls: Partial<ThingSpaceApi>) {
  const world = createWorld();
  const services = world.wireUp(startProcess());
  const token = randomUUID();
  world.aws.stage(token);
  const run = perform(
    { ...services, api: { ...services.api, ...calls } },
    world.eventOf('createSecret', token),
    15 * MINUTE_MS,
  );
  const failure = await run.then(
    () => undefined,
    (error: Error) => error,
  );
  return { world, failure };
}

test('counts no log-in without a tunnel, and names the hop that failed', async () => {
  const { world, failure } = await failureWithout({ logIn: neverSent });
  expect(failure).toMatchObject({
    name: 'NoTunnelError',
    message: expect.stringMatching(
      /^No tunnel stood for a log-in of .* none counts\. .* \(HTTP status 403\)\. The way is proxy\.example:3128 → thingspace\.example; .* doctor /,
    ),
  });
  expect(world.truth()).toMatchObject({ logIns: 0 });
  expect(world.state()).toMatchObject({ inFlight: {}, failed: 0, journal: { state: 'idle' } });
});

test('leaves the old password good when no tunnel stands for an exchange', async () => {
  const { world, failure } = await failureWithout({ getNewPassword: neverSent });
  expect(failure).toMatchObject({ name: 'NoTunnelError', message: expect.stringContaining('stays good') });
  expect(world.truth()).toMatchObject({ logIns: 1, getNewPasswords: 0 });
  expect(world.state()).toMatchObject({ inFlight: {}, failed: 0, journal: { state: 'idle' } });
});
