import { PresentableError } from '../lambda/errors.ts';
import { open, readOpened } from '../lambda/sealing/open-answer.ts';
import type { Desk } from './desk.ts';
import { noSealedAnswer } from './errors.ts';
import { inLog, replacing } from './logged-answers.ts';
import { inPlainText, sourceOf } from './plain-answer.ts';
import { inLedger } from './sealed-answers.ts';
import type { Sight } from './sight.ts';

/**
 * The password in the first sealed answer that holds one: the journal's, then those that were set aside. Where the
 * ledger's table is another one, its answers may be old: then those of ledger and log that replaced AWSCURRENT.
 * @throws NoSealedAnswerError when none holds one that can be read
 */
export async function passwordFromSealed(desk: Desk, sight: Sight): Promise<string> {
  const { username, state, now, secretArn, holder } = sight;
  const aside = username === undefined ? {} : await desk.ledger.readSetAside(username);
  const inTable = inLedger(state, aside);
  const isOther = username !== undefined && state.countUnknownSince !== undefined;
  const answers = isOther
    ? await replacing([...(await inLog(desk, secretArn, now)), ...inTable], username, holder)
    : inTable;
  const problems: string[] = [];
  for (const { envelopes } of answers) {
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
  throw noSealedAnswer(
    `${isOther ? 'Ledger and log show no sealed answer that replaced the password in AWSCURRENT' : 'The ledger keeps no sealed answer from which a password can be read'}.${problems.map((text) => ` ${text}`).join('')} ` +
      'To look into it yourself: `open --out FILE`.',
  );
}
