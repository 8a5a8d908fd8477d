import { randomBytes } from 'node:crypto';

/**
 * A password that can stand nowhere by chance, with what careless handling breaks. (Never `'`, `<` or `\`:
 * the platform refuses these.) Either half is as unmistakable as the whole.
 */
export function marker(): string {
  const unmistakable = () => randomBytes(6).toString('hex').toUpperCase();
  return `Mk ${unmistakable()} & "$é😀>%2B${unmistakable()};ß `;
}
