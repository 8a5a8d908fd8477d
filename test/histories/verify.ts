import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Disturbance } from '../../local/explorer/history.ts';
import { built } from '../built.ts';
import { numberIn, playReaders, READERS } from '../readers/play.ts';
import { exploreBundle, fewOverRest, fewProxied, restOf, sampleOverRest } from './bundle.ts';
import { firstSeed, sampleOf } from './history.ts';
import { progressOf } from './progress.ts';
import { shareOf, todaysShare } from './share.ts';
import { type Choice, historiesOf, suites } from './suites.ts';
import type { Order, Report } from './worker.ts';

type Options = Omit<Choice, 'share'> & {
  suite?: string;
  history?: string;
  seed: number;
  workers: number;
  share?: number;
};
type Violated = { name: string; violation: string };

const MUTANTS = fileURLToPath(new URL('../mutants/main.ts', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
/** The real bundle in the local world runs in processes of its own. */
const BUNDLE = 'bundle';
/** The suites of the real bundle. */
const BUNDLES: Readonly<Record<string, { transport: Transport; proxied: boolean }>> = {
  [BUNDLE]: { transport: 'soap', proxied: false },
  'bundle-rest': { transport: 'rest', proxied: false },
  proxy: { transport: 'soap', proxied: true },
  'proxy-rest': { transport: 'rest', proxied: true },
};
const APIS: Record<Choice['transport'], string> = {
  soap: 'SOAP',
  rest: 'REST',
  both: 'SOAP and REST',
  thinned: 'SOAP, and a share of those over REST',
};
const DEFAULT_SEED = firstSeed();
const names = [...suites.map(({ name }) => name), ...Object.keys(BUNDLES), ...READERS.keys()];
const isBundle = (name: string | undefined): boolean => name !== undefined && name in BUNDLES;

/** Returns the exit code. */
async function main(options: Options): Promise<number> {
  const { suite: only, history, seed, workers: count, rest, transport } = options;
  const choice: Choice = { rest, transport, share: todaysShare(options.share) };
  // The workers inherit it.
  process.env.HISTORY_SEED = String(seed);
  if (history !== undefined) return playAlone(only, seed, history);
  console.log(
    `${rest ? 'The histories that npm test leaves out' : 'All histories'} over ${APIS[transport]}, random ones from seed ${seed}`,
  );
  const workers = Array.from({ length: count }, startWorker);
  try {
    for (const name of names.filter((one) => only === undefined || one === only)) {
      const violated = await playNamed(name, choice, seed, workers);
      if (violated === undefined) continue;
      console.error(
        `\nVIOLATED: ${violated.violation}\n\nPlay it alone:\n  ${commandFor(name, violated.name, seed)}`,
      );
      return 1;
    }
  } finally {
    for (const worker of workers) worker.kill();
  }
  return only === undefined ? playRest(options.share) : 0;
}

function playNamed(name: string, choice: Choice, seed: number, workers: ChildProcess[]) {
  if (READERS.has(name)) return playRequests(name, seed, choice);
  return isBundle(name) ? playBundle(name, choice) : playSuite(name, choice, workers);
}

/** Says which readers took part: a machine without a language plays with the others. */
async function playRequests(
  suite: string,
  seed: number,
  { share }: Pick<Choice, 'share'>,
): Promise<Violated | undefined> {
  const requests = READERS.get(suite);
  if (!requests) throw new Error(`There is no suite "${suite}".`);
  const numbers = shareOf(
    Array.from({ length: requests.count }, (_, number) => number),
    share,
  );
  const progress = progressOf(suite, numbers.length);
  const { readers, absent, violated } = await playReaders(requests, seed, numbers, ({ name, end }) =>
    progress.ended(name, end),
  );
  progress.close();
  console.log(`${''.padEnd(20)} read by ${readers.map(({ name }) => name).join(', ') || 'no reader'}`);
  for (const { name, why } of absent) console.log(`${''.padEnd(20)} skipped: ${name}, because ${why}`);
  return violated && { name: violated.name, violation: violated.violation ?? violated.end };
}

/** The files of the project "verify" of vitest.config.ts; then each rule taken out of the code: some test must fail. */
async function playRest(share: number | undefined): Promise<number> {
  await built('rotation', 'access', 'cli');
  process.env.BUILT = '1';
  const run = (...args: string[]) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  const ofShare = share === undefined ? [] : ['--share', String(share)];
  // With a share there is no time for the scenario fleet, three agents in troubles, and each drill (`npm test` plays some). It
  // plays a half of the other files, and the other half tomorrow.
  const skipped = ['**/{agent-troubles,fleet}.verify.test.ts', '**/drill.test.ts'].flatMap((file) => [
    '--exclude',
    file,
  ]);
  const left = share === undefined ? [] : [...skipped, `--shard=${1 + (todaysShare(2)?.today ?? 0)}/2`];
  return run(VITEST, 'run', '--bail=1', '--project', 'verify', ...left) || run(MUTANTS, ...ofShare);
}

const wayOf = (bundle: string) => BUNDLES[bundle] ?? { transport: 'soap', proxied: false };

function chosen(bundle: string, rest: boolean) {
  const { transport, proxied } = wayOf(bundle);
  if (proxied) return proxiedOf(transport, rest);
  if (bundle === BUNDLE) return rest ? restOf : (all: readonly Disturbance[]) => all;
  return (all: readonly Disturbance[]) => {
    const sample = sampleOverRest(all);
    if (!rest) return sample;
    // The gate: each takes a second, and the same rules are played in memory.
    const few = new Set(fewOverRest(all));
    return sample.filter((one, at) => at % 3 === 0 && !few.has(one));
  };
}

/** Over REST, a history of each fault and of each call: the way is the same. */
const proxiedOf = (transport: Transport, rest: boolean) => (all: readonly Disturbance[]) => {
  const few = new Set(rest ? fewProxied(transport)(all) : []);
  return (transport === 'rest' ? sampleOf(all) : all).filter((one) => !few.has(one));
};

async function playBundle(name: string, { rest, share }: Choice): Promise<Violated | undefined> {
  let progress: ReturnType<typeof progressOf> | undefined;
  const verdicts = await exploreBundle({
    ...wayOf(name),
    choose: (all) =>
      shareOf(chosen(name, rest)(all), name === BUNDLE || wayOf(name).proxied ? share : undefined),
    onVerdict({ title, end }, _done, of) {
      progress ??= progressOf(name, of);
      progress.ended(title, end);
    },
  });
  progress?.close();
  const bad = verdicts.find(({ violations }) => violations.length > 0);
  return bad && { name: bad.title, violation: `${bad.title}: ${bad.violations.join('; ')}` };
}

/** In this process, so that a debugger can look on. */
async function playOne(only: string | undefined, wanted: string): Promise<number> {
  if (only !== undefined && isBundle(only)) return playOneOfBundle(only, wanted);
  for (const { name } of suites.filter((suite) => only === undefined || suite.name === only)) {
    const history = (await historiesOf(name, { transport: 'both', rest: false })).find(
      (one) => one.name === wanted,
    );
    if (history === undefined) continue;
    try {
      console.log(`${wanted}: ${await history.play()}`);
      return 0;
    } catch (violation) {
      // With its stack, which leads into the history.
      console.error('\nVIOLATED:', violation);
      return 1;
    }
  }
  console.error(`There is no history "${wanted}"${only === undefined ? '' : ` in the suite "${only}"`}.`);
  return 2;
}

async function playOneOfBundle(bundle: string, wanted: string): Promise<number> {
  const verdicts = await exploreBundle({
    ...wayOf(bundle),
    choose: (all) => all.filter(({ title }) => title === wanted),
  });
  for (const { title, end, violations } of verdicts)
    console.log(`${title}: ${[end, ...violations].join('; ')}`);
  if (verdicts.length === 0) console.error(`There is no history "${wanted}" in the suite "${bundle}".`);
  return verdicts.some(({ violations }) => violations.length > 0) ? 1 : verdicts.length > 0 ? 0 : 2;
}

/** Plays one history, or one request of the access function, which is printed with its readings. */
async function playAlone(only: string | undefined, seed: number, wanted: string): Promise<number> {
  const requests = READERS.get(only ?? '');
  if (!requests) return playOne(only, wanted);
  const number = numberIn(requests, wanted);
  if (number === undefined) {
    console.error(`There is no history "${wanted}" in the suite "${only}".`);
    return 2;
  }
  const { readers, violated } = await playReaders(requests, seed, [number], ({ name, end }) => {
    console.log(`${name}: ${end}`);
  });
  console.log(`Read by ${readers.map(({ name }) => name).join(', ') || 'no reader'}`);
  if (violated) console.error('\nVIOLATED:', violated.violation);
  return violated ? 1 : 0;
}

function startWorker(): ChildProcess {
  return fork(new URL('./worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
}

/** Orders go to whichever worker is ready; the first violation ends it. */
async function playSuite(
  suite: string,
  choice: Choice,
  workers: ChildProcess[],
): Promise<Violated | undefined> {
  const { length: total } = await historiesOf(suite, choice);
  const progress = progressOf(suite, total);
  const size = Math.max(1, Math.min(20, Math.ceil(total / (workers.length * 8))));
  let next = 0;
  const order = (worker: ChildProcess): boolean => {
    if (next >= total) return false;
    worker.send({ suite, choice, from: next, to: next + size } satisfies Order);
    next += size;
    return true;
  };
  const playsUntilEnd = (worker: ChildProcess) => {
    const { promise, resolve, reject } = Promise.withResolvers<Violated | undefined>();
    const leave = (violated: Violated | undefined) => {
      worker.off('message', hear).off('exit', fail);
      resolve(violated);
    };
    const fail = () => reject(new Error(`A worker has ended in the middle of the suite "${suite}".`));
    const hear = (report: Report) => {
      if (report.kind === 'ended') progress.ended(report.name, report.end);
      if (report.kind === 'violated') leave(report);
      if (report.kind === 'ready' && !order(worker)) leave(undefined);
    };
    worker.on('message', hear).once('exit', fail);
    if (!order(worker)) leave(undefined);
    return promise;
  };
  const violated = await firstViolation(workers.map(playsUntilEnd));
  progress.close();
  return violated;
}

/** Resolves at the first violation, or when all have ended without one. */
function firstViolation(playing: Promise<Violated | undefined>[]): Promise<Violated | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Violated | undefined>();
  for (const one of playing) one.then((violated) => violated && resolve(violated), reject);
  Promise.all(playing).then(() => resolve(undefined), reject);
  return promise;
}

const commandFor = (suite: string, history: string, seed: number): string =>
  `npm run verify -- --suite '${suite}' --history '${history}'${seed === DEFAULT_SEED ? '' : ` --seed ${seed}`}`;

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function knownSuite(name: string): string {
  if (!names.includes(name)) throw new InvalidArgumentError('There is no such suite.');
  return name;
}

const program = new Command('npm run verify --')
  .description(
    'Plays the histories of the protocol in memory, and stops at the first that breaks a guarantee.',
  )
  .option('--suite <name>', `only this suite: ${names.join(', ')}`, knownSuite)
  .option('--history <name>', 'only this history')
  .addOption(
    new Option(
      '--transport <api>',
      'the API that the function speaks; thinned: REST in a share of the large suites',
    )
      .choices(['soap', 'rest', 'both', 'thinned'])
      .default('thinned'),
  )
  .option('--rest', 'leave out the sample that npm test plays', false)
  .option(
    '--share <of>',
    'play one of so many histories of the large suites, and of the rules; another one each day',
    wholeNumber,
  )
  .option('--seed <number>', 'first seed of the random histories', wholeNumber, DEFAULT_SEED)
  .option('--workers <count>', 'processes that play side by side', wholeNumber, 2)
  .showHelpAfterError()
  .parse();
process.exitCode = await main(program.opts());
