import { spawn, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCli } from '../../cli/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'tool-'));
const copy = join(folder, 'copy');
let built: { sizeBytes: number; atStartBytes: number };
beforeAll(async () => {
  built = await bundleCli(join(folder, 'built'));
  cpSync(join(folder, 'built'), copy, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Without node_modules, and with an environment of its own. */
const env = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_MAX_ATTEMPTS: '1',
};
const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(copy, 'thingspace-rotation.mjs'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });

/** Takes away from Node.js 24 the functions that came after Node.js 20.0 and that code is likely to use. */
const AS_NODE_20 = `
delete Promise.withResolvers; delete Promise.try; delete URL.parse; delete process.getBuiltinModule;
delete Object.groupBy; delete Map.groupBy; delete Array.fromAsync; delete RegExp.escape; delete Error.isError;
for (const name of ['union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'])
  delete Set.prototype[name];
for (const name of ['map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find'])
  delete Iterator.prototype[name];
`;

describe('The directory of the operator’s tool', () => {
  it('runs without node_modules in another place, and has a few megabytes at most', () => {
    expect(run('explain', 'CredentialLostError')).toMatchObject({ status: 0, stderr: '' });
    expect(built.sizeBytes).toBeLessThan(3_000_000);
  });

  it('loads no AWS client before a command needs one', () => {
    expect(built.atStartBytes).toBeLessThan(82_000);
  });

  it('loads its AWS clients when a command needs them', () => {
    const { status, stderr } = run('status', '--secret', 'x', '--endpoint', 'http://127.0.0.1:9');
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: expect.stringMatching(/^Error: AWS cannot be reached from here .*ECONNREFUSED/),
    });
  });

  it('shows an example in the help of every command', () => {
    const commands = [...run('--help').stdout.matchAll(/^ {2}([a-z-]+) \[/gm)].map(
      ([, name]) => name as string,
    );
    expect(commands).toContain('store');
    for (const name of commands.filter((name) => name !== 'help')) {
      expect(run(name, '--help').stdout, name).toContain(`${copy}/thingspace-rotation.mjs ${name}`);
    }
  });

  it.each([
    ['npx', { npm_command: 'exec' }, 'npx --no -- thingspace-rotation'],
    ['node', {}, `node ${join(copy, 'thingspace-rotation.mjs')}`],
    ['another name', { OPERATOR_TOOL: 'ops thingspace' }, 'ops thingspace'],
  ])('speaks of itself as it was started, by %s', (_, started, name) => {
    for (const args of [['--help'], ['store', '--help'], ['explain', 'CredentialLostError']]) {
      const { stdout } = spawnSync(process.execPath, [join(copy, 'thingspace-rotation.mjs'), ...args], {
        encoding: 'utf8',
        env: { ...env, ...started },
      });
      expect(stdout).toContain(name);
      expect(stdout).not.toContain('npm run cli');
    }
  });

  it('calls no function that Node.js 20 lacks', () => {
    const files = globSync('**/*.mjs', { cwd: copy });
    expect(files.length).toBeGreaterThan(10);
    const newer =
      /\b(withResolvers|getBuiltinModule|fromAsync|isSubsetOf|isSupersetOf|isDisjointFrom)\b|\b(Object|Map)\.groupBy\b|URL\.parse\(|Promise\.try\b|import\.meta\.(dirname|filename|main)/;
    expect(files.filter((file) => newer.test(readFileSync(join(copy, file), 'utf8')))).toEqual([]);
  });

  it('sends a request to ThingSpace on Node.js 20', async () => {
    // The module of the tool's that sends, built as the tool is.
    const alone = join(folder, 'alone');
    await bundleCli(alone, 'lambda/thingspace/soap/api.ts');
    const server = createServer((_, response) => response.writeHead(500).end('<answer/>')).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const preload = join(folder, 'as-node-20.mjs');
    writeFileSync(preload, AS_NODE_20);
    const source = `const { createSoapApi } = await import(${JSON.stringify(join(alone, 'thingspace-rotation.mjs'))});
      const answer = await createSoapApi({ baseUrl: '${baseUrl}' }).getNewPassword({ token: 't' }, 'p', { timeoutMs: 5_000 });
      console.log(answer.outcome, answer.httpStatus, String(answer.cause ?? ''));`;
    const child = spawn(process.execPath, ['--import', preload, '--input-type=module', '-e', source], {
      env,
    });
    const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    server.close();
    expect(complaint).toBe('');
    expect(said.trim()).toBe('answered 500');
  });
});
