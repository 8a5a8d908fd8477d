import { type Conductor, createConductor } from '../conductor/rotate.ts';
import type { Call } from '../gateway/call.ts';
import { BUNDLE, startWorld, type World } from '../world.ts';
import { marker } from './marker.ts';
import { createSandbox } from './sandbox.ts';

/** A world for some histories, one after the other, and what an observer sees of it. */
export interface Stage {
  readonly world: World;
  /** Rotates by a warm function, which dies by SIGKILL where the gateway says so. */
  readonly conductor: Conductor;
  /** Remote calls that the function made, in order; nobody else's. */
  readonly functionCalls: readonly Call[];
  /** Whether it is the function that calls now. */
  functionRuns(): boolean;
  /** Everything that the function wrote or answered. */
  readonly written: readonly string[];
  /** Passwords and session tokens that there have been, in the order of their making. */
  readonly secrets: readonly string[];
  /** A new password that leaks are searched for. */
  plant(): string;
  close(): Promise<void>;
}

export type StageOptions = {
  /** @default dist/rotation/index.mjs */
  handlerFile?: string;
  /** Of one invocation; the function begins no exchange with less than 14 seconds left. @default 20_000 */
  timeoutMs?: number;
};

export async function setStage({ handlerFile = BUNDLE, timeoutMs = 20_000 }: StageOptions): Promise<Stage> {
  const secrets: string[] = [];
  const plant = () => {
    const password = marker();
    secrets.push(password);
    return password;
  };
  const world = await startWorld({ password: plant(), platform: { nextPassword: plant } });
  const { clock, aws, gateway, platform, logGroupName, env } = world;
  const written: string[] = [];
  const functionCalls: Call[] = [];

  const sandbox = createSandbox({
    handlerFile,
    env,
    timeoutMs,
    onLine: (line) => {
      written.push(line);
      aws.logs.append(logGroupName, line, clock.nowMs());
    },
  });
  gateway.onKill = () => sandbox.kill();
  gateway.subscribe((call, phase) => {
    if (phase === 'start' && sandbox.busy) functionCalls.push(call);
  });
  const conductor = createConductor({
    clock,
    client: world.secretsManagerClient,
    secretsManager: aws.secretsManager,
    functionArn: `arn:aws:lambda:${aws.region}:${aws.accountId}:function:${env.AWS_LAMBDA_FUNCTION_NAME}`,
    invoke: async (event) => {
      const result = await sandbox.invoke(event);
      written.push(JSON.stringify(result));
      return result;
    },
  });

  const { logIn } = platform;
  platform.logIn = (...presented) => {
    const verdict = logIn(...presented);
    if (verdict.ok) secrets.push(verdict.value);
    return verdict;
  };

  return {
    world,
    conductor,
    functionCalls,
    functionRuns: () => sandbox.busy,
    written,
    secrets,
    plant,
    close: async () => {
      await sandbox.kill();
      await world.close();
    },
  };
}
