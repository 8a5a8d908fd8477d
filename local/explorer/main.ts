import { parseArgs } from 'node:util';
import { explore, summaryOf } from './explore.ts';
import { fatesOver } from './fault.ts';

const { values } = parseArgs({
  options: {
    /** Every fate; without it only the two deaths. */
    all: { type: 'boolean', default: false },
    /** Only this fate, repeatable. */
    fate: { type: 'string', multiple: true },
    /** The API that the function calls: soap or rest. */
    transport: { type: 'string', default: 'soap' },
    /** Only histories whose title holds these words. */
    only: { type: 'string', default: '' },
    /** No fault: an operator acts at each remote call. */
    people: { type: 'boolean', default: false },
    /** Through a proxy, with its faults at every tunnel instead. */
    proxied: { type: 'boolean', default: false },
    /** How many minutes late the log shows a line. */
    'log-delay': { type: 'string', default: '0' },
    parallel: { type: 'string', default: '6' },
    verbose: { type: 'boolean', default: false },
  },
});
const transport = values.transport === 'rest' ? 'rest' : 'soap';
const known = fatesOver(transport);
const chosen: readonly string[] =
  values.fate ?? (values.all ? known : values.people ? [] : ['killed-before', 'killed-after']);

const startedAtMs = performance.now();
const verdicts = await explore({
  transport,
  choose: (all) => all.filter(({ title }) => title.includes(values.only)),
  fates: known.filter((fate) => chosen.includes(fate)),
  people: values.people,
  proxied: values.proxied,
  parallel: Number(values.parallel),
  logDelayMs: Number(values['log-delay']) * 60_000,
  onVerdict({ title, end, violations, durationMs }, done, of) {
    const told = violations.length > 0 ? violations.join('; ') : end;
    if (values.verbose || violations.length > 0) console.log(`${title}: ${told} (${durationMs} ms)`);
    else if (process.stdout.isTTY) process.stdout.write(`\r${done} of ${of}`);
  },
});
const seconds = Math.round((performance.now() - startedAtMs) / 1000);
console.log(`${process.stdout.isTTY ? '\n' : ''}${summaryOf(verdicts)} (${seconds} s)`);
process.exitCode = verdicts.some(({ violations }) => violations.length > 0) ? 1 : 0;
