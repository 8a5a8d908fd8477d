import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { bundleRotation } from '../infra/bundle.ts';
import { Message } from '../lambda/alarms/message.ts';
import { startWorld } from './world.ts';

/**
 * Plays the Python example through rotations, an expired session and a wrong password; exits 1 unless it keeps
 * the rules. Usage: node local/python-example.ts <path of a python that has boto3>
 */
const python = process.argv[2];
if (python === undefined) throw new Error('Give the path of python as the only argument.');
const directory = path.join(import.meta.dirname, '../examples/python');

await bundleRotation();
const world = await startWorld();
const env = {
  ...process.env,
  ...world.env,
  AWS_DEFAULT_REGION: world.aws.region,
  SECRET_ARN: world.secretArn,
};
const app = spawn(python, ['app.py'], { cwd: directory, env, stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: app.stdout })[Symbol.asyncIterator]();
const ended = once(app, 'exit');
let failed = 0;

async function expectNext(what: string, expected: RegExp): Promise<void> {
  app.stdin.write('\n');
  const answer = String((await answers.next()).value);
  say(what, expected.test(answer), answer);
}
async function store(username: string, password: string): Promise<void> {
  const SecretString = JSON.stringify({ username, password });
  await world.secretsManagerClient.send(
    new PutSecretValueCommand({ SecretId: world.secretArn, SecretString }),
  );
}
function say(what: string, held: boolean, seen: unknown): void {
  if (!held) failed += 1;
  console.log(`${held ? 'ok    ' : 'FAILED'}  ${what}${held ? '' : `: ${seen}`}`);
}

try {
  await expectNext('It logs in and works', /^done$/);
  await expectNext('It works again with the same session', /^done$/);
  for (const round of [1, 2]) {
    const { succeeded } = await world.conductor.rotate(world.secretArn);
    say(`Rotation ${round} is done`, succeeded, 'it failed');
    world.clock.advance(30 * 60_000);
    await expectNext('Its session expired: it logs in with the new password', /^done$/);
  }
  const { logIns, failures, password } = world.platform.truth(world.username);
  say('No log-in failed', failures === 0, failures);
  await store(`${world.username} `, password);
  world.clock.advance(30 * 60_000);
  await expectNext(
    'A username with a blank at its end gets no log-in',
    /^stopped: .* is a blank, and a username/,
  );
  await store(world.username, '\n      ');
  await expectNext('White space is not a password', /^stopped: The secret cannot be used/);
  say('No log-in was made', world.platform.truth(world.username).logIns === logIns, 'there was one');
  await store(world.username, 'Mistyped 1');
  world.clock.advance(30 * 60_000);
  await expectNext('A wrong password is refused, and it stops', /^stopped: ThingSpace refused/);
  await expectNext('The client does not try it again', /^stopped: Version .* refused before/);
  const after = world.platform.truth(world.username);
  say('The client made one log-in', after.failures === 1 && after.logIns === logIns + 1, after.failures);
  const announced = () =>
    world.aws.sns.published.filter(({ attributes }) => attributes.event?.value === 'failed-log-in');
  const messages = announced().map(({ message }) => JSON.parse(JSON.parse(message).default));
  say(
    'It has announced that itself, as docs/reference/alarm-schema.json has it',
    messages.length === 1 && v.is(Message, messages[0]),
    JSON.stringify(messages),
  );
  await store(world.username, password);
  await expectNext('A working password is stored: it logs in at once', /^done$/);
  // The ledger of the function reads what Python wrote.
  world.clock.advance(30 * 60_000);
  say(
    'The next rotation continues from there',
    (await world.conductor.rotate(world.secretArn)).succeeded,
    'it failed',
  );
  say('The failed log-in was announced once', announced().length === 1, announced().length);
  await expectNext('And the example too', /^done$/);
} finally {
  app.stdin.end();
  await ended;
  await world.close();
}
console.log(failed === 0 ? 'The Python example keeps the rules.' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
