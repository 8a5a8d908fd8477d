import type { Terminal } from './desk.ts';
import { cancelled, NotConfirmedError } from './errors.ts';

/** @throws NotConfirmedError unless `--yes` was given or the operator answers y */
export async function confirmed(
  terminal: Terminal,
  yes: boolean | undefined,
  question: string,
): Promise<void> {
  if (yes) return;
  if (!terminal.isTty) {
    throw new NotConfirmedError(
      'The question needs a terminal, and this is not one: add --yes. No change was made.',
    );
  }
  const answer = await terminal.confirm(question);
  if (answer === 'cancelled') throw cancelled();
  if (answer === 'no') throw new NotConfirmedError('Not confirmed. No change was made.');
}
