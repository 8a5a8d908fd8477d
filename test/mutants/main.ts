import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shareOf, todaysShare } from '../histories/share.ts';
import { createJudge, type Judge } from './judge.ts';
import { type Mutant, mutants } from './mutants.ts';
import type { Verdict } from './player.ts';

/**
 * `npm run mutants`: takes each rule out of the code and runs the test that must notice. Prints one line a rule.
 * Stops with exit code 1 at the first rule that can be taken out unnoticed, or whose entry proves nothing.
 * `npm run mutants -- 'words'` plays those whose rule or file has the words, and runs their tests on untouched code
 * first; without words, `npm test` has just done that. With `--share 6` it plays a sixth of the rules, another one each
 * day: the gate has no time for all.
 */
const WORKERS = 2;
const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  options: { share: { type: 'string' } },
  allowPositionals: true,
});
const words = positionals.join(' ');
const wanted = mutants.filter(({ rule, file }) => `${rule} ${file}`.includes(words));
const queue = [
  ...shareOf(wanted, todaysShare(values.share === undefined ? undefined : Number(values.share))),
];
const count = queue.length;
const startedAtMs = performance.now();
let played = 0;

async function verdictOf(judge: Judge, mutant: Mutant): Promise<Verdict> {
  const { noticedBy, testName, ...edit } = mutant;
  const tests = { noticedBy, ...(testName === undefined ? {} : { testName }) };
  const untouched = words === '' ? undefined : await judge.judge(tests);
  if (untouched?.kind === 'noticed') {
    return { kind: 'error', why: `“${untouched.why}” fails on untouched code, so it notices nothing` };
  }
  return untouched?.kind === 'error' ? untouched : judge.judge({ ...tests, edit });
}

async function work(judge: Judge): Promise<void> {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const begunAtMs = performance.now();
    const { kind, why } = await verdictOf(judge, mutant);
    played += 1;
    const seconds = ((performance.now() - begunAtMs) / 1000).toFixed(1).padStart(5);
    const name = kind === 'survived' ? 'SURVIVED' : kind.padEnd(8);
    const at = `${String(played).padStart(String(count).length)}/${count}`;
    console.log(`${at}  ${name} ${seconds} s  ${mutant.rule}${kind === 'noticed' ? '' : ` (${why})`}`);
    if (kind === 'noticed') continue;
    console.log(`Play it again: npm run mutants -- '${mutant.rule.replaceAll("'", `'\\''`)}'`);
    process.exitCode = 1;
    for (const each of judges) each.end();
    process.exit();
  }
}

const judges = Array.from({ length: Math.min(WORKERS, count) }, () => createJudge(root));
await Promise.all(judges.map(work));
for (const judge of judges) judge.end();
const seconds = (performance.now() - startedAtMs) / 1000;
console.log(
  count === 0
    ? `No rule and no file has the words “${words}”.`
    : `${count} of ${count} rules are guarded by a test that fails without them (${seconds.toFixed(0)} s, ` +
        `${(count / seconds).toFixed(1)} a second)`,
);
if (count === 0) process.exitCode = 1;
