/**
 * The base of every error that this product writes itself. It means that neither the message nor
 * the chain of causes carries a password, a session token, a key, or a request or response that may hold one.
 * `presentable` lets only these out of the function as they are.
 */
export class PresentableError extends Error {
  override readonly name: string = 'PresentableError';
}

/**
 * An error that the product's code did not foresee. Its message is left out: it may quote the data that was being read.
 */
export class UnexpectedError extends PresentableError {
  override readonly name = 'UnexpectedError';
}

/**
 * Returns the error to fail the invocation with: a `PresentableError` as it is; of any other error only its kind and
 * the place in the code.
 */
export function presentable(failure: unknown): Error {
  if (failure instanceof PresentableError) return failure;
  const kind = failure instanceof Error ? failure.name : typeof failure;
  const frames = failure instanceof Error ? (failure.stack ?? '').split('\n').filter(isFrame) : [];
  const error = new UnexpectedError(
    `An unexpected ${kind} stopped the step${frames[0] ? ` ${frames[0].trim()}` : ''}. Nothing that was received is lost: ` +
      'it is sealed. A retry continues from the journal. Report this error.',
  );
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

/**
 * Returns the names and texts along the chain of causes: enough to find the place, and nothing that could be a secret.
 */
export function causesOf(failure: Error): string[] {
  const names: string[] = [];
  for (let cause = failure.cause; cause instanceof Error && names.length < 5; cause = cause.cause) {
    names.push(`${cause.name}: ${presentable(cause).message}`);
  }
  return names;
}

const isFrame = (line: string): boolean => /^\s+at /.test(line);
