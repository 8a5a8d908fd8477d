import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCli } from '../../cli/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'tool-'));
const file = join(folder, 'thingspace-rotation.mjs');
let sizeBytes = 0;
beforeAll(async () => {
  sizeBytes = await bundleCli(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Without node_modules, and with an environment of its own. */
const run = (...args: string[]) =>
  spawnSync(process.execPath, [file, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_MAX_ATTEMPTS: '1',
    },
  });

describe('The operator’s tool as one file', () => {
  it('runs without node_modules, and is a few megabytes at most', () => {
    expect(run('explain', 'CredentialLostError')).toMatchObject({ status: 0, stderr: '' });
    expect(sizeBytes).toBeLessThan(3_000_000);
  });

  it('loads its AWS clients too', () => {
    const { status, stderr } = run('status', '--secret', 'x', '--endpoint', 'http://127.0.0.1:9');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^Error: AWS cannot be reached from here .*ECONNREFUSED/),
    });
  });

  it('has an example in the help of every command', () => {
    const commands = [...run('--help').stdout.matchAll(/^ {2}([a-z-]+) \[/gm)].map(
      ([, name]) => name as string,
    );
    expect(commands).toContain('store');
    for (const name of commands.filter((name) => name !== 'help')) {
      expect(run(name, '--help').stdout, name).toContain(`npm run cli -- ${name}`);
    }
  });
});
