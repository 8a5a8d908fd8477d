import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { type Drill, startDrill } from '../../local/drill/drill.ts';
import { judge } from '../../local/drill/judge.ts';
import type { Situation } from '../../local/drill/situation.ts';
import { situations } from '../../local/drill/situations.ts';
import { built } from '../built.ts';
import { sampled } from '../thorough.ts';
import { followMail } from './follow-mail.ts';
import { followStatus, tool } from './follow-status.ts';

const LIMIT_MS = 400_000;
const named = (name: string) => situations.find((situation) => situation.name === name) as Situation;

beforeAll(async () => {
  await built('rotation', 'cli');
}, LIMIT_MS);

async function inDrill(
  name: string,
  play: (drill: Drill) => Promise<void>,
  transport?: Transport,
): Promise<void> {
  const drill = await startDrill(named(name), { transport });
  try {
    await play(drill);
  } finally {
    await drill.close();
  }
}

const ASKING = ['store', 'trial', 'rotate'];

/** The tool's commands of one section of docs/deploy.md, with the yes that the operator types. */
function commandsOfPage(heading: string, { variables }: Drill): string[][] {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8').replaceAll("'", '’');
  const [section = ''] = page.slice(page.indexOf(heading) + heading.length).split(/^##/m);
  const commands = [...section.matchAll(/^ *npm run cli -- (.+)$/gm)].map(([, words = '']) =>
    words.replace('"$THINGSPACE_SECRET"', variables.THINGSPACE_SECRET ?? '').split(' '),
  );
  expect(commands.length).toBeGreaterThan(3);
  return commands.map((args) => (ASKING.includes(args[0] ?? '') ? [...args, '--yes'] : args));
}

// Mostly waiting: functions that retry until their deadline.
describe.concurrent('A drill', () => {
  it.each([
    ...sampled(situations, 9).map(({ name }) => ({ name, transport: 'soap' as const })),
    ...sampled(situations.toReversed(), 9, 3).map(({ name }) => ({ name, transport: 'rest' as const })),
  ])(
    '$name over $transport begins unsolved, with a message, and is solved by the advice of status',
    ({ name, transport }) => {
      const play = async (drill: Drill) => {
        expect(drill.message).toContain('WHAT TO DO');
        expect((await drill.judgement()).solved).toBe(false);
        const done = await followStatus(drill);
        const { solved, lines } = await drill.judgement();
        expect({ solved, lines, done }).toMatchObject({ solved: true });
        expect(lines, done.join('; ')).toContain('No other way is better.');
      };
      return inDrill(name, play, transport);
    },
    LIMIT_MS,
  );

  it.each(sampled(['ledger-gone', 'ledger-restored'], 2))(
    '%s is solved by the commands of the page, in their order and without a failed log-in',
    (name) =>
      inDrill(name, async (drill) => {
        const ended = [];
        for (const args of commandsOfPage('### The ledger’s table', drill))
          ended.push(await tool(drill, args));
        const { solved, lines } = await drill.judgement();
        expect({ solved, lines, ended }).toMatchObject({ solved: true });
        expect(lines).toContain('No other way is better.');
      }),
    LIMIT_MS,
  );

  it.each(
    sampled(
      situations.filter(({ section }) => section === undefined),
      7,
    ),
  )(
    '$name is solved by the message alone',
    ({ name }) =>
      inDrill(name, async (drill) => {
        const done = await followMail(drill);
        const { solved, lines } = await drill.judgement();
        expect({ solved, lines, done }).toMatchObject({ solved: true });
        expect(lines, done.join('; ')).toContain('No other way is better.');
      }),
    LIMIT_MS,
  );

  it(
    'is not solved by guesses, and the judge counts them',
    () =>
      inDrill('wrong-password', async (drill) => {
        for (const guess of ['Guess-0001', 'Guess-0002']) {
          await tool(drill, ['store', '--yes', '--trial'], guess);
        }
        const { solved, lines } = await drill.judgement();
        expect(solved).toBe(false);
        expect(lines).toContain('AWSCURRENT does not hold the password that works.');
        expect(lines).toContain('Better: 0 failed log-ins would have been enough, and it took 2.');
      }),
    LIMIT_MS,
  );

  it(
    'is solved, but not well, when support is phoned although the sealed answer holds the password',
    () =>
      inDrill('not-stored', async (drill) => {
        const read = /reads: (.*)$/.exec(await drill.type('reset'))?.[1];
        await tool(drill, ['store', '--yes', '--trial'], read);
        await followStatus(drill);
        const { solved, lines } = await drill.judgement();
        expect({ solved, lines }).toMatchObject({ solved: true });
        expect(lines).toContain('Better: 0 calls to support would have been enough, and it took 1.');
      }),
    LIMIT_MS,
  );

  it(
    'sees that a password which works is overwritten, and a locked username',
    () =>
      inDrill('guard-closed', async (drill) => {
        await tool(drill, ['store', '--yes'], 'Guess-0001');
        for (let failure = 0; failure < 5; failure += 1)
          drill.world.platform.logIn('Fleet-API', 'an old one');
        const { solved, lines } = await drill.judgement();
        expect(solved).toBe(false);
        expect(lines).toContain('A password that worked was overwritten by one that does not.');
        expect(lines.join('\n')).toContain('The username is locked');
      }),
    LIMIT_MS,
  );

  it('shows only the sources that an operator has at night, and rejects unknown commands', () =>
    inDrill('unreadable-envelope', async (drill) => {
      expect(await drill.type('truth')).toContain('There is no "truth"');
      expect(await drill.type('help')).toContain('colleague');
      expect(await drill.type('done')).toMatch(/^NOT SOLVED YET\./);
    }));
});

describe('The command of a drill', () => {
  it('shows the message and the variables, answers, and ends unsolved when the operator leaves', async () => {
    const main = fileURLToPath(new URL('../../local/drill/main.ts', import.meta.url));
    const drill = spawn(process.execPath, [main, '--situation', 'wrong-password'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    const answers: [string, () => void][] = [
      ['Leave with Ctrl-C.', () => drill.stdin.write('done\n')],
      ['NOT SOLVED', () => drill.kill('SIGINT')],
    ];
    drill.stdout.on('data', (text) => {
      shown += text;
      if (answers[0] && shown.includes(answers[0][0])) answers.shift()?.[1]();
    });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    drill.once('close', resolve);
    expect(await promise).toBe(1);
    expect(shown).toContain('  | WHAT TO DO');
    expect(shown).toMatch(/^ {2}\. \S+\/env\.sh$/m);
  });
});

describe('The judge of a drill', () => {
  const seen = { failures: 0, calls: 0, made: 1, locked: false, overwritten: 0 };
  const well = { wellness: 'well', finding: 'well', waits: false } as const;
  const goesOn = { wellness: 'goes-on', finding: 'unknown', waits: false } as const;
  const SECTION = 'docs/runbook.md#password-unknown';

  it.each([
    ['the password does not work', false, well, seen],
    [
      'status is not well',
      true,
      { wellness: 'act', finding: 'rotation-failing', waits: false } as const,
      seen,
    ],
    ['the username is locked', true, well, { ...seen, locked: true }],
  ])('does not call it solved while %s', (_what, works, said, observed) => {
    expect(judge(named('unknown'), SECTION, works, said, observed).solved).toBe(false);
  });

  it('says that nothing is left to do where it goes on by itself, and not after a mistake', () => {
    const judged = judge(named('unknown'), SECTION, true, goesOn, seen);
    expect(judged).toMatchObject({ solved: false, goesOn: true });
    expect(judged.lines.join()).toMatch(/^RIGHT SO FAR:/);
    const spoiled = { ...seen, failures: 1 };
    expect(judge(named('unknown'), SECTION, true, goesOn, spoiled)).toMatchObject({ goesOn: false });
  });

  it('calls it solved when no condition is missing', () => {
    expect(judge(named('unknown'), SECTION, true, well, seen)).toMatchObject({ solved: true });
  });
});
