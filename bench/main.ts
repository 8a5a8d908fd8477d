import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cliBundle } from '../cli/bundle.ts';
import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import { seal } from '../lambda/sealing/seal-answer.ts';
import { measureAnswers } from './answers.ts';
import { makeBundles } from './bundles.ts';
import { measureFleets } from './fleet.ts';
import { measure } from './measure.ts';
import { compareRotations } from './rotation.ts';
import { firstInvocation, importOf, runOf, toToolsFirstCall } from './start-up.ts';
import { measureStatus } from './status.ts';

/**
 * Measures the costs in time, side by side in one run: `npm run bench`. Options: `-- --aws 15 --thingspace 150`
 * (milliseconds of each call), `--rotations 7`, and `--fleets` (the fleets of clients alone).
 */
const { values } = parseArgs({
  options: {
    aws: { type: 'string', default: '15' },
    thingspace: { type: 'string', default: '150' },
    rotations: { type: 'string', default: '7' },
    fleets: { type: 'boolean', default: false },
  },
});

const latency = { awsMs: Number(values.aws), thingSpaceMs: Number(values.thingspace) };
await measureFleets([1_000, 3_000], latency);
if (values.fleets) process.exit();

const bundles = await makeBundles();
for (const [what, kB] of Object.entries(bundles.kilobytes)) {
  console.log(`loaded at start by ${what}: ${kB.toFixed(0)} kB`);
}

const rotationEvent = { Step: 'createSecret', SecretId: 's', ClientRequestToken: 't' };
const accessEnv = {
  SERVICE_NAME: 's',
  ACCESS_TABLE: 't',
  LEDGER_TABLE: 't',
  SEALING_KEY_ID: 'k',
  ALARM_TOPIC_ARN: 'a',
  THINGSPACE_BASE_URL: 'not an address',
};
await measure(25, [
  ...runOf('an empty Node.js process', ['-e', '']),
  ...importOf('the rotation bundle (cold start)', bundles.rotation),
  ...importOf('… and what its first invocation loads', bundles.rotation, firstInvocation(rotationEvent)),
  ...importOf('the access bundle (cold start)', bundles.access),
  ...importOf('… and what its first request loads', bundles.deployedAccess, firstInvocation({}), accessEnv),
  ...runOf('the operator’s tool, --help', [cliBundle, '--help']),
  ...runOf('the operator’s tool to its first call to AWS', toToolsFirstCall.args, toToolsFirstCall.env),
]);

const key = { plaintext: randomBytes(32), wrapped: randomBytes(184) };
const about = { secretArn: 'arn', token: 'token', attempt: 'attempt', oldVersion: 'v1', oldHash: 'hash' };
const [small, large] = [{ body: randomBytes(700) }, { body: randomBytes(1024 * 1024) }];
await measureStatus(100, latency.awsMs, 5);

await measure(100, [
  {
    what: 'fingerprint of a password (scrypt)',
    work: () => hashPassword('u', randomBytes(8).toString('hex')),
  },
  { what: 'sealing an answer of 700 bytes', work: () => seal(small, key, about) },
  { what: 'sealing an answer of 1 MiB (in six parts)', work: () => seal(large, key, about) },
]);

measureAnswers();

await compareRotations(
  [
    { what: 'this product', handlerFile: bundles.rotation },
    { what: 'this product over REST', handlerFile: bundles.rotation, transport: 'rest' },
    { what: 'AWS’s rotation template, filled in', handlerFile: bundles.template },
  ],
  latency,
  Number(values.rotations),
);
