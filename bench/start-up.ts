import { spawnSync } from 'node:child_process';
import { cliBundle } from '../cli/bundle.ts';
import type { Row } from './measure.ts';

/** Rows that start a process of Node.js. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * Loads a module as Lambda does, with the options that the stack sets. CPU time (user and system) is what other
 * work on the machine stretches least.
 * @param then what is done with the loaded module
 */
export function importOf(what: string, file: string, then = '', env: Record<string, string> = {}): Row[] {
  const source = `const cpu = process.cpuUsage(), startedAt = performance.now();
    await import(${JSON.stringify(file)})${then};
    const { user, system } = process.cpuUsage(cpu);
    process.getBuiltinModule('node:fs').writeSync(2, JSON.stringify([(user + system) / 1000, performance.now() - startedAt]));
    process.exit();`;
  const options = {
    env: { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: NOWHERE, ...env },
    encoding: 'utf8',
  } as const;
  let last: number[] = [];
  return [
    {
      what: `loading ${what}: CPU time`,
      work: () => {
        const args = ['--enable-source-maps', '--input-type=module', '-e', source];
        last = JSON.parse(spawnSync(process.execPath, args, options).stderr.split('\n').at(-1) ?? '');
        return last[0];
      },
    },
    { what: '  … by the clock', work: () => last[1] },
  ];
}

/** Invokes a loaded bundle once, so that it loads everything. The bundle stops at settings that it rejects. */
export const firstInvocation = (event: object): string =>
  `.then(({ handler }) => handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 60_000 })).catch(() => undefined)`;

/** Says on stderr, as the last line, what the process has cost since it began. */
const SAYS_COST = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.getBuiltinModule('node:fs').writeSync(2, '\\n' + JSON.stringify([(user + system) / 1000, performance.now()]));
})`;

/** Runs Node.js with these arguments to its end. */
export function runOf(what: string, args: string[], env: Record<string, string> = {}): Row[] {
  let last: number[] = [];
  return [
    {
      what: `${what}: CPU time`,
      work: () => {
        const { stderr } = spawnSync(process.execPath, ['--import', SAYS_COST, ...args], {
          env,
          encoding: 'utf8',
        });
        last = JSON.parse(stderr.split('\n').at(-1) ?? '');
        return last[0];
      },
    },
    { what: '  … by the clock', work: () => last[1] },
  ];
}

/** Runs the tool up to its first call to AWS. No service listens there, so the tool ends with one sentence. */
export const toToolsFirstCall = {
  args: [cliBundle, 'status', '--secret', 'x', '--endpoint', NOWHERE],
  env: { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_MAX_ATTEMPTS: '1' },
};
