import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start processes, servers or builds: everything else is a unit test and shares its process. */
const WORLDS = [
  'test/histories/**/*.test.ts',
  'test/bench/**/*.test.ts',
  'test/local/**/*.test.ts',
  'test/cli/{advice-followed,agent-door,agent-process,copied-tool,every-state,process,token-file}.test.ts',
  'test/client/{libraries,package}.test.ts',
  'test/infra/{app,asset-rotates,bundle,package}.test.ts',
  'test/ledger/{dynamodb,schedules}.test.ts',
  'test/session/fleet.test.ts',
  'test/mutants/mutants.test.ts',
  // It replaces modules, which no other file may see.
  'test/rotation/cold-start.test.ts',
];

/** Files that `npm run verify` runs beside its suites; those without the ending play a sample in `npm test`. */
const VERIFIED = [
  'test/**/*.verify.test.ts',
  'test/rotation/{answers,clocks,goes-on,quarters}.test.ts',
  'test/cli/advice-followed.test.ts',
  'test/local/{drill,scenarios-rest}.test.ts',
  'test/local/explorer/flawed-heads.test.ts',
];

/** A fresh clone knows no durations: begun by their size, one of these would run alone at the end. */
const LONGEST = /[/\\](explorer\.test|local[/\\]drill\.test|sample\.test|advice-followed\.test)\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Two cores on the smallest machine: more workers only make every test slower.
    maxWorkers: 2,
    // Tests that mostly wait run beside each other in their file.
    maxConcurrency: 3,
    // Explorers play many histories in one test, and the machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...WORLDS, 'test/**/*.verify.test.ts'],
          // A process of its own for each file would cost more than the tests.
          isolate: false,
          pool: 'threads',
        },
      },
      { extends: true, test: { name: 'world', include: WORLDS, exclude: ['test/**/*.verify.test.ts'] } },
      { extends: true, test: { name: 'verify', include: VERIFIED, env: { THOROUGH: '1' } } },
    ],
  },
});
