import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { cliBundle } from '../cli/bundle.ts';
import { startWorld, type World } from '../local/world.ts';
import { spread } from './measure.ts';

/** Prints how long `status` of many credentials takes, as a process: `node bench/status.ts [credentials] [ms a call]`. */
export async function measureStatus(credentials: number, awsMs: number, runs: number): Promise<void> {
  const world = await startWorld();
  try {
    await fill(world, credentials);
    const seconds: number[] = [];
    let calls = 0;
    for (let run = 0; run < runs; run += 1) {
      calls = 0;
      const half = async () => {
        await new Promise((resolve) => setTimeout(resolve, awsMs / 2));
      };
      world.gateway.decide = async (): Promise<'ok'> => {
        calls += 1;
        await half();
        return 'ok';
      };
      world.gateway.onAnswer = half;
      const startedAtMs = performance.now();
      const tool = spawn(process.execPath, [cliBundle, 'status', '--all'], { env: world.operatorEnv });
      let table = '';
      tool.stdout.on('data', (text) => {
        table += text;
      });
      await once(tool, 'close');
      seconds.push((performance.now() - startedAtMs) / 1_000);
      if (table.trim().split('\n').length !== credentials + 1) throw new Error(`No table: ${table}`);
    }
    const { fastest, median, slowest } = spread(seconds);
    const shown = [fastest, median, slowest].map((one) => one.toFixed(2)).join(', ');
    console.log(
      `\nstatus --all of ${credentials} credentials, ${awsMs} ms a call of AWS, ${calls} calls: ${shown} s (fastest, median, slowest of ${runs})`,
    );
  } finally {
    await world.close();
  }
}

/** Adds credentials that were never rotated; their secrets lead to the function. */
async function fill({ secretsManagerClient, aws, functionArn, secretArn }: World, credentials: number) {
  aws.secretsManager.onRotate = async () => undefined;
  const arns = [secretArn];
  for (let at = 1; at < credentials; at += 1) {
    const value = { username: `Fleet-${at}`, password: `Example ${at}` };
    const { ARN = '' } = await secretsManagerClient.send(
      new CreateSecretCommand({ Name: `thingspace/fleet-${at}`, SecretString: JSON.stringify(value) }),
    );
    arns.push(ARN);
  }
  for (const SecretId of arns) {
    const rotation = { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 90 } };
    await secretsManagerClient.send(
      new RotateSecretCommand({ SecretId, ...rotation, RotateImmediately: false }),
    );
  }
}

if (import.meta.main) {
  const [credentials = 100, awsMs = 15] = process.argv.slice(2).map(Number);
  await measureStatus(credentials, awsMs, 5);
}
