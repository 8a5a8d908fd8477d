import type { StatusReport } from '../../cli/status-report.ts';
import type { Drill } from '../../local/drill/drill.ts';
import { type Ended, runTool } from '../../local/tool.ts';

const MAX_STEPS = 10;
/** The commands that ask before they act. */
const ASKING = ['store', 'trial', 'unlocked', 'adopt', 'recover', 'rotate', 'release'];

/** The tool in a shell that has the variables which the drill prints. */
export const tool = ({ variables }: Drill, args: readonly string[], input = ''): Promise<Ended> =>
  runTool(variables, args, input);

/** Does what `status` says, by the commands that it prints, until it says that all is well. Returns what was done. */
export async function followStatus(drill: Drill): Promise<string[]> {
  const done: string[] = [];
  const tried = new Map<string, number>();
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { verdict, next }: StatusReport = JSON.parse((await tool(drill, ['status', '--json'])).stdout);
    if (verdict.wellness === 'well') return done;
    const key = `${verdict.finding} ${next.map((one) => one.do).join()}`;
    const turn = tried.get(key) ?? 0;
    tried.set(key, turn + 1);
    const doing = next[Math.min(turn, next.length - 1)];
    done.push(`${verdict.finding}: ${doing?.do}`);
    if (doing?.do === 'wait') await drill.type(`forward ${minutesUntil(drill, doing.until)}`);
    else if (doing?.do === 'repair') {
      await drill.type('colleague');
      tried.clear();
    } else await runPrinted(drill, doing?.command ?? '');
  }
  return [...done, 'not well'];
}

export const minutesUntil = ({ world }: Drill, until = ''): number =>
  Math.ceil((Date.parse(until) - world.clock.nowMs()) / 60_000) + 1;

/** Types a printed command. Where it asks for a password, support is phoned. */
export async function runPrinted(drill: Drill, command: string): Promise<Ended> {
  const words = [...command.replace(/^(node \S+|npm run cli --) /, '').matchAll(/'([^']*)'|(\S+)/g)];
  const args = words.map(([, quoted, plain]) => quoted ?? plain ?? '');
  const asks = args[0] === 'store' && !args.includes('--from-sealed');
  const input = asks ? `${/reads: (.*)$/.exec(await drill.type('reset'))?.[1]}\n` : '';
  return tool(drill, [...args, ...(ASKING.includes(args[0] ?? '') ? ['--yes'] : [])], input);
}
