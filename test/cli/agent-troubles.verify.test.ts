import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli } from '../../cli/bundle.ts';
import { bundleRotation } from '../../infra/bundle.ts';
import type { Fate } from '../../local/faults.ts';
import { getDeviceInformation } from '../../local/fleet/soap.ts';
import { startWorld, type World } from '../../local/world.ts';

/** Programs beside agents, through the death of the agent that logs in, rotations, and each AWS service away for 5 s. */

const folder = mkdtempSync(join(tmpdir(), 'agents-'));
const tool = join(folder, 'tool');
const OUTAGE_MS = 5_000;
/** Every session has expired after it. */
const PAUSE_MS = 30 * 60_000;
/** Calls of a service that is away are reset, never answered, or throttled, in turn. */
const AWAY: readonly Fate[] = ['request-lost', 'hung-before', 'throttled'];

let world: World;
const agents = new Map<string, ChildProcess>();
beforeAll(async () => {
  await Promise.all([bundleRotation(), bundleCli(tool)]);
  world = await startWorld({ platform: { logInEndsOlderSessions: true } });
});
afterAll(async () => {
  for (const child of agents.values()) child.kill('SIGKILL');
  await world.close();
  rmSync(folder, { recursive: true });
});

const fileOf = (agent: string, what: string) => join(folder, `${agent}.${what}`);

function startAgent(name: string): ChildProcess {
  const files = ['--token-file', fileOf(name, 'token'), '--address-file', fileOf(name, 'address')];
  const env = { ...world.env, ...world.operatorEnv, THINGSPACE_SECRET: world.secretArn };
  const child = spawn(
    process.execPath,
    [join(tool, 'thingspace-rotation.mjs'), 'agent', '--actor', name, ...files],
    { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  agents.set(name, child);
  return child;
}

const started = async (name: string): Promise<void> =>
  void (await once(startAgent(name).stdout as NodeJS.ReadableStream, 'data'));

const read = (agent: string, what: string) => readFileSync(fileOf(agent, what), 'utf8').trim();

async function ask(agent: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(`${read(agent, 'address')}${path}`, {
    headers: { 'x-thingspace-agent-token': read(agent, 'token') },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  // A program with default patience sees no error: neither 503 nor any other.
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
}

/** A program's request in the session of an agent, as docs/apps.md has the rules. */
async function work(agent: string): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    const { token, baseUrl, generation } = (await (await ask(agent, '/session')).json()) as {
      token: string;
      baseUrl: string;
      generation: number;
    };
    const answer = await getDeviceInformation(baseUrl, token);
    if (answer.includes('GetDeviceInformationResponse')) return;
    if (!answer.includes('SessionToken.')) throw new Error(answer);
    await ask(agent, '/session/gone', { generation });
  }
  throw new Error('Five sessions were gone');
}

const workOfAll = (names: readonly string[], times = 3) =>
  Promise.all(Array.from({ length: times }, () => names.map(work)).flat());

test('programs beside three agents see no error through a death, rotations and outages', async () => {
  const { gateway, platform, username, clock } = world;
  const names = ['first', 'second', 'third'];
  await Promise.all(names.map(started));
  await workOfAll(names);

  clock.advance(PAUSE_MS);
  let killed: string | undefined;
  const { decide } = gateway;
  gateway.decide = ({ service, operation }) => {
    if (killed !== undefined || service !== 'thingspace' || operation !== 'LogIn') return 'ok';
    killed = 'first';
    agents.get('first')?.kill('SIGKILL');
    return 'response-lost';
  };
  // The agent that is killed is the one that logs in; the programs of the others ask while it does.
  const ofFirst = ask('first', '/session')
    .then(async (answer) => ask('first', '/session/gone', (await answer.json()) as object))
    .then(() => ask('first', '/session'))
    .catch(() => undefined);
  await expect.poll(() => killed, { timeout: 60_000 }).toBe('first');
  await workOfAll(['second', 'third']);
  await ofFirst;
  gateway.decide = decide;
  await started('first');

  for (const service of ['secretsmanager', 'kms', 'dynamodb']) {
    clock.advance(PAUSE_MS);
    const endsAt = Date.now() + OUTAGE_MS;
    let met = 0;
    gateway.decide = (call) =>
      call.service === service && Date.now() < endsAt ? (AWAY[met++ % AWAY.length] ?? 'ok') : 'ok';
    await workOfAll(names);
    gateway.decide = decide;
  }

  for (let rotations = 0; rotations < 2; rotations += 1) {
    const rotation = world.conductor.rotate(world.secretArn, { attempts: 1 });
    await workOfAll(names);
    expect((await rotation).succeeded).toBe(true);
    await workOfAll(names);
  }
  expect(platform.truth(username).failures).toBe(0);
});
