import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDrill } from '../../../local/drill/drill.ts';
import type { Situation } from '../../../local/drill/situation.ts';
import { situations } from '../../../local/drill/situations.ts';
import { startWorld, type World } from '../../../local/world.ts';
import { startShell } from './terminal.ts';

/** A need of an operator, and the terminal's text for it. */
export type Section = { need: string; text: string };

const SECRET = ['--secret', 'thingspace/fleet-api'];
const FROM_SUPPORT = 'Read Out By Support 1';
const spoken = { from: { shown: 'pass show acme', input: FROM_SUPPORT } };
/** As long as Lambda's own: `doctor` looks at it, and nothing hangs in that world. */
const TIMEOUT_MS = 900_000;

type Shell = ReturnType<typeof startShell>;
type Show = (need: string) => void;

async function inWorld(world: World, play: (shell: Shell, show: Show) => Promise<void>): Promise<Section[]> {
  const shell = startShell(world);
  const sections: Section[] = [];
  try {
    await play(shell, (need) => void sections.push({ need, text: shell.written() }));
  } finally {
    shell.close();
    await world.close();
  }
  return sections;
}

async function inSituation(name: string, play: (shell: Shell, show: Show, world: World) => Promise<void>) {
  const situation = situations.find((one) => one.name === name) as Situation;
  const world = await startWorld(situation.world);
  await situation.arise(world);
  return inWorld(world, (shell, show) => play(shell, show, world));
}

async function healthy(): Promise<Section[]> {
  const world = await startWorld({ timeoutMs: TIMEOUT_MS });
  await world.conductor.rotate(world.secretArn);
  return inWorld(world, async ({ run }, show) => {
    await run(['status', ...SECRET]);
    show('Is it healthy, and what next?');
    await run(['status']);
    show('All credentials at once');
    await run(['trial', ...SECRET, '--yes'], { env: { LOCKOUT_LIMIT: '7' } });
    show('Settings: found from the secret, and never against the function’s own');
    await run(['doctor', ...SECRET]);
    show('Is everything there that a rotation needs?');
    await run(['rotate', ...SECRET, '--yes']);
    show('Rotate and watch');
    await run(['audit', ...SECRET]);
    show('Who did what?');
    await run(['test-alarm', ...SECRET, '--as', 'ann', '--yes']);
    show('Do messages arrive?');
  });
}

async function lost(): Promise<Section[]> {
  return inSituation('lost', async ({ run }, show, { aws, platform, username }) => {
    const mail = aws.sns.published.at(-1)?.byProtocol?.email ?? '';
    await run(['explain'], { from: { shown: 'cat mail.txt', input: mail } });
    show('What does this message mean?');
    await run(['status', ...SECRET], { head: 4 });
    platform.support.reset(username, FROM_SUPPORT);
    await run(['store', ...SECRET, '--trial', '--yes', '--as', 'ann'], spoken);
    await run(['rotate', ...SECRET, '--yes']);
    await run(['status', ...SECRET], { head: 1 });
    show('Lost: support gives another password; it is stored, proven and replaced');
  });
}

const stuck = () =>
  inSituation('not-stored', async ({ run }, show) => {
    await run(['open', ...SECRET, '--out', 'answer']);
    show('Read a sealed answer');
    await run(['rotate', ...SECRET, '--yes']);
    await run(['status', ...SECRET], { head: 1 });
    show('A rotation that is not over continues with its sealed password');
  });

const recovered = () =>
  inSituation('unreadable-envelope', async ({ run }, show, world) => {
    await run(['recover', ...SECRET, '--yes']);
    world.gateway.decide = () => 'ok';
    await run(['recover', ...SECRET, '--yes']);
    show('Recover: fails with the function’s own error; with the right back, it finishes');
  });

const tried = () =>
  inSituation('guard-closed', async ({ run }, show) => {
    await run(['trial', ...SECRET, '--as', 'ann', '--yes']);
    show('Prove a password');
  });

const opened = () =>
  inSituation('guard-closed', async ({ run }, show, { clock, platform, username }) => {
    const wrong = { from: { shown: spoken.from.shown, input: 'Heard Wrong 1' } };
    await run(['store', ...SECRET, '--trial', '--yes', '--as', 'ann'], wrong);
    clock.advance(5 * 60_000);
    platform.support.unlock(username);
    const at = new Date(clock.nowMs()).toISOString();
    clock.advance(60_000);
    await run(['unlocked', ...SECRET, '--at', '2026', '--as', 'ann', '--yes']);
    await run(['unlocked', ...SECRET, '--at', at, '--as', 'ann', '--yes']);
    show('Support has unlocked it');
  });

async function drilled(): Promise<Section[]> {
  const main = fileURLToPath(new URL('../../../local/drill/main.ts', import.meta.url));
  const { stdout: list } = await promisify(execFile)(process.execPath, [main, '--list']);
  const drill = await startDrill(situations.find(({ name }) => name === 'not-stored') as Situation);
  const verdict = await drill.type('done');
  await drill.close();
  const text = `$ npm run drill -- --list\n${list.trimEnd()}\n\n$ npm run drill -- --situation not-stored\n…\ndone\n${verdict}`;
  return [{ need: 'Rehearse', text }];
}

/** Every row of the table of needs, from runs of the tool against local worlds, which are played side by side. */
export async function transcripts(): Promise<Section[]> {
  const plays = [healthy, lost, stuck, recovered, tried, opened, drilled];
  return (await Promise.all(plays.map((play) => play()))).flat();
}
