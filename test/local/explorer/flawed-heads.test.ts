import { beforeAll, expect, it } from 'vitest';
import { FATES, faultsAt } from '../../../local/explorer/fault.ts';
import { FLAWED_HEADS, type HeadFlaw } from '../../../local/gateway/flawed-head.ts';
import { startWorld } from '../../../local/world.ts';
import { built } from '../../built.ts';
import { serve } from '../../thingspace/servers.ts';
import { sampled } from '../../thorough.ts';

const LIMIT_MS = 300_000;
const flaws = Object.keys(FLAWED_HEADS) as HeadFlaw[];

beforeAll(async () => {
  await built('rotation');
});

it(
  'the bundle rotates in one attempt when every answer of ThingSpace stands behind a flawed head',
  async () => {
    const world = await startWorld();
    try {
      const { gateway, conductor, platform, username, aws, secretArn } = world;
      for (const apart of [false, true]) {
        for (const flaw of sampled(flaws, 3)) {
          gateway.decide = ({ service }) =>
            service === 'thingspace' ? { fault: 'flawed-head', flaw, apart } : 'ok';
          const { getNewPasswords } = platform.truth(username);
          const outcome = await conductor.rotate(secretArn, { attempts: 1 });
          expect(outcome, flaw).toMatchObject({ succeeded: true });
          const truth = platform.truth(username);
          expect(truth).toMatchObject({ getNewPasswords: getNewPasswords + 1, failures: 0 });
          expect(world.storedPassword(), flaw).toBe(truth.password);
        }
      }
      const flawed = gateway.calls.filter(({ fate }) => fate === 'flawed-head');
      expect(flawed.length).toBeGreaterThan(8 * sampled(flaws, 3).length);
      const warned = aws.sns.published.filter(({ attributes }) => attributes.severity?.value !== 'info');
      expect(warned).toEqual([]);
    } finally {
      await world.close();
    }
  },
  LIMIT_MS,
);

it('the error names the broken rule of HTTP, without a quotation, when no answer can be read', async () => {
  const secret = 'Marker$7';
  const server = await serve((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nX-Echo ${secret}\r\nContent-Type: text/xml\r\n\r\n${secret}`),
  );
  const world = await startWorld({ env: { THINGSPACE_BASE_URL: `http://127.0.0.1:${server.port}/api/v2` } });
  try {
    const { error } = await world.conductor.rotate(world.secretArn, { attempts: 1 });
    expect(error).toMatchObject({
      errorType: 'LogInUnknownError',
      errorMessage: expect.stringContaining('(HTTP_HEADER_WITHOUT_COLON)'),
    });
    const lines = world.aws.logs.lines(world.logGroupName).join('\n');
    expect(lines).toContain('is not well-formed XML (HTTP_HEADER_WITHOUT_COLON)');
    expect(lines).not.toContain(secret);
  } finally {
    await world.close();
    await server.close();
  }
});

it('the explorer plays each flawed head at each answer, in one packet and in two', () => {
  const boundary = { service: 'thingspace', operation: 'LogIn', nth: 1 };
  const planned = faultsAt([boundary, { ...boundary, service: 'kms' }], ['flawed-head']);
  expect(planned).toHaveLength(2 * flaws.length);
  expect(new Set(planned.map(({ fate }) => JSON.stringify(fate)))).toHaveLength(2 * flaws.length);
  expect(planned.every(({ service }) => service === 'thingspace')).toBe(true);
  expect(FATES).toContain('flawed-head');
});
