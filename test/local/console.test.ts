import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientAt } from '../../local/aws/client.ts';
import { createConsole } from '../../local/console.ts';
import { runTool } from '../../local/tool.ts';
import { startWorld, type World } from '../../local/world.ts';
import { built } from '../built.ts';

let world: World;
let type: (line: string) => Promise<string>;
beforeAll(async () => {
  await built('rotation', 'cli');
  world = await startWorld();
  type = createConsole(world);
  await world.conductor.rotate(world.secretArn);
});
afterAll(() => world.close());

/** The tool with what `--keep` prints. */
const cli = (args: string[], input?: string) => runTool(world.operatorEnv, args, input);

describe('The console of npm start -- --keep', () => {
  it('has an inbox, shows a mail as its receiver reads it, and rejects unknown commands', async () => {
    expect(await type('inbox')).toMatch(/^1 {2}\d{4}-.*rotated/);
    expect(await type('mail 1')).toContain('Fleet-API');
    expect(await type('mail 99')).toContain('no such message');
    expect(await type('dance')).toContain('There is no "dance"');
    expect(await type('')).toBe('');
  });

  it('lets time pass, and reports the lead of its clock', async () => {
    expect(await type('forward 25')).toContain('25 minutes ahead');
  });

  it('is answered by Lambda’s own Invoke, errors included', async () => {
    const client = new LambdaClient(clientAt(world.operatorEnv.AWS_ENDPOINT_URL_LAMBDA));
    const invoke = (payload: object) =>
      client.send(
        new InvokeCommand({ FunctionName: world.functionArn, Payload: Buffer.from(JSON.stringify(payload)) }),
      );
    expect((await invoke({ Recover: world.secretArn })).FunctionError).toBeUndefined();
    const wrong = await invoke({ Nonsense: 1 });
    expect(wrong.FunctionError).toBe('Unhandled');
    expect(Buffer.from(wrong.Payload ?? []).toString()).toContain('InvalidEventError');
    client.destroy();
  });

  it('lets an operator resolve a reset by support with the tool alone', async () => {
    await type('reset Reset-By-Support-1');
    expect(await type('truth')).toContain('AWSCURRENT does NOT work');
    const secret = ['--secret', 'thingspace/fleet-api'];
    const stored = await cli(['store', ...secret, '--yes', '--trial'], 'Reset-By-Support-1\n');
    expect(stored).toMatchObject({ code: 0, stderr: '' });
    expect(stored.stdout).toContain('It works');
    expect(stored.stdout).not.toContain('Reset-By-Support-1');
    const rotated = await cli(['rotate', ...secret, '--yes']);
    expect(rotated.stdout).toContain('Rotated: the new password is AWSCURRENT and was tested.');
    expect(rotated.code).toBe(0);
    expect((await cli(['recover', ...secret, '--yes'])).code).toBe(0);
    expect(await type('check')).toBe('The check ended well.');
    expect((await cli(['status', ...secret])).stdout).toMatch(/^OK: all is well/);
    const { stdout } = await cli(['audit', ...secret]);
    expect(stdout).toMatch(/trial +success/);
    expect(await type('truth')).toContain('AWSCURRENT works');
  });

  it('passes the doctor, except its short timeout', async () => {
    await cli(['test-alarm', '--secret', world.secretArn, '--yes']);
    const [direct, throughCloudWatch] = world.aws.sns.published.slice(-2);
    expect(direct?.subject).toContain('TEST');
    expect(throughCloudWatch?.message).toContain('TEST');
    expect(world.aws.cloudwatch.alarms.map(({ StateValue }) => StateValue)).toEqual(['OK', 'OK']);
    const { stdout } = await cli(['doctor', '--secret', world.secretArn]);
    const wrong = stdout.split('\n').filter((line) => line.startsWith('NOT'));
    expect(wrong.filter((line) => !/^NOT {2}function: .* s: hanging up/.test(line))).toEqual([]);
  });
});
