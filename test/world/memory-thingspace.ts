import type {
  CallLimits,
  NeverSent,
  Outcome,
  RawAnswer,
  ThingSpaceApi,
  Unknown,
} from '../../lambda/thingspace/api.ts';
import { TooLateToSendError } from '../../lambda/thingspace/call-errors.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import type { Platform } from '../../local/thingspace/platform.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { renderAnswer, renderFault } from '../../local/thingspace/soap/answers.ts';
import { type Operation, operationsOf } from '../../local/thingspace/soap/contract.ts';
import { NetworkError, type Process, type Wire } from './fate.ts';

const GET_NEW_PASSWORD = operationsOf('OldPassword')[2] as Operation;

/** How the answer to GetNewPassword is spoiled on its way, after the platform has acted. */
export type Spoil = (body: Buffer) => RawAnswer | Unknown;

export type Link = {
  spoil?: Spoil | undefined;
  /** GetNewPassword is refused with this code, and nothing is changed. */
  refuse?: string | undefined;
};

/** Told of each password that reaches the platform, and of what the platform answers to it. */
export type PlatformObserver = {
  presented(): void;
  /** Told when a gateway is about to send a request a second time. */
  repeats(): void;
  answered(
    process: Process,
    operation: 'LogIn' | 'GetNewPassword',
    password: string,
    verdict: { ok: true; value: string } | { ok: false; code: string },
  ): void;
};

/** The platform's rules behind the product's own reading of its answers, without HTTP. */
export function thingSpaceInMemory(
  platform: Platform,
  wire: Wire,
  process: Process,
  link: Link,
  observer: PlatformObserver,
  onAnswer: () => void,
): ThingSpaceApi {
  const random = seededRandom(1);

  async function call<T>(
    name: string,
    limits: CallLimits,
    effect: () => { ok: true; value: T } | { ok: false; code: string },
  ): Promise<Outcome<T>> {
    try {
      const verdict = await wire.remote(process, name, () => {
        mustStillLeave(limits);
        return effect();
      });
      return verdict.ok
        ? { outcome: 'done', value: verdict.value }
        : { outcome: 'refused', code: verdict.code };
    } catch (failure) {
      return lost(failure);
    }
  }

  return {
    transport: 'soap',
    prepare: async () => ({ outcome: 'done' }),
    logIn: ({ username, password }, limits) =>
      call('LogIn', limits, () => {
        observer.presented();
        const verdict = platform.logIn(username, password);
        observer.answered(process, 'LogIn', password, verdict);
        return verdict;
      }),
    logOut: async ({ token }, limits) => {
      const outcome = await call('LogOut', limits, () => platform.logOut(token));
      return outcome.outcome === 'done' ? { outcome: 'done', value: undefined } : outcome;
    },
    async getNewPassword({ token }, currentPassword, limits) {
      try {
        const body = await wire.remote(process, 'GetNewPassword', () => {
          mustStillLeave(limits);
          observer.presented();
          const verdict = link.refuse
            ? { ok: false as const, code: link.refuse }
            : platform.getNewPassword(token, currentPassword);
          observer.answered(process, 'GetNewPassword', currentPassword, verdict);
          const text = verdict.ok
            ? renderAnswer(random, GET_NEW_PASSWORD, verdict.value)
            : renderFault(random, verdict.code);
          return Buffer.from(text);
        });
        onAnswer();
        return link.spoil?.(body) ?? { outcome: 'answered', httpStatus: 200, body, complete: true };
      } catch (failure) {
        return lost(failure);
      }
    },
    readNewPassword: (answer) => readNewPassword(answer),
  };
}

/** Asked when the request arrives: a process that was suspended until then would send it now. */
export function mustStillLeave({ mayLeave }: CallLimits): void {
  if (mayLeave?.() === false) throw new TooLateToSendError();
}

export function lost(failure: unknown): NeverSent | Unknown {
  if (failure instanceof TooLateToSendError) return { outcome: 'never-sent', cause: failure };
  if (!(failure instanceof NetworkError)) throw failure;
  return failure.message.includes('did not arrive')
    ? { outcome: 'never-sent', cause: failure }
    : { outcome: 'unknown', cause: failure };
}
