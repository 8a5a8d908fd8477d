import { CommanderError } from 'commander';
import { AwsCallError } from '../lambda/aws-call.ts';
import { presentable } from '../lambda/rotation/failure.ts';
import { UsageError } from './errors.ts';

/** What the process ends with: 2 when it was called wrongly, 1 for everything else that did not end well. */
export function exitCodeOf(failure: unknown): number {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
  return failure instanceof UsageError ? 2 : 1;
}

/** One line for a person. Texts that nobody has vouched for (they may quote a secret) stay behind. */
export function lineOf(failure: unknown): string {
  const error = presentable(failure);
  const cause = awsCause(error);
  return `${error.message}${cause === undefined ? '' : ` (${cause.message})`}`.replaceAll(/\s*\n\s*/g, ' ');
}

/** Which call AWS refused, and why, is what an operator needs to know first. */
function awsCause(error: Error): AwsCallError | undefined {
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AwsCallError) return cause;
  }
  return undefined;
}
