import type { AlarmEvent } from '../event.ts';
import { oneLine } from '../legible.ts';

/** A call of the operator's tool (cli/) about an event's credential, safe to paste into a shell. */
export function operatorCommand(
  command: 'status' | 'rotate' | 'recover' | 'store' | 'trial' | 'unlocked' | 'adopt' | 'release',
  { secretArn }: AlarmEvent,
): string {
  const when = command === 'unlocked' ? ' --at "$UNLOCKED_AT"   # when they did: 2026-01-05T03:10:00Z' : '';
  return `npm run cli -- ${command} --secret ${quoted(oneLine(secretArn, 2048))}${when}`;
}

/**
 * The command that opens a sealed answer also names the username, because it must work while the secret cannot be read.
 */
export function openCommand({ username, secretArn }: AlarmEvent): string {
  const secret = quoted(oneLine(secretArn, 2048));
  return `npm run cli -- open --secret ${secret} --username ${quoted(oneLine(username))} --out "$HOME/answer"`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", '')}'`;
