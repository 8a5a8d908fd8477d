import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleRotation } from '../../infra/bundle.ts';
import { startWorld, type World } from '../../local/world.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'template-'));
let world: World;

beforeAll(async () => {
  await bundleRotation(directory, 'bench/template.ts');
  world = await startWorld({ handlerFile: path.join(directory, 'index.mjs') });
}, 120_000);
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true });
});

test('rotates by the template of the bench with the calls of AWS’s own template', async () => {
  const before = world.gateway.calls.length;
  expect(await world.conductor.rotate(world.secretArn, { attempts: 1 })).toMatchObject({ succeeded: true });
  expect(world.storedPassword()).toBe(world.platform.truth(world.username).password);
  const calls = world.gateway.calls.slice(before).map(({ operation }) => operation);
  expect(calls.filter((operation) => operation !== 'RotateSecret')).toEqual([
    'DescribeSecret',
    'GetSecretValue',
    'GetSecretValue',
    'LogIn',
    'GetNewPassword',
    'PutSecretValue',
    'DescribeSecret',
    'DescribeSecret',
    'GetSecretValue',
    'LogIn',
    'LogOut',
    'DescribeSecret',
    'DescribeSecret',
    'UpdateSecretVersionStage',
  ]);
});
