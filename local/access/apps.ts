import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SessionDocument } from '../../lambda/session/session-document.ts';
import { type Gone, PATIENCE_MS, workIn } from '../fleet/handed-out.ts';
import type { Principal } from './signature.ts';

/** An app in another language that gets the session from the access function, and sends its requests itself. */
export interface OtherApp {
  /** Makes one request. @throws Error with the app's own words when the request was not answered as it should be */
  work(): Promise<void>;
  close(): Promise<void>;
}

/** The access function, and the caller that a rule allows to get the session. */
export type Door = { url: string; credential: string; region: string; principal: Principal };

const EXAMPLES = path.join(import.meta.dirname, '../../examples');

/** The example in Python; `python` is the path of one that has requests and botocore. */
export const pythonApp = (python: string, door: Door): OtherApp =>
  lineApp(python, ['-B', path.join(EXAMPLES, 'python/app.py')], door);

/** The example in Java; it is compiled at each start. */
export const javaApp = (java: string, door: Door): OtherApp =>
  lineApp(java, ['-Xshare:auto', path.join(EXAMPLES, 'java/ThingSpaceSession.java')], door);

/** An app that makes a request for each line on its input, and says on a line how it ended. */
function lineApp(command: string, args: string[], door: Door): OtherApp {
  const { principal } = door;
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      ACCESS_URL: door.url,
      CREDENTIAL: door.credential,
      AWS_REGION: door.region,
      AWS_ACCESS_KEY_ID: principal.accessKeyId,
      AWS_SECRET_ACCESS_KEY: principal.secretAccessKey,
      ...(principal.sessionToken && { AWS_SESSION_TOKEN: principal.sessionToken }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // A write to a process that has ended: `lines` ends too, and says so.
  child.stdin.on('error', () => undefined);
  let last: Promise<unknown> = Promise.resolve();
  return {
    work() {
      // One line at a time: the answers have no number.
      const answer = last.then(async () => {
        child.stdin.write('\n');
        const { value = 'the app ended' } = await lines.next();
        if (value !== 'done') throw new Error(String(value));
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * A shell script with curl, as docs/apps.md has it: it asks for the session before each request. Its requests to
 * ThingSpace are sent from this process.
 */
export function curlApp(door: Door): OtherApp {
  async function session(): Promise<SessionDocument> {
    for (const startedAtMs = performance.now(); ; ) {
      const { status, retryAfter, body } = await curl(door, '');
      if (status === 200) return JSON.parse(body);
      // AWS answers 502 for a process that died, without the header.
      const waitMs = Number(retryAfter ?? (status === 502 ? 1 : undefined)) * 1_000;
      if (!(performance.now() + waitMs - startedAtMs < PATIENCE_MS))
        throw new Error(`HTTP ${status}: ${body}`);
      await sleep(waitMs);
    }
  }

  const gone = (report: Gone) => curl(door, '/gone', '--json', JSON.stringify(report));
  return { work: () => workIn({ session, gone }), close: async () => undefined };
}

/** The lines of docs/apps.md: the credentials come on stdin, because each user of a machine sees its arguments. */
export async function curl(
  { url, credential, region, principal }: Door,
  suffix: string,
  ...more: string[]
): Promise<{ status: number; retryAfter: string | undefined; body: string }> {
  const { accessKeyId, secretAccessKey, sessionToken } = principal;
  const running = promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--write-out', '\\n%{http_code} %header{retry-after}'],
    ...['--aws-sigv4', `aws:amz:${region}:lambda`, '-K', '-', ...more],
    `${url}/${credential}/session${suffix}`,
  ]);
  const temporary = sessionToken === undefined ? '' : `header = "x-amz-security-token: ${sessionToken}"\n`;
  running.child.stdin?.end(`user = "${accessKeyId}:${secretAccessKey}"\n${temporary}`);
  const { stdout } = await running;
  const [, body = '', status, retryAfter] = /^(.*)\n(\d+) (\d*)$/s.exec(stdout) ?? [];
  return { status: Number(status), retryAfter: retryAfter || undefined, body };
}
