import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliBundle } from '../../../cli/bundle.ts';
import type { World } from '../../../local/world.ts';

/** The parts of a command line before the tool's own arguments, and its input. */
type Typed = {
  /** The command before the pipe as it is shown, and the text that comes through the pipe. */
  from?: { shown: string; input: string };
  /** Environment beside AWS's own. */
  env?: Record<string, string>;
  /** Only the first lines, by `| head`. */
  head?: number;
};

const COLUMNS = '100';
/** The built tool answers as `npm run cli` would. */
const OPERATOR_TOOL = 'npm run cli --';

/** A shell beside a world: runs the tool as a process and records the text that an operator would see. */
export function startShell(world: World) {
  const folder = mkdtempSync(join(tmpdir(), 'transcript-'));
  const lines: string[] = [];

  async function run(args: readonly string[], { from, env = {}, head }: Typed = {}): Promise<void> {
    const file = join(folder, '.screen');
    const screen = openSync(file, 'w');
    const child = spawn(process.execPath, [cliBundle, ...args], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        COLUMNS,
        OPERATOR_TOOL,
        ...world.operatorEnv,
        ...env,
      } as NodeJS.ProcessEnv,
      stdio: ['pipe', screen, screen],
    });
    child.stdin?.end(from?.input ?? '');
    const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? 1)));
    closeSync(screen);
    const shown = firstPhase(readFileSync(file, 'utf8').trimEnd()).split('\n').slice(0, head);
    const set = Object.entries(env).map(([name, value]) => `${name}=${value} `);
    const before = from ? `${from.shown} | ` : '';
    const after = head === undefined ? '' : ` | head -${head}`;
    lines.push(`$ ${before}${set.join('')}npm run cli -- ${args.map(quoted).join(' ')}${after}`, ...shown);
    if (head === undefined && code !== 0) lines.push(`[exit code ${code}]`);
    lines.push('');
  }

  return {
    run,
    /** Returns the text that was written since the last call. */
    written: () => normal(lines.splice(0).join('\n').trimEnd(), world),
    close: () => rmSync(folder, { recursive: true }),
  };
}

/** How many phases a watcher sees depends on the machine: the first stands for all. */
const firstPhase = (text: string): string => text.replace(PHASES, '$1\n…');
const PHASES = /^(\S+Z {2}The .*)(?:\n\S+Z {2}The .*)*$/m;

const quoted = (word: string): string => (/^[\w./:@-]+$/.test(word) ? word : `'${word}'`);

const DAY_MS = 24 * 60 * 60_000;
const NOW = '2026-01-05T03:10:00.000Z';
const NEXT = '2026-04-05T03:10:00.000Z';

/** Times, identifiers and ports are others in every run; each keeps its length, so that columns stay. */
function normal(text: string, world: World): string {
  const ids = new Map<string, string>();
  const far = (time: string) => Date.parse(time) > world.clock.nowMs() + 30 * DAY_MS;
  return text
    .replaceAll(/\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{3})?(?=Z))?/g, (time) =>
      (far(time) ? NEXT : NOW).slice(0, time.length),
    )
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => {
      const known = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
      ids.set(id, known);
      return known;
    })
    .replaceAll(world.secretArn, `${world.secretArn.slice(0, -6)}AbCdEf`)
    .replaceAll(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:50000')
    .replaceAll(/revision \d+/g, 'revision 12');
}
