import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { bundleAccess, bundleRotation } from '../infra/bundle.ts';
import type { Transport } from '../lambda/thingspace/api.ts';
import { TRANSPORTS } from '../lambda/transport.ts';
import { aheadOf, createConsole, readConsole } from './console.ts';
import { accessScenario } from './scenarios/access.ts';
import { scenarios as quickScenarios } from './scenarios/all.ts';
import { fleetScenario } from './scenarios/fleet.ts';
import { play, type Scenario } from './scenarios/scenario.ts';
import { writeShellFile } from './shell-file.ts';
import { timelinePrinter } from './timeline/print.ts';
import { held, printChecks, printRotationLine, printStory, type Report, verdict } from './timeline/report.ts';
import { startWorld, type World } from './world.ts';

type Options = {
  rotations: number;
  json: boolean;
  keep: boolean;
  verbose: boolean;
  scenario: Scenario;
  transport: Transport;
  list: boolean;
  seed: number;
  clients: number;
};

const scenarios = [...quickScenarios, fleetScenario(), accessScenario];
const standard = scenarios[0] as Scenario;

const program = new Command('npm start --')
  .description(
    'Rotates a ThingSpace password on this machine: the real bundle, a simulated ThingSpace, AWS stand-ins.',
  )
  .option('--rotations <count>', 'rotate so many times', wholeNumber, 1)
  .option('--scenario <name>', 'play a fault and its outcome (see --list)', findScenario, standard)
  .addOption(
    new Option('--transport <api>', 'the API of ThingSpace that the function calls')
      .choices(TRANSPORTS)
      .default('soap'),
  )
  .option('--clients <count>', 'apps of the scenario fleet', wholeNumber, 30)
  .option('--list', 'list the scenarios', false)
  .option('--verbose', 'print each call as it happens, before the story', false)
  .option('--json', 'print one JSON document instead', false)
  .option('--keep', 'leave everything running afterwards and print how to reach it', false)
  .option(
    '--seed <number>',
    'seed of the simulated platform: another one makes other passwords',
    wholeNumber,
    1,
  )
  .showHelpAfterError();

/** Words behind a scenario's lesson. */
const OVER: Record<Transport, string> = { soap: '', rest: ' The function calls ThingSpace over REST.' };

async function main(options: Options): Promise<number> {
  const { json, rotations, seed, keep, clients, transport } = options;
  const scenario = options.scenario.name === 'fleet' ? fleetScenario({ clients }) : options.scenario;
  const colour = !json && Boolean(process.stdout.isTTY) && pc.isColorSupported;
  const say = (text: string): void => void (json || process.stdout.write(text));

  say('Building the functions …\n');
  await Promise.all([bundleRotation(), bundleAccess()]);
  say('Bringing up ThingSpace, Secrets Manager, KMS, SNS, CloudWatch Logs and DynamoDB …\n');
  const world = await startWorld({ seed, transport, ...scenario.world });
  try {
    say(`\n${scenario.shows}${OVER[transport]}\n\n`);
    const startedAtMs = world.clock.nowMs();
    const width = process.stdout.columns ?? 120;
    const reports: Report[] = [];
    for (let round = 1; round <= rotations; round++) {
      const of = rotations > 1 ? ` ${round} of ${rotations}` : '';
      const printing = { write: say, startedAtMs, width };
      const listener =
        options.verbose && !scenario.summary ? timelinePrinter({ ...printing, colour }) : undefined;
      const report = { ...(await play(scenario, world, listener, say)), title: `${scenario.name}${of}` };
      reports.push(report);
      if (of) {
        printRotationLine(report, say);
        continue;
      }
      if (options.verbose && !scenario.summary) say('\n');
      if (!scenario.summary) printStory(report, printing);
      printChecks(report, say, colour);
    }
    const document = {
      held: held(reports),
      reports,
      ...(keep && { env: { ...world.env, ...world.operatorEnv } }),
    };
    if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    say(`\n${verdict(reports)}\n`);
    if (keep) await keepUp(world, say);
    return held(reports) ? 0 : 1;
  } finally {
    await world.close();
  }
}

/** Everything stays up until Ctrl-C or SIGTERM. */
async function keepUp(world: World, say: (text: string) => void): Promise<void> {
  const needed = { ...world.env, ...world.operatorEnv, THINGSPACE_SECRET: world.secretArn };
  const file = writeShellFile(needed);
  say(
    `\nEverything stays up. For the operator's tool, the AWS CLI or an SDK, in another shell in this folder:\n\n  . ${file.path}\n`,
  );
  say('  npm run cli -- status    (docs/runbook.md)\n\n');
  say(`${aheadOf(world)}\n\n`);
  const answer = createConsole(world);
  say(await answer('help'));
  say('Stop with Ctrl-C.\n');
  readConsole(process.stdin, answer, say);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  file.remove();
  process.stdin.destroy();
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}

function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new InvalidArgumentError(`There is ${scenarios.map((scenario) => scenario.name).join(', ')}.`);
}

function listScenarios(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, shows } of scenarios) process.stdout.write(`${name.padEnd(width)}  ${shows}\n`);
  process.stdout.write('\nEach is played over both APIs of ThingSpace: --transport rest.\n');
}

const options = program.parse().opts<Options>();
if (options.list) {
  listScenarios();
} else if (options.rotations > 1 && options.scenario !== standard) {
  program.error(
    `--rotations goes with the scenario ${standard.name} alone: the others play their fault once.`,
  );
} else {
  process.exitCode = await main(options).catch((error: Error) => {
    process.stderr.write(`The world on this machine broke down: ${error.stack}\n`);
    return 1;
  });
}
