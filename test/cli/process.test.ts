import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliBundle } from '../../cli/bundle.ts';
import { kmsSealer } from '../../lambda/sealing/data-key.ts';
import { seal } from '../../lambda/sealing/seal-answer.ts';
import { clientAt } from '../../local/aws/client.ts';
import { listen } from '../../local/http.ts';
import { startWorld, type World } from '../../local/world.ts';
import { built } from '../built.ts';

const SOURCE = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

let world: World;
beforeAll(async () => {
  await built('rotation', 'cli');
  world = await startWorld();
  // Rotation is on from then on: the secret leads to the function.
  await world.conductor.rotate(world.secretArn);
});
afterAll(() => world.close());

type Ended = { code: number; stdout: string; stderr: string };

/** The bundle does what the source does, and starts in half the time. */
function cli(
  args: string[],
  env: Record<string, string | undefined> = {},
  main: string = cliBundle,
  stdin?: string,
): Promise<Ended> {
  const options = { env: { PATH: process.env.PATH, ...world.operatorEnv, ...env } as NodeJS.ProcessEnv };
  return new Promise((resolve) => {
    const running = execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    if (stdin !== undefined) running.stdin?.end(stdin);
  });
}

describe('The operator’s tool as a process', () => {
  it('makes a trial with only the secret’s name and AWS credentials, then shows a clean status', async () => {
    const trial = await cli(['trial', '--secret', world.secretArn, '--yes', '--as', 'ann']);
    expect(trial).toMatchObject({ code: 0, stderr: '' });
    expect(trial.stdout).toContain('It works');
    const status = await cli(['status', '--secret', world.secretArn, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ lockout: { exposure: 0 }, journal: { state: 'idle' } });
  });

  it('runs from its source, as `npm run cli` does', async () => {
    const { code, stdout } = await cli(['status', '--secret', world.secretArn], {}, SOURCE);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^OK: all is well/);
  });

  it('shows all credentials of the region’s only deployment', async () => {
    const { code, stdout } = await cli(['status']);
    expect(stdout).toMatch(/thingspace\/fleet-api +Fleet-API +all is well +0 of 5/);
    expect(code).toBe(0);
  });

  it('ends in one line on stderr and exit code 1, without a stack', async () => {
    const { code, stdout, stderr } = await cli(['open', '--secret', 'no-such-secret']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^Error: The secret no-such-secret does not exist in region us-east-1\. Secrets that rotate here: thingspace\/fleet-api\..*\n$/,
    );
  });

  it('ends without a stack when its reader closes the pipe early', async () => {
    const running = spawn(process.execPath, [cliBundle, 'explain', 'CredentialLostError']);
    running.stdout.destroy();
    let stderr = '';
    running.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(running, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('shows who changed the secret: the function, this operator, and somebody in the console', async () => {
    await world.person.stores(`Typed By Hand ${Date.now()}`, 'a password of their own');
    const { code, stdout } = await cli(['changes', '--secret', world.secretArn, '--json']);
    const found: { call: string; who: string; versionId?: string }[] = JSON.parse(stdout);
    expect(code).toBe(0);
    const whoCalled = (call: string) => found.filter((one) => one.call === call).map(({ who }) => who);
    expect(whoCalled('PutSecretValue').at(-1)).toMatch(/assumed-role\/console\/somebody$/);
    expect(whoCalled('UpdateSecretVersionStage')[0]).toMatch(/assumed-role\/ThingSpaceRotation-rotation/);
    await world.person.stores(world.platform.truth(world.username).password, 'the one that works');
  });

  it('stores the key of REST from a pipe, and shows neither line', async () => {
    const args = ['store', '--secret', world.secretArn, '--api-key', '--yes'];
    const stored = await cli(args, {}, cliBundle, 'Example-Key-1\nExample-Secret-1\n');
    expect(stored).toMatchObject({ code: 0, stderr: '' });
    expect(stored.stdout).toMatch(/Stored as version/);
    expect(stored.stdout).not.toMatch(/Example-/);
    expect(await cli([...args, '--trial'])).toMatchObject({ code: 2 });
  });

  it('proves the key, and logs in and out, where the function calls REST', async () => {
    const rest = await startWorld({ transport: 'rest' });
    try {
      await rest.conductor.rotate(rest.secretArn);
      const doctor = await cli(['doctor', '--secret', rest.secretArn, '--json'], rest.operatorEnv);
      const checks: { check: string; ok: boolean }[] = JSON.parse(doctor.stdout);
      expect(checks.find(({ check }) => check === 'REST')).toMatchObject({ ok: true });
      const trial = await cli(['trial', '--secret', rest.secretArn, '--yes'], rest.operatorEnv);
      expect(trial).toMatchObject({ code: 0, stderr: '' });
      expect(trial.stdout).toContain('It works: ThingSpace gave a session (logged out again)');
    } finally {
      await rest.close();
    }
  });

  it('opens an answer from a file through KMS, and nothing under another encryption context', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const client = new KMSClient(clientAt(world.env.AWS_ENDPOINT_URL_KMS));
    try {
      const context = { secretArn: world.secretArn, token: 'of-this-rotation' };
      const key = await kmsSealer(client, world.aws.kms.keyArn).newKey(context);
      const about = { ...context, attempt: 'a-1', oldVersion: 'v-1', oldHash: 'h' };
      const [envelope = ''] = seal({ body: Buffer.from('<Unforeseen>Planted 7</Unforeseen>') }, key, about);
      const [right, wrong, out] = ['right', 'wrong', 'out'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(right, envelope);
      writeFileSync(wrong, envelope.replace('of-this-rotation', 'of-another-rotation'));

      const refused = await cli(['open', '--file', wrong, '--out', out]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('kms:Decrypt failed with InvalidCiphertextException');
      const opened = await cli(['open', '--file', right, '--out', out]);
      expect(opened).toMatchObject({ code: 0, stderr: expect.stringContaining('No row of the audit trail') });
      expect(opened.stdout).toContain('an answer of 34 bytes; this version can read no password in it');
      expect(opened.stdout).not.toContain('Planted');
      expect(readFileSync(out, 'utf8')).toBe('<Unforeseen>Planted 7</Unforeseen>');
    } finally {
      client.destroy();
      rmSync(folder, { recursive: true });
    }
  });

  it('names the settings that disagree with the function, and stops', async () => {
    const { code, stderr } = await cli(['trial', '--secret', world.secretArn, '--yes'], {
      LOCKOUT_LIMIT: '7',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('LOCKOUT_LIMIT is 7 here and 5 in the function');
  });

  it('names the operator’s own region, credentials and network in errors', async () => {
    const ask = (env: Record<string, string | undefined>) =>
      cli(['status', '--secret', 'thingspace/fleet-api'], env);
    expect((await ask({ AWS_REGION: undefined })).stderr).toMatch(/^Error: No AWS region is known/);
    const nobody = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect((await ask(nobody)).stderr).toMatch(/^Error: No AWS credentials are found: log in/);
    const away = await cli(['status', '--secret', 'x', '--endpoint', 'http://127.0.0.1:9'], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: undefined,
    });
    expect(away.stderr).toMatch(/^Error: AWS cannot be reached from here .*ECONNREFUSED/);
  });

  it.each([
    [200, 'a page of success'],
    [403, 'a page that refuses'],
    [502, 'a page of a gateway'],
  ])('distinguishes a proxy that answers with %i and %s from AWS', async (status) => {
    const html = '<html><body>Please log in to the Wi-Fi</body></html>';
    const proxy = createServer((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(html),
    );
    const { url, close } = await listen(proxy);
    const { code, stderr } = await cli(['status', '--secret', 'x'], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    });
    await close();
    expect(code).toBe(4);
    expect(stderr).toContain('is not AWS: a proxy');
    expect(stderr).not.toContain('Wi-Fi');
  });

  it('makes no log-in attempt without the real limits', async () => {
    const away = { AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:9', LEDGER_TABLE: world.tableName };
    const before = world.platform.truth(world.username).logIns;
    const { code, stderr } = await cli(['trial', '--secret', world.secretArn, '--yes'], away);
    expect(code).toBe(1);
    expect(stderr).toContain('The limits of the rotation function are not known');
    expect(world.platform.truth(world.username).logIns).toBe(before);
  });
});
