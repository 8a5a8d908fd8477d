/** Something that no code of ours foresaw. Its message stays behind: nobody has vouched for it. */
export class UnexpectedError extends Error {
  override readonly name = 'UnexpectedError';
}

const BUILT_IN: ReadonlySet<unknown> = new Set([
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
  AggregateError,
  DOMException,
]);

/**
 * What the invocation may fail with. Errors of ours are written so that they carry no secret; of any
 * other only the kind and the place in our code go out.
 */
export function presentable(failure: unknown): Error {
  if (failure instanceof Error && !BUILT_IN.has(failure.constructor) && !('$metadata' in failure))
    return failure;
  const kind = failure instanceof Error ? failure.name : typeof failure;
  const frames = failure instanceof Error ? (failure.stack ?? '').split('\n').filter(isFrame) : [];
  const error = new UnexpectedError(
    `An unexpected ${kind} stopped the step${frames[0] ? ` ${frames[0].trim()}` : ''}. Nothing that was received is lost: ` +
      'it is sealed. A retry goes on from the journal; please report this.',
  );
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

/** The names along the chain of causes: enough to find the place, nothing that could be a secret. */
export function causesOf(failure: Error): string[] {
  const names: string[] = [];
  for (let cause = failure.cause; cause instanceof Error && names.length < 5; cause = cause.cause) {
    names.push(`${cause.name}: ${presentable(cause).message}`);
  }
  return names;
}

const isFrame = (line: string): boolean => /^\s+at /.test(line);
