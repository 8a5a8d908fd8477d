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
    return [...text.matchAll(/readonly name(?:: string)? = '(\w+)'/g)].map(([, name = '']) => name);
  });
}
