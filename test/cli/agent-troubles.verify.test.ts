import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli } from '../../cli/bundle.ts';
import { type LocalAgent, localAgent } from '../../local/fleet/agent.ts';
import { awayFor } from '../../local/fleet/troubles.ts';
import { startWorld, type World } from '../../local/world.ts';
import { built } from '../built.ts';

/** Programs beside agents, through the death of the agent that logs in, rotations, and each AWS service away for 5 s. */

const folder = mkdtempSync(join(tmpdir(), 'agents-'));
const tool = join(folder, 'tool');
const OUTAGE_MS = 5_000;
/** Every session has expired after it. */
const PAUSE_MS = 30 * 60_000;

let world: World;
let agents: [LocalAgent, LocalAgent, LocalAgent];
beforeAll(async () => {
  await Promise.all([built('rotation'), bundleCli(tool)]);
  world = await startWorld({ platform: { logInEndsOlderSessions: true } });
  const env = { ...world.env, ...world.operatorEnv, THINGSPACE_SECRET: world.secretArn };
  const files = join(folder, 'files');
  mkdirSync(files);
  const agentNamed = (actor: string) => localAgent({ tool, folder: files, actor, env });
  agents = [agentNamed('first'), agentNamed('second'), agentNamed('third')];
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await world.close();
  rmSync(folder, { recursive: true });
});

/** A program with default patience sees no error: neither 503 nor any other. */
const workOfAll = (some: readonly LocalAgent[], times = 3) =>
  Promise.all(Array.from({ length: times }, () => some.map((agent) => agent.work())).flat());

test('programs beside three agents see no error through a death, rotations and outages', async () => {
  const { gateway, platform, username, clock } = world;
  const [first, second, third] = agents;
  await Promise.all(agents.map((agent) => agent.start()));
  await workOfAll(agents);

  clock.advance(PAUSE_MS);
  let killed = false;
  const { decide } = gateway;
  gateway.decide = ({ service, operation }) => {
    if (killed || service !== 'thingspace' || operation !== 'LogIn') return 'ok';
    killed = true;
    first.kill();
    return 'response-lost';
  };
  // The agent that is killed is the one that logs in; the programs of the others ask while it does.
  const ofFirst = first
    .ask('/session')
    .then(async (answer) => first.ask('/session/gone', (await answer.json()) as object))
    .then(() => first.ask('/session'))
    .catch(() => undefined);
  await expect.poll(() => killed, { timeout: 60_000 }).toBe(true);
  await workOfAll([second, third]);
  await ofFirst;
  gateway.decide = decide;
  await first.start();

  for (const service of ['secretsmanager', 'kms', 'dynamodb']) {
    clock.advance(PAUSE_MS);
    gateway.decide = awayFor(OUTAGE_MS, service);
    await workOfAll(agents);
    gateway.decide = decide;
  }

  for (let rotations = 0; rotations < 2; rotations += 1) {
    const rotation = world.conductor.rotate(world.secretArn, { attempts: 1 });
    await workOfAll(agents);
    expect((await rotation).succeeded).toBe(true);
    await workOfAll(agents);
  }
  expect(platform.truth(username).failures).toBe(0);
});
