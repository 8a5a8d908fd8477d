import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { findSecret } from '../../local/explorer/find-secret.ts';
import { scenarios } from '../../local/scenarios/all.ts';
import type { Application } from '../../local/thingspace/rest/bearers.ts';
import { startThingSpace } from '../../local/thingspace/start.ts';

const START = fileURLToPath(new URL('../../local/start.ts', import.meta.url));

function start(...args: string[]) {
  const child = spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += chunk));
  child.stderr.on('data', (chunk) => (said.err += chunk));
  const ended = once(child, 'close').then(([code]) => code as number);
  return { child, said, ended };
}

describe('npm start', () => {
  it('lists the scenarios', async () => {
    const { said, ended } = start('--list');
    expect(await ended).toBe(0);
    for (const { name, shows } of scenarios) expect(said.out).toMatch(new RegExp(`^${name} +${shows}$`, 'm'));
  });

  it('rejects an unknown scenario, and lists the known ones', async () => {
    const unknown = start('--scenario', 'nonsense');
    const many = start('--scenario', 'lost-response', '--rotations', '2');
    expect([await unknown.ended, await many.ended]).toEqual([1, 1]);
    expect(unknown.said.err).toContain('crash-after-receive');
    expect(many.said.err).toContain('--rotations goes with the scenario rotation alone');
  });

  it('rotates over REST, with the request for a bearer in the timeline and never the bearer', async () => {
    const { said, ended } = start('--transport', 'rest', '--verbose');
    expect(await ended).toBe(0);
    const operations = [...said.out.matchAll(/ms +thingspace (.*)$/gm)].map(([, operation]) => operation);
    expect(operations).toEqual([
      'request for a bearer',
      'log-in',
      'password change',
      'log-out',
      'log-in',
      'log-out',
    ]);
    // The simulator makes the same key, secret and bearer from the same seed.
    const users = [{ username: 'Fleet-API', password: 'first Password & 1' }];
    const { rest, close } = await startThingSpace({ clock: { nowMs: Date.now }, users, seed: 1 });
    const { apiKey, apiSecret } = rest.applications[0] as Application;
    rest.bearers.request(apiKey, apiSecret);
    await close();
    for (const secret of [apiKey, apiSecret, rest.bearers.made[0] as string])
      expect(findSecret(said.out, secret)).toEqual([]);
  });

  it('rotates the given number of times, and writes one JSON document', async () => {
    const { said, ended } = start('--json', '--rotations', '2', '--seed', '3');
    expect(await ended).toBe(0);
    const { held, reports } = JSON.parse(said.out);
    expect(held).toBe(true);
    expect(reports.map(({ title }: { title: string }) => title)).toEqual([
      'rotation 1 of 2',
      'rotation 2 of 2',
    ]);
    expect(said.err).toBe('');
  });

  it('stays up until it is stopped, for an SDK with the environment in the file that it names', async () => {
    const { child, said, ended } = start('--keep');
    while (!said.out.includes('Stop with Ctrl-C')) await once(child.stdout, 'data');
    const [file = ''] = /\S+env\.sh/.exec(said.out) ?? [];
    const variables = readFileSync(file, 'utf8');
    const variable = (name: string) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(variables)?.[1] ?? '';
    const client = new SecretsManagerClient({
      region: variable('AWS_REGION'),
      endpoint: variable('AWS_ENDPOINT_URL_SECRETS_MANAGER'),
      credentials: {
        accessKeyId: variable('AWS_ACCESS_KEY_ID'),
        secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
      },
    });
    const secret = await client.send(new DescribeSecretCommand({ SecretId: 'thingspace/fleet-api' }));
    expect(secret.RotationEnabled).toBe(true);
    client.destroy();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said.out).toContain('Everything holds: 11 checks.');
    expect(existsSync(file)).toBe(false);
  });
});
