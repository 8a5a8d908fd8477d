/** Rotates through an independent proxy, Python's proxy.py, and kills it (`.ci/through-a-proxy`). */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleRotation } from '../../infra/bundle.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { journalState } from '../scenarios/checks.ts';
import { startWorld, type World } from '../world.ts';
import { CREDENTIALS } from './way.ts';

const STARTING_MS = 30_000;

/** Starts proxy.py on a free port, for one user. */
async function startProxyPy(python: string): Promise<{ url: string; kill: () => Promise<void> }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'thingspace-proxy-py-'));
  const portFile = path.join(directory, 'port');
  const { username, password } = CREDENTIALS;
  const options = ['--hostname', '127.0.0.1', '--port', '0', '--port-file', portFile, '--log-level', 'e'];
  const only = ['--num-workers', '1', '--num-acceptors', '1', '--basic-auth', `${username}:${password}`];
  const child: ChildProcess = spawn(python, ['-B', '-m', 'proxy', ...options, ...only], {
    stdio: 'ignore',
    // A group of its own: it works by processes of its own.
    detached: true,
  });
  const untilMs = performance.now() + STARTING_MS;
  while (!existsSync(portFile) || readFileSync(portFile, 'utf8').trim() === '') {
    if (performance.now() > untilMs || child.exitCode !== null) throw new Error('proxy.py does not start.');
    await sleep(100);
  }
  return {
    url: `http://127.0.0.1:${readFileSync(portFile, 'utf8').trim()}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-(child.pid as number), 'SIGKILL');
      await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function rotateThrough(python: string, transport: Transport): Promise<void> {
  const proxy = await startProxyPy(python);
  const world = await startWorld({ transport, proxied: true, env: { THINGSPACE_PROXY_URL: proxy.url } });
  const rotate = () => world.conductor.rotate(world.secretArn, { attempts: 1 });
  const say = (text: string) => console.log(`over ${transport.toUpperCase()}, ${text}`);
  try {
    assert.equal((await rotate()).succeeded, true);
    mustWork(world);
    say('a rotation went through proxy.py');

    await world.storeProxyCredentials({ ...CREDENTIALS, password: 'wrong' });
    await world.gateway.onKill();
    const refused = await rotate();
    assert.equal(refused.error?.errorType, 'NoTunnelError');
    assert.match(refused.error.errorMessage, /does not accept the credentials.*HTTP status 407/);
    await world.storeProxyCredentials(CREDENTIALS);
    await world.gateway.onKill();
    mustWork(world);
    say('a wrong password for the proxy sent nothing');

    world.gateway.decide = async ({ operation }) => {
      if (operation !== 'GetNewPassword') return 'ok';
      await proxy.kill();
      return 'request-lost';
    };
    const broken = await rotate();
    assert.equal(broken.error?.errorType, 'OutcomeUnknownError');
    assert.equal(await journalState(world), 'unknown');
    say('a proxy that died behind the request left the outcome unknown');

    const unreachable = await world.conductor.recover(world.secretArn, { times: 1 });
    assert.equal(unreachable.ok, false);
    assert.match(JSON.stringify(unreachable), /No connection to the proxy.*ECONNREFUSED/);
    mustWork(world);
    say('a proxy that is gone sent nothing');
    assert.equal(world.way?.proxy.connects.length, 0);
  } finally {
    await proxy.kill();
    await world.close();
  }
}

/** The live password is in AWSCURRENT, and no log-in failed. */
function mustWork({ platform, username, storedPassword }: World): void {
  const { password, worstConsecutiveFailures } = platform.truth(username);
  assert.equal(storedPassword(), password);
  assert.equal(worstConsecutiveFailures, 0);
}

const [python = 'python3'] = process.argv.slice(2);
await bundleRotation();
for (const transport of ['soap', 'rest'] as const) await rotateThrough(python, transport);
// All is closed by now. Node.js 24.21 sometimes spins at its own end after connections that SIGKILL cut.
process.exit();
