import { execFile } from 'node:child_process';
import { cliBundle } from '../cli/bundle.ts';

export type Ended = { code: number; stdout: string; stderr: string };

/** Runs the operator's tool as a process, in a shell that has these variables alone. @param input is piped to it */
export function runTool(
  variables: Readonly<Record<string, string>>,
  args: readonly string[],
  input = '',
): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...variables } as NodeJS.ProcessEnv;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cliBundle, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
