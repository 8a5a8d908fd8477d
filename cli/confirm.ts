import type { Terminal } from './desk.ts';
import { cancelled, NotConfirmedError } from './errors.ts';
import { EXIT } from './exit-codes.ts';

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
      EXIT.wrong,
    );
  }
  if ((await terminal.confirm(question)) !== 'yes') throw cancelled();
}
