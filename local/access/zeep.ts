import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { findRecords } from '../../cli/access-records.ts';
import { bundleAccess, bundleRotation } from '../../infra/bundle.ts';
import { endWith, say } from '../verdicts.ts';
import { startWorld } from '../world.ts';
import type { Principal } from './signature.ts';
import { CREDENTIAL, startAccess } from './start.ts';

/**
 * Plays the example with Python's zeep as users of different rights; exits 1 unless each gets what its rights say.
 * Usage: node local/access/zeep.ts <path of a python that has zeep and botocore>
 */
const python = process.argv[2];
if (python === undefined) throw new Error('Give the path of python as the only argument.');
const example = path.join(import.meta.dirname, '../../examples/python/access.py');

await Promise.all([bundleRotation(), bundleAccess()]);
const world = await startWorld();
const access = await startAccess(world);

async function play(principal: Principal, args: string[], env: Record<string, string> = {}): Promise<string> {
  const run = promisify(execFile)(python as string, [example, ...args], {
    env: {
      PATH: process.env.PATH,
      AWS_REGION: world.aws.region,
      AWS_ACCESS_KEY_ID: principal.accessKeyId,
      AWS_SECRET_ACCESS_KEY: principal.secretAccessKey,
      ACCESS_URL: access.url,
      CREDENTIAL,
      THINGSPACE_BASE_URL: world.env.THINGSPACE_BASE_URL,
      ...env,
    },
  });
  const { stdout, stderr } = await run.catch((failure: { stdout: string; stderr: string }) => failure);
  return `${stdout}${stderr}`.trim();
}

try {
  const { ann, vic, portal } = access.principals;
  const [device] = world.devices.devices;
  const iccid = device?.iccid ?? '';
  const list = await play(vic, ['list']);
  say('zeep lists the devices', list.split('\n').length === 3 && list.includes(iccid), list);
  const denied = await play(vic, ['change', iccid, 'by Vic']);
  say(
    'Without the right it raises the fault, with code and rule',
    /^fault \S*ThingSpaceAccess\.AccessDenied denied-by-default: /.test(denied),
    denied,
  );
  const changed = await play(ann, ['change', iccid, 'by Ann']);
  say(
    'With the right it changes one',
    /^accepted/.test(changed) && device?.customFields.CustomField1 === 'by Ann',
    changed,
  );
  const spoken = await play(portal, ['change', iccid, 'by Alice'], { ON_BEHALF_OF: 'alice@example.com' });
  say('A trusted app changes one for its user', /^accepted/.test(spoken), spoken);
  const forged = await play({ ...ann, secretAccessKey: 'guessed' }, ['list']);
  say('With a guessed key it gets nothing', /403/.test(forged) && !forged.includes(iccid), forged);
  const after = await play(vic, ['list']);
  say('The change is in the list', after.includes('CustomField1=by Alice'), after);
  const nowMs = Date.now();
  const { records } = await findRecords(access.reader, {
    devices: [iccid],
    sinceMs: nowMs - 3_600_000,
    untilMs: nowMs,
  });
  const told = records
    .map(({ user, caller, outcome }) => `${user ?? caller.split('/').at(-1)} ${outcome}`)
    .join(', ');
  say(
    'The audit names the users whose requests were denied and executed',
    told === 'vic denied, ann done, alice@example.com done',
    told,
  );
  const { failures } = world.platform.truth(world.username);
  say('No log-in failed', failures === 0, failures);
} finally {
  await access.close();
  await world.close();
}
endWith('A stock SOAP client works through the access function.');
