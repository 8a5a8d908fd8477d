import type { Transport } from '../../lambda/thingspace/api.ts';
import { createConsole, type Extra } from '../console.ts';
import { runTool } from '../tool.ts';
import { startWorld, type World } from '../world.ts';
import { isRight, type Judgement, judge, observe, type Said } from './judge.ts';
import type { Situation } from './situation.ts';

export type Drill = {
  world: World;
  /** The newest message, as its receiver reads it. */
  message: string;
  /** The variables that the operator's shell needs, and no others. */
  variables: Readonly<Record<string, string>>;
  /** Answers a line that the person types. */
  type(line: string): Promise<string>;
  judgement(): Promise<Judgement>;
  close(): Promise<void>;
};

/** A world in this situation, for an operator with only the facts of 3 a.m. Function and tool must be built. */
export async function startDrill(
  situation: Situation,
  { seed = 1, transport = 'soap' }: { seed?: number; transport?: Transport | undefined } = {},
): Promise<Drill> {
  const world = await startWorld({ seed, transport, ...situation.world });
  await situation.arise(world);
  const variables = { ...world.operatorEnv, THINGSPACE_SECRET: world.secretArn };
  const observed = observe(world);
  const newest = world.aws.sns.published.at(-1);
  const message = newest?.byProtocol?.email ?? newest?.message ?? '';
  const named = /^docs\/runbook\.md#(.*)$/m.exec(message)?.[1];
  const section = `docs/runbook.md#${situation.section ?? named}`;
  const judgement = async () =>
    judge(situation, section, isRight(world), await askStatus(variables), observed());
  const { colleague } = situation;
  const extra: Extra = {
    ...(colleague && { colleague: { help: colleague.offers, does: () => colleague.does(world) } }),
    done: { help: 'judges whether it is solved', does: async () => (await judgement()).lines.join('\n') },
  };
  return {
    world,
    message,
    variables,
    // The console leaves out the simulator's truth: no operator can see it at 3 a.m.
    type: createConsole(world, { without: ['truth'], extra }),
    judgement,
    close: world.close,
  };
}

/** As the person would ask; a tool that fails is not well. */
async function askStatus(variables: Readonly<Record<string, string>>): Promise<Said> {
  const { stdout } = await runTool(variables, ['status', '--json']);
  try {
    const { verdict, next } = JSON.parse(stdout);
    return { wellness: verdict.wellness, finding: verdict.finding, waits: next[0]?.do === 'wait' };
  } catch {
    return { wellness: 'act', finding: 'status itself fails', waits: false };
  }
}
