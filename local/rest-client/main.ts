import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Application } from '../thingspace/rest/bearers.ts';
import { startThingSpace } from '../thingspace/start.ts';
import { endWith, say } from '../verdicts.ts';

/**
 * Lets a client in another language, Python's requests, rotate a password over the simulator's REST API, through
 * refusals; exits 1 unless it meets what the published pages say. Usage: node local/rest-client/main.ts <python>
 */
const python = process.argv[2];
if (python === undefined) throw new Error('Give the path of python as the only argument.');

const ROUNDS = 12;
const SEED = 4;

async function play(given: object): Promise<Record<string, unknown>> {
  const client = spawn(python as string, [path.join(import.meta.dirname, 'client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(client, 'exit');
  client.stdin.end(JSON.stringify(given));
  const [printed] = await Promise.all([text(client.stdout), ended]);
  return JSON.parse(printed || '{}');
}

const EXPECTED: Record<string, RegExp> = {
  'wrong secret': /^40[01] invalid_client$/,
  'same bearer': /^true$/,
  'wrong bearer': /^401 900901$/,
  'no bearer': /^401 900902$/,
  'wrong password': /^400 \w+Service\.INPUT_INVALID\.Password\.Invalid$/,
  'wrong session': /^400 \w+Service\.INPUT_INVALID\.SessionToken\.Invalid$/,
  'old password': /^400 \w+Service\.INPUT_INVALID\.Password\.Invalid$/,
  'log-out': /^true$/,
  'log-out again': /^400 \w+Service\.INPUT_INVALID\.SessionToken\.Invalid$/,
};

const username = 'Fleet-API';
const thingSpace = await startThingSpace({
  clock: { nowMs: Date.now },
  users: [{ username, password: 'first Password & 1' }],
  seed: SEED,
});
try {
  const { apiKey, apiSecret } = thingSpace.rest.applications[0] as Application;
  const { rest, token } = thingSpace.addresses;
  const truth = () => thingSpace.platform.truth(username);
  let held = true;
  for (let round = 1; round <= ROUNDS && held; round++) {
    const given = { rest, token, apiKey, apiSecret, username, password: truth().password };
    const met = await play(given);
    const wrong = Object.entries(EXPECTED).filter(([what, expected]) => !expected.test(String(met[what])));
    held = wrong.length === 0 && met.newPassword === truth().password;
    say(`Round ${round}: each answer is the published one, and the password is exact`, held, met);
  }
  const { failures, worstConsecutiveFailures, getNewPasswords, locked } = truth();
  say('Two log-ins failed in each round, never two in a row', failures === 2 * ROUNDS, failures);
  say('Nothing was locked', !locked && worstConsecutiveFailures === 1, worstConsecutiveFailures);
  say('Each round made one password', getNewPasswords === ROUNDS, getNewPasswords);
} finally {
  await thingSpace.close();
}
endWith('An independent client speaks REST with the simulator.');
