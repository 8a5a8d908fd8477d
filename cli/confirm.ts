import type { Terminal } from './desk.ts';
import { NotConfirmedError } from './errors.ts';

/** @throws NotConfirmedError unless `--yes` was given or the person answers y */
export async function confirmed(
  terminal: Terminal,
  yes: boolean | undefined,
  question: string,
): Promise<void> {
  if (yes) return;
  if (!terminal.isTty) {
    throw new NotConfirmedError(
      'Nobody can be asked here (this is no terminal): add --yes. Nothing was done.',
    );
  }
  if (!(await terminal.confirm(question))) throw new NotConfirmedError('Not confirmed. Nothing was done.');
}
