import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeAddress } from '../../cli/agent/address-file.ts';
import { readCredentials } from '../../cli/agent/credentials.ts';
import { firstSignal } from '../../cli/agent/first-signal.ts';
import { refusalOf } from '../../cli/agent/guard.ts';
import { agentLog, wordsOf } from '../../cli/agent/log.ts';
import { routeOf } from '../../cli/agent/route.ts';
import { readAgentSettings } from '../../cli/agent/settings.ts';
import { readToken } from '../../cli/agent/token-file.ts';
import { UsageError } from '../../cli/errors.ts';

const TOKEN = 'a-token-of-an-agent-for-these-tests-1';

describe('the guard of the agent', () => {
  const good = { host: '127.0.0.1:4000', 'x-thingspace-agent-token': TOKEN };

  test.each(['127.0.0.1:4000', '127.0.0.1', 'localhost:4000', 'LOCALHOST', '[::1]:4000'])(
    'answers a program that calls this machine as %s',
    (host) => {
      expect(refusalOf({ ...good, host }, TOKEN)).toBeUndefined();
    },
  );

  test.each([
    undefined,
    '',
    'attacker.example',
    'attacker.example:4000',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    'attacker.example/127.0.0.1',
    '127.0.0.1:4000@attacker.example',
    '0.0.0.0:4000',
    '169.254.169.254',
  ])('refuses the name %s, by which a web page may reach this machine', (host) => {
    expect(refusalOf({ ...good, host }, TOKEN)).toMatchObject({ statusCode: 403, code: 'WrongHost' });
  });

  test.each(['x-forwarded-for', 'forwarded'])('refuses a request that a proxy hands on: %s', (header) => {
    expect(refusalOf({ ...good, [header]: '' }, TOKEN)).toMatchObject({
      statusCode: 403,
      code: 'ForwardedRequest',
    });
  });

  test.each([undefined, '', TOKEN.slice(1), `${TOKEN}1`, TOKEN.toUpperCase(), `${TOKEN}, ${TOKEN}`])(
    'refuses the token %s',
    (sent) => {
      const refusal = refusalOf({ ...good, 'x-thingspace-agent-token': sent }, TOKEN);
      expect(refusal).toMatchObject({ statusCode: 403, code: 'WrongToken' });
      expect(JSON.stringify(refusal)).not.toContain(TOKEN);
    },
  );
});

describe('the addresses of the agent', () => {
  test('lead to a credential’s session, and to the report that it is gone', () => {
    expect(routeOf('GET', '/fleet/session', ['fleet', 'eu'])).toEqual({
      credential: 'fleet',
      asks: 'session',
    });
    expect(routeOf('POST', '/eu/session/gone', ['fleet', 'eu'])).toEqual({ credential: 'eu', asks: 'gone' });
  });

  test('need no name where there is one credential', () => {
    expect(routeOf('GET', '/session', ['fleet'])).toEqual({ credential: 'fleet', asks: 'session' });
    expect(routeOf('POST', '/session/gone', ['fleet'])).toEqual({ credential: 'fleet', asks: 'gone' });
    expect(routeOf('GET', '/session', ['fleet', 'eu'])).toMatchObject({ statusCode: 404 });
  });

  test.each([
    '/',
    '/eu/session',
    '/toString/session',
    '/fleet/session/',
    '/fleet/session?x=1',
    '//fleet/session',
    '/fleet/session/gone/now',
    'http://attacker.example/fleet/session',
    undefined,
  ])('are no others: %s', (url) => {
    expect(routeOf('GET', url, ['fleet'])).toMatchObject({ statusCode: 404, code: 'NotFound' });
  });

  test.each([
    ['HEAD', '/session', 'GET'],
    ['POST', '/session', 'GET'],
    ['OPTIONS', '/session', 'GET'],
    ['GET', '/session/gone', 'POST'],
    ['PUT', '/session/gone', 'POST'],
  ])('take no %s at %s', (method, url, allow) => {
    expect(routeOf(method, url, ['fleet'])).toMatchObject({ statusCode: 405, allow });
  });
});

describe('the credentials of the agent', () => {
  const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:thingspace/fleet-api-AbC123';

  test('are named by the last part of the secret’s name, or by a name of their own', () => {
    expect(readCredentials(['thingspace/fleet', ARN, `eu=${ARN}`])).toEqual([
      { name: 'fleet', secretId: 'thingspace/fleet' },
      { name: 'fleet-api', secretId: ARN },
      { name: 'eu', secretId: ARN },
    ]);
  });

  test.each([
    [[], /^Name the credential: --secret/],
    [['a/fleet', 'b/fleet'], /Two credentials would have the address \/fleet\/session/],
    [['thingspace/fleet.api'], /gives no name for the address/],
    [['thingspace/'], /gives no name for the address/],
  ])('are refused where one has no address of its own: %s', (given, message) => {
    expect(() => readCredentials(given)).toThrow(message);
    expect(() => readCredentials(given)).toThrow(UsageError);
  });
});

describe('the settings of the agent', () => {
  const env = {
    LEDGER_TABLE: 'ledger',
    SEALING_KEY_ID: 'arn:aws:kms:us-east-1:123456789012:key/1',
    ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:alarms',
    LOCKOUT_BUDGET: '2',
    ROTATION_BUDGET: '1',
  };

  test('are those of the function, from the environment', () => {
    expect(readAgentSettings({ ...env, THINGSPACE_TRANSPORT: 'rest' }, false)).toEqual({
      thingSpace: expect.objectContaining({ transport: 'rest' }),
      ledger: {
        table: env.LEDGER_TABLE,
        sealingKeyId: env.SEALING_KEY_ID,
        alarmTopicArn: env.ALARM_TOPIC_ARN,
        lockoutLimit: 5,
        lockoutBudget: 2,
      },
    });
  });

  test('take the proxy, with a ledger and without', () => {
    const given = { THINGSPACE_PROXY_URL: 'http://proxy.example:3128', THINGSPACE_PROXY_SECRET: 'proxy' };
    const proxy = { url: 'http://proxy.example:3128', secretId: 'proxy' };
    expect(readAgentSettings({ ...env, ...given }, false)).toMatchObject({ proxy });
    expect(readAgentSettings(given, true)).toMatchObject({ proxy });
  });

  test('leave out the ledger only where an operator says so', () => {
    expect(() => readAgentSettings({}, false)).toThrow(
      /^The agent’s environment .*LEDGER_TABLE .*--without-ledger/,
    );
    expect(readAgentSettings({}, true)).toMatchObject({ ledger: undefined });
    expect(() => readAgentSettings(env, true)).toThrow(/^LEDGER_TABLE is set/);
  });

  test('name what is missing beside a ledger', () => {
    expect(() => readAgentSettings({ ...env, SEALING_KEY_ID: '' }, false)).toThrow(
      /^The agent’s environment cannot be used: SEALING_KEY_ID must be the ARN[^.]*\.$/,
    );
  });
});

describe('the files of the agent', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-'));
    file = join(folder, 'file');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('hold a new token for the owner alone, and no longer exist at the end', () => {
    const { token, remove } = readToken(file);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(file, 'utf8')).toBe(`${token}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    remove();
    expect(existsSync(file)).toBe(false);
  });

  test('keep the token of another agent that has started since', () => {
    const { remove } = readToken(file);
    rmSync(file);
    const { token } = readToken(file);
    remove();
    expect(readFileSync(file, 'utf8')).toBe(`${token}\n`);
  });

  test.each([0o600, 0o400, 0o640])('hold a given token, which stays (mode %i)', (mode) => {
    writeFileSync(file, `${TOKEN}\n`);
    chmodSync(file, mode);
    const { token, remove } = readToken(file);
    expect(token).toBe(TOKEN);
    remove();
    expect(existsSync(file)).toBe(true);
  });

  test.each([0o644, 0o660, 0o601, 0o620])(
    'hold no token that others can read or change (mode %i)',
    (mode) => {
      writeFileSync(file, TOKEN);
      chmodSync(file, mode);
      expect(() => readToken(file)).toThrow(/is open to other users .*chmod 600/);
    },
  );

  // Only root may give a file away.
  test.runIf(process.getuid?.() === 0)('hold no token of another user', () => {
    writeFileSync(file, TOKEN, { mode: 0o600 });
    chownSync(file, 12_345, 12_345);
    expect(() => readToken(file)).toThrow(/belongs to another user \(12345\), who knows the token\. Run/);
  });

  test.each(['', 'short', `${TOKEN} ${TOKEN}`, 'ü'.repeat(40), 'x'.repeat(257)])(
    'hold no token that can be guessed or not sent: %s',
    (text) => {
      writeFileSync(file, text, { mode: 0o600 });
      expect(() => readToken(file)).toThrow(/does not hold a token: 32 to 256/);
    },
  );

  test('are named where they cannot be read or written', () => {
    expect(() => readToken(folder)).toThrow(/^The token file .* cannot be read \(EISDIR\)\. Name a file/);
    expect(() => readToken(join(folder, 'no', 'token'))).toThrow(/cannot be written \(ENOENT\)/);
    expect(() => writeAddress(join(folder, 'no', 'address'), 'http://127.0.0.1:1')).toThrow(
      /^The address file .* cannot be written \(ENOENT\)\. Name a file in a directory that exists/,
    );
  });

  test('hold the whole address, instead of one that a dead agent has left', () => {
    writeFileSync(file, 'http://127.0.0.1:1\n');
    const remove = writeAddress(file, 'http://127.0.0.1:40123');
    expect(readFileSync(file, 'utf8')).toBe('http://127.0.0.1:40123\n');
    expect(readdirSync(folder)).toEqual(['file']);
    remove();
    expect(existsSync(file)).toBe(false);
    remove();
  });

  test('keep the address of another agent that has started since', () => {
    const remove = writeAddress(file, 'http://127.0.0.1:40123');
    writeAddress(file, 'http://127.0.0.1:40124');
    remove();
    expect(readFileSync(file, 'utf8')).toBe('http://127.0.0.1:40124\n');
  });
});

test.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGHUP'],
])('the agent stops at %s, and a %s after it ends the process', async (first, second) => {
  const emitter = new EventEmitter();
  const stopped = firstSignal(emitter);
  emitter.emit(first, first);
  expect(await stopped).toBe(first);
  expect(emitter.emit(second, second)).toBe(false);
});

describe('the lines with curl in docs/apps.md', () => {
  const blocks = [...readFileSync('docs/apps.md', 'utf8').matchAll(/```sh\n(.*?)```/gs)]
    .map(([, lines = '']) => lines)
    .filter((lines) => /^\s*curl |\| curl /m.test(lines));

  test.each(blocks)(
    'show no token and no key to other users, who see the arguments of a program: %s',
    (lines) => {
      const folder = mkdtempSync(join(tmpdir(), 'agent-'));
      const secrets = {
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'planted-key',
        AWS_SESSION_TOKEN: 'planted-token',
      };
      writeFileSync(join(folder, 'token'), TOKEN);
      writeFileSync(join(folder, 'address'), 'http://127.0.0.1:9');
      writeFileSync(join(folder, 'curl'), '#!/bin/sh\necho "$@"\ncat >&2\n', { mode: 0o755 });
      const env = {
        ...secrets,
        PATH: `${folder}:${process.env.PATH}`,
        AWS_REGION: 'r',
        ACCESS_URL: 'https://x/',
      };
      const shell = spawnSync('sh', ['-c', lines.replaceAll('/run/thingspace-agent', folder)], { env });
      rmSync(folder, { recursive: true });
      const [seen, sent] = [String(shell.stdout), String(shell.stderr)];
      expect(seen).toContain('fleet/session');
      const planted = [TOKEN, 'planted-key', 'planted-token'];
      expect(planted.filter((secret) => sent.includes(secret))).not.toEqual([]);
      expect(planted.filter((secret) => seen.includes(secret))).toEqual([]);
    },
  );

  test('are two', () => {
    expect(blocks).toHaveLength(2);
  });
});

describe('the log of the agent', () => {
  function setUp(asJson = false) {
    const lines: string[] = [];
    const clock = { nowMs: Date.UTC(2026, 10, 30) };
    return {
      lines,
      clock,
      log: agentLog(
        (line) => lines.push(line),
        () => clock.nowMs,
        asJson,
      ),
    };
  }

  test('has a line for each event', () => {
    const { lines, log } = setUp();
    log.say('gone', wordsOf({ kind: 'gone', generation: 7 }), 'fleet');
    log.say('stopped', 'one\n  two');
    expect(lines).toEqual([
      '2026-11-30T00:00:00.000Z fleet: session 7 is gone; the next request gets another one',
      '2026-11-30T00:00:00.000Z one two',
    ]);
  });

  test('has objects with --json', () => {
    const { lines, log } = setUp(true);
    log.say('gone', 'is gone', 'fleet');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: '2026-11-30T00:00:00.000Z', event: 'gone', credential: 'fleet', message: 'is gone' },
    ]);
  });

  test('is not filled by requests that are refused', () => {
    const { lines, log, clock } = setUp();
    for (let at = 0; at < 1_000; at += 1) log.sayOften('WrongToken', 'refused');
    log.sayOften('WrongHost', 'refused');
    expect(lines).toHaveLength(2);
    clock.nowMs += 60_000;
    log.sayOften('WrongToken', 'refused');
    expect(lines.at(-1)).toMatch(/ refused \(999 more since the last such line\)$/);
  });

  test.each([
    [
      { kind: 'logged-in', generation: 7, versionId: 'v-1', tookMs: 812.4 } as const,
      'logged in to ThingSpace with version v-1 of the secret; session 7 (812 ms)',
    ],
    [{ kind: 'joined', generation: 7 } as const, 'took session 7, which the fleet shares'],
    [
      { kind: 'waiting', why: 'exchange', retryAt: Date.UTC(2026, 10, 30) } as const,
      'waits for a session (exchange, until 2026-11-30T00:00:00.000Z at most)',
    ],
    [{ kind: 'waiting', why: 'others', retryAt: undefined } as const, 'waits for a session (others)'],
    [
      { kind: 'stopped', why: 'refused', versionId: 'v-1', message: 'Store another.' } as const,
      'no session (refused): Store another.',
    ],
    [{ kind: 'warning', message: 'The last use …' } as const, 'The last use …'],
  ])('says %o', (event, words) => {
    expect(wordsOf(event)).toBe(words);
  });
});
