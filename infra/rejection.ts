import { ConfigurationError } from './config.ts';

/** CDK's name for the error that lists the sentences of `limits.ts`. */
const REJECTED_BY_CDK = 'ValidationFailedWithErrors';

/**
 * Returns the sentences of an error for the author of a configuration, whom a stack trace would only confuse. Undefined
 * for every other error: that one is a mistake of the code.
 */
export function sentencesIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error instanceof ConfigurationError || error.name === REJECTED_BY_CDK ? error.message : undefined;
}
