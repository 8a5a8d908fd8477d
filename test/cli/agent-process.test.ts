import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cliBundle } from '../../cli/bundle.ts';
import { LOG_IN_PAIR_MS } from '../../lambda/session/create-session.ts';
import { applicationSecrets, leaksIn } from '../../local/explorer/leaks.ts';
import { listDevices } from '../../local/fleet/rest.ts';
import { getDeviceInformation } from '../../local/fleet/soap.ts';
import { startWorld, type World } from '../../local/world.ts';
import { built } from '../built.ts';

type SessionDocument = {
  baseUrl: string;
  generation: number;
  token: string;
  headers: Record<string, string>;
};
type Started = { child: ChildProcess; output: Promise<string>; address: string };
type Env = Record<string, string | undefined>;

const folder = mkdtempSync(join(tmpdir(), 'agent-'));
const tool = join(folder, 'tool');
const tokenFile = join(folder, 'token');
const addressFile = join(folder, 'address');
/** Every session token of the simulated ThingSpace. */
const tokens: string[] = [];
const platform = { onSession: (token: string) => void tokens.push(token) };

beforeAll(async () => {
  await built('rotation', 'cli');
  cpSync(dirname(cliBundle), tool, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

const running = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  running.clear();
  for (const file of [tokenFile, addressFile]) rmSync(file, { force: true });
});

function spawnAgent(world: World, args: readonly string[] = [], env: Env = {}) {
  const own = ['agent', '--token-file', tokenFile, '--address-file', addressFile, ...args];
  const child = spawn(process.execPath, [join(tool, 'thingspace-rotation.mjs'), ...own], {
    env: {
      PATH: process.env.PATH,
      ...world.env,
      ...world.operatorEnv,
      THINGSPACE_SECRET: world.secretArn,
      ...env,
    } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** An agent that listens; its output is whole when it has ended. */
async function start(world: World, args: readonly string[] = [], env: Env = {}): Promise<Started> {
  const child = spawnAgent(world, args, env);
  const lines = text(child.stderr as NodeJS.ReadableStream);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child, 'close').then(async () => Promise.reject(new Error(await lines))),
  ]);
  return {
    child,
    output: lines.then((log) => `${said}${log}`),
    address: readFileSync(addressFile, 'utf8').trim(),
  };
}

async function stop({ child, output }: Started): Promise<{ code: number; output: string }> {
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  return { code, output: await output };
}

/** An agent that does not start. */
async function refusedStart(world: World, args: readonly string[], env: Env = {}) {
  const child = spawnAgent(world, args, env);
  const [stderr, [code]] = await Promise.all([
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  return { code, stderr };
}

const header = () => ({ 'x-thingspace-agent-token': readFileSync(tokenFile, 'utf8').trim() });

async function session({ address }: Started): Promise<SessionDocument> {
  const answer = await fetch(`${address}/session`, { headers: header() });
  expect(answer.status).toBe(200);
  return (await answer.json()) as SessionDocument;
}

async function sayGone({ address }: Started, generation: number): Promise<number> {
  const answer = await fetch(`${address}/session/gone`, {
    method: 'POST',
    headers: header(),
    body: JSON.stringify({ generation }),
  });
  return answer.status;
}

function leaks(world: World, output: string): string[] {
  const agentToken = {
    name: 'the agent’s token',
    secret: existsSync(tokenFile) ? header()['x-thingspace-agent-token'] : '',
  };
  return leaksIn(output, [
    ...[agentToken].filter(({ secret }) => secret !== ''),
    ...tokens.map((secret) => ({ name: 'a session', secret })),
    { name: 'the password', secret: world.platform.truth(world.username).password },
    ...applicationSecrets(world),
  ]);
}

describe('the agent as a process', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ platform });
  });
  afterAll(() => world.close());
  beforeEach(() => {
    tokens.length = 0;
  });

  test('gives programs a session that works, before and after a rotation, and stops cleanly', async () => {
    writeFileSync(tokenFile, 'a-token-of-an-agent-for-these-tests-1\n', { mode: 0o600 });
    const agent = await start(world);
    const { token, baseUrl, generation } = await session(agent);
    expect(await getDeviceInformation(baseUrl, token)).toContain('GetDeviceInformationResponse');

    world.platform.logOut(token);
    expect(await getDeviceInformation(baseUrl, token)).toContain('SessionToken.Invalid');
    expect(await sayGone(agent, generation)).toBe(204);
    const next = await session(agent);
    expect(next.generation).toBeGreaterThan(generation);
    expect(await getDeviceInformation(baseUrl, next.token)).toContain('GetDeviceInformationResponse');

    await world.conductor.rotate(world.secretArn);
    const after = await session(agent);
    expect(await getDeviceInformation(baseUrl, after.token)).toContain('GetDeviceInformationResponse');
    expect(world.platform.truth(world.username).failures).toBe(0);

    const { code, output } = await stop(agent);
    expect(code).toBe(0);
    expect(existsSync(addressFile)).toBe(false);
    expect(output).toMatch(
      /^Listening on http:\/\/127\.0\.0\.1:\d+ \(GET \/fleet-api\/session\); the token is in .*\n/,
    );
    expect(output).toMatch(/fleet-api: logged in to ThingSpace with version \S+ of the secret; session 1/);
    expect(output).toMatch(/has stopped\n$/);
    expect(leaks(world, output)).toEqual([]);
    expect(tokens.length).toBeGreaterThan(1);
  });

  test.runIf(has('curl'))('answers curl with the token that it has made, and removes the file', async () => {
    const agent = await start(world);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    const made = header()['x-thingspace-agent-token'];
    const curl = (...args: string[]) =>
      promisify(execFile)('curl', ['-sS', '-o', '-', '-w', '\n%{http_code}', ...args]);
    const url = `${agent.address}/fleet-api/session`;
    const { stdout } = await curl('-H', `X-ThingSpace-Agent-Token: ${made}`, url);
    expect(stdout).toMatch(/"credential":"fleet-api".*\n200$/);
    expect((await curl(url)).stdout).toMatch(/"code":"WrongToken".*\n403$/);
    const { code, output } = await stop(agent);
    expect({ code, left: existsSync(tokenFile) }).toEqual({ code: 0, left: false });
    expect(output).not.toContain(made);
  });

  test.runIf(has('python3'))(
    'serves the example in Python, also when ThingSpace has forgotten the session',
    async () => {
      const agent = await start(world);
      const env = { PATH: process.env.PATH, AGENT_ADDRESS_FILE: addressFile, AGENT_TOKEN_FILE: tokenFile };
      const example = fileURLToPath(new URL('../../examples/python/agent.py', import.meta.url));
      const python = () => promisify(execFile)('python3', [example, '89148000000800139708'], { env });
      expect((await python()).stdout).toContain('GetDeviceInformationResponse');
      const { token, generation } = await session(agent);
      // Else a third log-in within the pair's time would wait.
      world.clock.advance(LOG_IN_PAIR_MS);
      world.platform.logOut(token);
      expect((await python()).stdout).toContain('GetDeviceInformationResponse');
      expect((await session(agent)).generation).toBe(generation + 1);
      expect(leaks(world, (await stop(agent)).output)).toEqual([]);
    },
  );

  test.runIf(has('python3'))(
    'lets the example in Python outlive an agent that dies while it waits',
    async () => {
      let asked = 0;
      const server = createHttpServer((request, response) => {
        if (request.url !== '/session') response.end('<GetDeviceInformationResponse/>');
        else if (++asked === 1) request.socket.destroy();
        else response.end(JSON.stringify({ baseUrl: address, generation: 7, token: 'token 7' }));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
      writeFileSync(addressFile, address);
      writeFileSync(tokenFile, 'a-token-of-an-agent-for-these-tests-1');
      const env = { PATH: process.env.PATH, AGENT_ADDRESS_FILE: addressFile, AGENT_TOKEN_FILE: tokenFile };
      const example = fileURLToPath(new URL('../../examples/python/agent.py', import.meta.url));
      const { stdout } = await promisify(execFile)('python3', [example, '89148000000800139708'], { env });
      server.close();
      expect(stdout).toContain('GetDeviceInformationResponse');
      expect(asked).toBe(2);
    },
  );

  test('starts while AWS is away, and says when to ask again', async () => {
    const agent = await start(world, ['--actor', 'billing', '--patience', '1'], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
    });
    const answer = await fetch(`${agent.address}/session`, { headers: header() });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await answer.json()) as object).toMatchObject({ error: { code: 'AwsCallError' } });
    const { code, output } = await stop(agent);
    expect(code).toBe(0);
    expect(output).toMatch(/as "billing"\n.*secretsmanager:DescribeSecret failed with ECONNREFUSED/s);
  });

  test('joins the session of the fleet while Secrets Manager is away', async () => {
    const other = await start(world);
    const { generation } = await session(other);
    await stop(other);
    const agent = await start(world, ['--username', world.username], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
    });
    expect((await session(agent)).generation).toBe(generation);
    expect((await stop(agent)).code).toBe(0);
  });

  test('prints a document and objects with --json', async () => {
    const agent = await start(world, ['--json']);
    const { output } = await stop(agent);
    const at = output.indexOf('\n}\n') + 2;
    expect(JSON.parse(output.slice(0, at))).toEqual({
      ...{ address: agent.address, paths: ['/fleet-api/session'], tokenFile },
    });
    const events = output
      .slice(at)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events.at(0)).toBe('started');
    expect(events.at(-1)).toBe('stopped');
  });

  test('names what keeps it from starting in one sentence, and leaves no file', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const inUse = await refusedStart(world, ['--port', String(port)]);
    expect(inUse).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: Another program listens on port/),
    });
    taken.close();
    const nowhere = await refusedStart(world, ['--address-file', join(folder, 'no', 'address')]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('Error: The address file') });
    const nobody = await refusedStart(world, ['--actor', '']);
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('The --actor is empty') });
    const alone = await refusedStart(world, [], { LEDGER_TABLE: undefined });
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--without-ledger') });
    expect([tokenFile, addressFile].filter(existsSync)).toEqual([]);
    writeFileSync(tokenFile, 'a-token-of-an-agent-for-these-tests-1\n', { mode: 0o644 });
    const open = await refusedStart(world, []);
    expect(open).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is open to other users (mode 644)'),
    });
    expect(tokens).toEqual([]);
  });
});

test('the agent gives the headers of REST, and another bearer after a refused one', async () => {
  const world = await startWorld({ platform, transport: 'rest' });
  try {
    const agent = await start(world);
    const { headers, baseUrl } = await session(agent);
    const place = { baseUrl } as Parameters<typeof listDevices>[0];
    expect((await listDevices(place, headers)).status).toBe(200);
    const refused = await fetch(`${agent.address}/session/gone`, {
      method: 'POST',
      headers: header(),
      body: '{"generation":1,"refused":"bearer"}',
    });
    expect(refused.status).toBe(204);
    expect((await listDevices(place, (await session(agent)).headers)).status).toBe(200);
    const logIns = world.platform.truth(world.username).logIns;
    const { code, output } = await stop(agent);
    expect({ code, logIns, leaks: leaks(world, output) }).toEqual({ code: 0, logIns: 1, leaks: [] });
  } finally {
    await world.close();
  }
});
