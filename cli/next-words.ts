import { oneLine } from '../lambda/alarms/legible.ts';
import type { Do, Next } from './verdict.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** The tool's own commands, as they are typed. */
export const commandOf = (command: string, secretArn: string | undefined): string =>
  `npm run cli -- ${command} --secret ${secretArn === undefined ? '<name or ARN>' : `'${oneLine(secretArn, 2048).replaceAll("'", '')}'`}`;

const WORDS: Record<Do, (next: Next) => string> = {
  nothing: () => 'No action is needed.',
  wait: ({ until }) => `Wait until ${until === undefined ? 'it is over' : iso(until)}, then look again.`,
  rotate: () => 'Start a rotation, or continue the one that is not over, and watch it.',
  recover: () => 'Make the function finish or settle the pending work. It starts no new rotation.',
  store: () =>
    'Store the right password. If you do not have it, phone M2M Support, have it reset and unlocked, then store that one.',
  'store-username': () => 'The change was a mistake: put the old username back (--set-username).',
  open: () =>
    'Open the sealed answer. If it holds a password, store that: `store --from-sealed` where `open` reads it, `store` where ' +
    'only you do.',
  trial: () => 'You are sure that AWSCURRENT is right: log in with it once. A success clears the count.',
  unlocked: () =>
    'Phone M2M Support: have the username unlocked and its password reset, store the password, then say when they unlocked it.',
  adopt: () => 'The change is meant: let this secret rotate the username from now on.',
  'settle-holder': () => 'Look at the credential that it waits for, and settle that one.',
  release: () =>
    'If the cause cannot affect this credential, override the hold, for this once. It asks first.',
  'rotate-held': () => 'Start the held rotations, one after another; it stops at the first that fails.',
  repair: () =>
    'Repair the fault that is named here or in the last error, and look again; `doctor` names other obstacles.',
};

const COMMANDS: Record<Do, string | undefined> = {
  nothing: undefined,
  wait: undefined,
  rotate: 'rotate',
  recover: 'recover',
  store: 'store',
  'store-username': 'store --set-username <old username>',
  open: 'open',
  trial: 'trial',
  unlocked: 'unlocked --at <when they did, e.g. 2026-01-05T03:10:00Z>',
  adopt: 'adopt',
  repair: 'doctor',
  'settle-holder': 'status',
  release: 'release',
  'rotate-held': 'rotate --held',
};

export const commandFor = (next: Next, secretArn: string | undefined): string | undefined => {
  const command = COMMANDS[next.do];
  return command === undefined ? undefined : commandOf(command, next.secretArn ?? secretArn);
};

/** Renders the first step with its command below it; the other steps follow for the case that it does not help. */
export function nextInWords(next: readonly Next[], secretArn: string | undefined): string[] {
  return next.flatMap((step, index) => {
    const command = commandFor(step, secretArn);
    const waited = next[index - 1]?.do === 'wait';
    const lead = index === 0 ? '' : waited ? 'Then: ' : 'If that does not help: ';
    return [`${lead}${WORDS[step.do](step)}`, ...(command === undefined ? [] : [`  ${command}`])];
  });
}
