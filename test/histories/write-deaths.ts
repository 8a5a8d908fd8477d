import { readFileSync, writeFileSync } from 'node:fs';
import { blockOf, cuts, die, PAGE, rowsOf, withBlock } from './deaths.ts';

/** Prints the table of deaths into lambda/README.md, from a run. */
const deaths = await Promise.all(cuts.map((cut) => die(cut)));
writeFileSync(PAGE, withBlock(readFileSync(PAGE, 'utf8'), blockOf(rowsOf(deaths))));
