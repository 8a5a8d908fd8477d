import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createRestApi } from '../../lambda/thingspace/rest/api.ts';

/**
 * Lets the product's REST calls log in, change the password, and log out against a server in another language, Python's
 * http.server; exits 1 unless all is as it must be. Usage: node local/rest-server/main.ts <python>
 */
const python = process.argv[2];
if (python === undefined) throw new Error('Give the path of python as the only argument.');

const ROUNDS = 12;
const LIMITS = { timeoutMs: 10_000 };
const username = 'Fleet-API';
const key = { apiKey: 'ExampleKey28', apiSecret: 'a:b+/%41&c=é' };
let failed = 0;

function say(what: string, held: boolean, seen: unknown = undefined): void {
  if (!held) failed += 1;
  console.log(`${held ? 'ok    ' : 'FAILED'}  ${what}${held ? '' : `: ${JSON.stringify(seen)}`}`);
}

const server = spawn(python, ['-B', path.join(import.meta.dirname, 'server.py')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const printed = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const ask = async (line: string): Promise<Record<string, unknown>> => {
  server.stdin.write(`${line}\n`);
  const { value, done } = await printed.next();
  if (done) throw new Error('The server in Python has ended: see its message above.');
  return JSON.parse(value);
};

async function play(port: unknown): Promise<void> {
  const origin = `http://127.0.0.1:${port}`;
  const api = createRestApi({
    baseUrl: `${origin}/api/m2m/v1`,
    tokenUrl: `${origin}/api/ts/v1/oauth2/token`,
  });
  let password = 'first Password & 1';
  for (let round = 1; round <= ROUNDS && failed === 0; round += 1) {
    const wrong = await api.logIn({ username, password: `${password}!`, ...key }, LIMITS);
    const session = await api.logIn({ username, password, ...key }, LIMITS);
    const token = session.outcome === 'done' ? session.value : '';
    const answer = await api.getNewPassword({ token, ...key }, password, LIMITS);
    const read = answer.outcome === 'answered' ? api.readNewPassword(answer) : answer;
    const left = await api.logOut({ token, ...key }, LIMITS);
    const truth = await ask('truth');
    const isExact = read.outcome === 'done' && read.value === truth.password;
    const outcomes = [wrong, session, read, left].map(({ outcome }) => outcome);
    const held = isExact && outcomes.join() === 'refused,done,done,done';
    say(`Round ${round}: each outcome is the right one, and the password is exact`, held, outcomes);
    if (read.outcome === 'done') password = read.value;
    // Another program has revoked it: the next log-in is refused for its bearer, and goes once more over another.
    if (round % 4 === 0) await ask('end the bearer');
  }
  const { resets, logIns, logOuts, refused, bearers, sessions } = await ask('truth');
  const counts = [resets, logIns, logOuts, refused].join();
  say(
    'Each round made one log-in, one password and one log-out',
    counts === Array(4).fill(ROUNDS).join(),
    counts,
  );
  say('No session was left', sessions === 0, sessions);
  say('One bearer did until it was refused, and another followed', bearers === 3, bearers);
}

try {
  server.stdin.write(`${JSON.stringify({ username, password: 'first Password & 1', ...key })}\n`);
  await play((await printed.next()).value);
} finally {
  const ended = once(server, 'exit');
  server.stdin.end();
  await ended;
}
console.log(failed === 0 ? 'An independent server understands the REST calls.' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
