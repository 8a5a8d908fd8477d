import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const lambda = path.resolve(import.meta.dirname, '../../lambda');

/** The names of all errors that the function's code defines. */
export function errorNames(): string[] {
  const files = readdirSync(lambda, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(lambda, file), 'utf8');
    // A class with one name, or a list of the situations that share a class.
    const found = text.matchAll(/readonly name(?:: string)? = '(\w+)'|^ {2}\| '(\w+Error)'/gm);
    return [...found].map(([, own, listed]) => own ?? listed ?? '');
  });
}
