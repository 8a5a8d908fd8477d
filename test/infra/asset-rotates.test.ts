import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { bundleRotation } from '../../infra/bundle.ts';
import { parseConfig } from '../../infra/config.ts';
import { perCheck, perRotation } from '../../infra/costs.ts';
import { RotationStack } from '../../infra/stack.ts';
import { startWorld } from '../../local/world.ts';
import { readable, twoDepartments } from './synthesize.ts';

/** Synthesizes as `cdk synth` does: the asset's directory, which CDK zips, and the function's properties. */
async function deployed(directory: string) {
  const bundle = path.join(directory, 'bundle');
  await bundleRotation(bundle);
  const app = new App({
    outdir: path.join(directory, 'cdk.out'),
    builtinCloudFormationValidation: false,
  });
  const stack = new RotationStack(app, parseConfig(twoDepartments), { bundle });
  const assembly = app.synth();
  const { Resources } = assembly.getStackByName(stack.stackName).template;
  const [rotation] = Object.values<{ Type: string; Properties: Record<string, unknown> }>(Resources).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  const { Handler, Environment, Code } = readable(rotation?.Properties) as {
    Handler: string;
    Environment: { Variables: Record<string, string> };
    Code: { S3Key: string };
  };
  const asset = path.join(assembly.directory, `asset.${Code.S3Key.replace('.zip', '')}`);
  return { asset, handler: Handler, variables: Environment.Variables };
}

type Calls = Pick<typeof perRotation, 'secretCalls' | 'ledgerWrites' | 'ledgerReads' | 'mails'>;

function callsOf(calls: readonly { service: string; operation: string }[]): Calls {
  const count = (service: string, operation = '') =>
    calls.filter((call) => call.service === service && call.operation.includes(operation)).length;
  return {
    secretCalls: count('secretsmanager'),
    ledgerWrites: count('dynamodb', 'PutItem'),
    ledgerReads: count('dynamodb', 'GetItem'),
    mails: count('sns', 'Publish'),
  };
}

/** docs/costs.md is reckoned with these. */
function expectWithin(assumed: Calls, counted: Calls) {
  for (const [what, calls] of Object.entries(counted)) {
    expect(calls, what).toBeLessThanOrEqual(assumed[what as keyof Calls]);
  }
}

test('the synthesized asset rotates in the template’s environment, with the calls of its price', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'deployed-'));
  const { asset, handler, variables } = await deployed(directory);
  expect(handler).toBe('index.handler');
  const literals = Object.entries(variables).filter(
    ([name, value]) => !/\{[A-Z]/.test(value) && name !== 'THINGSPACE_BASE_URL',
  );
  const world = await startWorld({
    handlerFile: path.join(asset, 'index.mjs'),
    env: Object.fromEntries(literals),
  });
  try {
    // The resources that the template refers to exist in this world too; only ThingSpace's address differs.
    const resolved: Record<string, string> = {
      '{ServiceLedger}': world.tableName,
      '{ServiceAlarms}': world.aws.sns.topicArn,
      '{ServiceSealingKey.Arn}': world.aws.kms.keyArn,
    };
    const expected = Object.entries(variables).map(([name, value]) => [name, resolved[value] ?? value]);
    expect(world.env).toMatchObject({
      ...Object.fromEntries(expected),
      THINGSPACE_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/v2$/),
    });

    const before = world.storedPassword();
    const outcome = await world.conductor.rotate(world.secretArn);
    expect(outcome).toMatchObject({ succeeded: true, attempts: 1 });
    expect(world.storedPassword()).not.toBe(before);
    expectWithin(perRotation, callsOf(world.gateway.calls));

    const counted = world.gateway.calls.length;
    expect(await world.invoke({ Recover: world.secretArn })).toMatchObject({ ok: true });
    expectWithin(perCheck, callsOf(world.gateway.calls.slice(counted)));
  } finally {
    await world.close();
    await rm(directory, { recursive: true });
  }
});
