import type { DataKey } from '../sealing/data-key.ts';
import type { StepInvocation } from './context.ts';

/**
 * Has KMS make a data key while `work` begins, and wipes the key when `work` has ended. A failure of KMS is thrown where
 * `work` awaits the key, and nowhere else: a rotation that needs no key ends well without one. The invocation does not
 * end before KMS has answered: Lambda would freeze the call, and the key would come in a later invocation, unwiped.
 */
export async function withDataKey<T>(
  { sealer, secretArn, token }: StepInvocation,
  work: (key: Promise<DataKey>) => Promise<T>,
): Promise<T> {
  const key = sealer.newKey({ secretArn, token });
  const wiped = key.then(
    ({ plaintext }) =>
      () =>
        void plaintext.fill(0),
    () => () => undefined,
  );
  try {
    return await work(key);
  } finally {
    (await wiped)();
  }
}
