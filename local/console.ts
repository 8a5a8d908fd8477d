import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;

const HELP: Record<string, string> = {
  inbox: 'the messages that were published, newest last',
  'mail <number>': 'one of them as its receiver reads it',
  'reset [password]': 'support resets the password, unlocks the username, reads it to you',
  unlock: 'support unlocks the username',
  check: "the daily check: the function's recover event",
  'forward <minutes>': 'lets so much time pass in this world',
  truth: 'the state of ThingSpace itself (the product cannot see it)',
};

/** More commands of a console: by the word with its arguments, a line of help and the action. */
export type Extra = Record<string, { help: string; does(rest: string): string | Promise<string> }>;

/** Returns the answer to a typed line: an operator plays everybody around the function. Never throws. */
export function createConsole(
  world: World,
  { without = [], extra = {} }: { without?: readonly string[]; extra?: Extra } = {},
): (line: string) => Promise<string> {
  const { platform, username, clock, aws } = world;
  const helps = Object.entries(HELP).filter(([word]) => !without.includes(word));
  for (const [word, { help }] of Object.entries(extra)) helps.push([word, help]);
  const help = `Type:\n${helps.map(([word, text]) => `  ${word.padEnd(19)}${text}\n`).join('')}  help\n`;
  const more = Object.entries(extra).map(([word, { does }]) => [word.split(' ')[0], does]);
  const commands: Record<string, (rest: string) => string | Promise<string>> = {
    help: () => help,
    ...Object.fromEntries(more),
    inbox: () => {
      const lines = aws.sns.published.map(
        ({ atMs, subject }, index) => `${index + 1}  ${iso(atMs)}  ${subject ?? '(no subject)'}`,
      );
      return lines.length === 0 ? 'No message yet.' : lines.join('\n');
    },
    mail: (rest) => {
      const found = aws.sns.published[Number(rest) - 1];
      return found ? (found.byProtocol?.email ?? found.message) : 'There is no such message: see inbox.';
    },
    reset: (given) => {
      const password = given === '' ? `Support-${randomInt(1_000_000, 10_000_000)}` : given;
      platform.support.reset(username, password);
      return (
        `Support has reset the password of ${username} and unlocked it, at ${iso(clock.nowMs())}. ` +
        `The voice on the phone reads: ${password}`
      );
    },
    unlock: () => {
      platform.support.unlock(username);
      return `Support has unlocked ${username}, at ${iso(clock.nowMs())}.`;
    },
    check: async () => {
      const ended = await world.invoke({ Recover: world.secretArn });
      return ended.ok
        ? 'The check ended well.'
        : `The check ended in ${ended.error.errorType}: ${ended.error.errorMessage}`;
    },
    forward: (rest) => {
      const minutes = Number(rest);
      if (!(minutes > 0)) return 'Say how many minutes: forward 25';
      clock.advance(minutes * MINUTE_MS);
      return aheadOf(world);
    },
    truth: () => {
      const { locked, consecutiveFailures, passwords } = platform.truth(username);
      const current = world.storedPassword() === passwords.at(-1) ? 'works' : 'does NOT work';
      return `${username}: ${consecutiveFailures} failures in a row, ${locked ? 'LOCKED' : 'not locked'}; AWSCURRENT ${current}.`;
    },
  };
  return async (line) => {
    const [, word = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
    if (word === '') return '';
    const command = without.includes(word) || !Object.hasOwn(commands, word) ? undefined : commands[word];
    return command ? command(rest) : `There is no "${word}".\n${help}`;
  };
}

/** How far this world's time has run away from the machine's: a time that an operator types must be of this world. */
export function aheadOf({ clock }: Pick<World, 'clock'>): string {
  const minutes = Math.round((clock.nowMs() - Date.now()) / MINUTE_MS);
  return `This world's clock says ${iso(clock.nowMs())}: ${minutes} minutes ahead of this machine's.`;
}

/** Answers each line of `input` until it ends. */
export function readConsole(
  input: Readable,
  answer: (line: string) => Promise<string>,
  say: (text: string) => void,
): void {
  const lines = createInterface({ input });
  let last: Promise<void> = Promise.resolve();
  lines.on('line', (line) => {
    // One after the other, in the order in which they were typed.
    last = last.then(async () => {
      const text = await answer(line);
      if (text !== '') say(`${text}\n`);
    });
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();
