import { writeFileSync } from 'node:fs';
import { rows } from './standing.ts';
import { PAGE, pageOf, type Said } from './standing-page.ts';

/** Writes docs/reference/standing-troubles.md from a run of all its rows. */
const written: { cause: string; tries: number; said: Said }[] = [];
for (const { cause, tries, sayForAYear } of rows) {
  written.push({ cause, tries, said: await sayForAYear() });
}
writeFileSync(PAGE, pageOf(written));
