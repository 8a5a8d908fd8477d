import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsSealer } from '../../lambda/sealing/data-key.ts';
import { seal } from '../../lambda/sealing/seal-answer.ts';
import { startWorld, type World } from '../../local/world.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

type Ended = { code: number; stdout: string; stderr: string };

function cli(args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
  const options = { env: { PATH: process.env.PATH, ...world.env, ...env } as NodeJS.ProcessEnv };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('The operator’s tool as a process', () => {
  it('makes a trial with nothing but the function’s environment, then shows a clean status', async () => {
    const trial = await cli(['trial', '--secret', world.secretArn, '--yes', '--as', 'ann']);
    expect(trial).toMatchObject({ code: 0, stderr: '' });
    expect(trial.stdout).toContain('It works');
    const status = await cli(['status', '--secret', world.secretArn, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ lockout: { exposure: 0 }, journal: { state: 'idle' } });
  });

  it('ends in one line on stderr and exit code 1, without a stack', async () => {
    const { code, stdout, stderr } = await cli(['open', '--secret', 'no-such-secret']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^Error: secretsmanager:DescribeSecret failed with ResourceNotFoundException.*\n$/,
    );
  });

  it('ends with exit code 2 when it is called wrongly', async () => {
    expect(await cli(['status'])).toMatchObject({
      code: 2,
      stderr: 'Error: Name the credential: --secret <name or ARN>, or --username <username>.\n',
    });
    expect((await cli(['status', '--nonsense'])).code).toBe(2);
    expect((await cli(['status', '--secret', 'x'], { LEDGER_TABLE: undefined })).stderr).toContain(
      'LEDGER_TABLE',
    );
    expect((await cli(['--help'])).code).toBe(0);
  });

  it('opens an answer from a file through KMS, and nothing under another encryption context', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const client = new KMSClient({
      region: world.aws.region,
      endpoint: world.env.AWS_ENDPOINT_URL_KMS ?? '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
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
      const opened = await cli(['open', '--file', right, '--out', out], { SEALING_KEY_ID: undefined });
      expect(opened).toMatchObject({ code: 0, stderr: '' });
      expect(opened.stdout).toContain('an answer of 34 bytes; this release can read no password in it');
      expect(opened.stdout).not.toContain('Planted');
      expect(readFileSync(out, 'utf8')).toBe('<Unforeseen>Planted 7</Unforeseen>');
    } finally {
      client.destroy();
      rmSync(folder, { recursive: true });
    }
  });

  it('says that an alarm is not published without a topic, and goes on', async () => {
    world.platform.support.reset(world.username, 'changed-by-somebody-9');
    const env = { ALARM_TOPIC_ARN: undefined };
    const { code, stderr } = await cli(['trial', '--secret', world.secretArn, '--yes'], env);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'The alarm "failed-log-in" is not published, because ALARM_TOPIC_ARN is not set',
    );
    expect(stderr).toContain('Error: Refused: ThingSpace refused the username or the password');
    expect(stderr).toContain('1 of 5 are counted now');
  });
});
