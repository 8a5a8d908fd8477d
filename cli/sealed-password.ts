import { PresentableError } from '../lambda/errors.ts';
import { open, readOpened } from '../lambda/sealing/open-answer.ts';
import type { Desk } from './desk.ts';
import { CommandError } from './errors.ts';
import { inPlainText, sourceOf } from './plain-answer.ts';
import { inLedger } from './sealed-answers.ts';
import type { Sight } from './sight.ts';

/**
 * The password in the first sealed answer that holds one: the journal's, then those that were set aside.
 * @throws NoSealedAnswerError when none holds one that can be read
 */
export async function passwordFromSealed(desk: Desk, { username, state }: Sight): Promise<string> {
  const aside = username === undefined ? {} : await desk.ledger.readSetAside(username);
  const problems: string[] = [];
  for (const { envelopes } of inLedger(state, aside)) {
    try {
      const { secretArn } = envelopes[0].header;
      const keyId = desk.settings.sealingKeyId ?? (await desk.store.describe(secretArn)).kmsKeyId ?? '';
      const answer = await open(envelopes, desk.sealerFor(keyId));
      const read = readOpened(answer, () =>
        desk.api.readNewPassword({ ...inPlainText(answer).content, ...sourceOf(answer) }),
      );
      if (read.outcome === 'done') return read.value;
    } catch (failure) {
      if (!(failure instanceof PresentableError)) throw failure;
      problems.push(failure.message);
    }
  }
  throw new CommandError(
    'NoSealedAnswerError',
    `The ledger keeps no sealed answer from which a password can be read.${problems.map((text) => ` ${text}`).join('')} ` +
      'To look into it yourself: `open --out FILE`.',
  );
}
