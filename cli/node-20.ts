/**
 * Stands for functions that Node.js 20 lacks, or has only in its later versions. The deployed function runs on
 * Node.js 24 and uses them; `cli/bundle.ts` and `client/build.ts` put these in their place.
 */
import { createRequire } from 'node:module';

/** For `process.getBuiltinModule` (20.16). A bundle of CommonJS has no such address, and must not call it. */
export const node20BuiltinModule = (name: string): unknown => createRequire(import.meta.url)(name);

/** For `Promise.withResolvers` (22). */
export function node20WithResolvers<T>(): PromiseWithResolvers<T> {
  let settle: Pick<PromiseWithResolvers<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as NonNullable<typeof settle>) };
}

/** For `URL.parse` (22.1). */
export const node20ParseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);
