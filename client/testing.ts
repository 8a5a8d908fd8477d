/** A session for the tests of an app: no AWS, no ThingSpace, no password. docs/apps.md has an example. */

import { AwsCallError } from '../lambda/aws-call.ts';
import { LedgerUnavailableError } from '../lambda/ledger/errors.ts';
import type { Bearers } from '../lambda/session/bearers.ts';
import {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionClosedError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../lambda/session/errors.ts';
import { sessionOver } from '../lambda/session/session.ts';
import { quietly, type Source } from '../lambda/session/source.ts';
import type { ClientClock } from '../lambda/session/waiting.ts';
import { type FakeAnswer, refusals, type Sent, sentIn } from './fake-answers.ts';
import type { Session, SessionEvent, Transport } from './index.ts';

export type { FakeAnswer } from './fake-answers.ts';

/**
 * The troubles that end in an error: `refused` (LogInRefusedError), `stopped` (LogInStoppedError), `waits`
 * (LogInWaitsError, with `retryAt`), `unavailable` (ThingSpaceUnavailableError), `setup` (SessionSetupError), `aws`
 * (AwsCallError), `ledger` (LedgerUnavailableError).
 */
export type FakeTrouble = 'refused' | 'stopped' | 'waits' | 'unavailable' | 'setup' | 'aws' | 'ledger';

export type FakeSettings = {
  /** @default 'soap' */
  transport?: Transport | undefined;
  /** How long a caller waits, after `hold` for example. @default 30_000 */
  patienceMs?: number | undefined;
  /** Called for every event, as by `createSession`. */
  onEvent?: ((event: SessionEvent) => void) | undefined;
};

/**
 * A session as `createSession` returns it, with the same rules for waiting, idle time, repetition and closing. The
 * other members script what happens to it.
 */
export interface FakeSession extends Session {
  /** How often it has logged in. */
  readonly logIns: number;
  /** Ends the session in ThingSpace: from now on requests with its token are refused. */
  end(): void;
  /** Revokes the bearer, as another program with the application's key may do. */
  revokeBearer(): void;
  /** Lets every request for a session fail, until `work`. A session that is open stays in use. */
  fail(trouble: FakeTrouble | Error): void;
  /** Lets requests for a session wait, until `work`: to a caller without patience a rotation looks like this. */
  hold(): void;
  /** Ends `fail` and `hold`. */
  work(): void;
  /**
   * The part of ThingSpace in a stub server: returns the answer to a request that ThingSpace or its gateway would
   * refuse, and undefined for a request in the live session.
   * @param sent over REST the headers of the request; over SOAP the token in its envelope
   */
  refusalOf(sent: Sent): FakeAnswer | undefined;
}

const HOUR_MS = 60 * 60_000;
const VERSION = 'fake-version';
const ERRORS: Record<FakeTrouble, () => Error> = {
  refused: () => new LogInRefusedError(`The fake session refused version ${VERSION}.`, undefined, VERSION),
  stopped: () => new LogInStoppedError('The fake session lets no process log in.', undefined, VERSION),
  waits: () => new LogInWaitsError('The fake session waits for a minute.', Date.now() + 60_000, VERSION),
  unavailable: () =>
    new ThingSpaceUnavailableError('The fake session cannot be reached.', undefined, VERSION),
  setup: () =>
    new SessionSetupError('The fake session has a secret that cannot be used.', undefined, VERSION),
  aws: () =>
    new AwsCallError('secretsmanager:GetSecretValue', {
      name: 'InternalServiceError',
      message: 'the fake session has no AWS',
      $metadata: { httpStatusCode: 500 },
    }),
  ledger: () => new LedgerUnavailableError('The fake session has no ledger.'),
};

/** Creates a session for tests. Its timers are the global ones, so the fake timers of a test framework move it. */
export function fakeSession(settings: FakeSettings = {}): FakeSession {
  const { transport = 'soap', patienceMs = 30_000, onEvent } = settings;
  let state: { kind: 'works' } | { kind: 'fails'; error: () => Error } | { kind: 'holds' } = {
    kind: 'works',
  };
  let wake: (() => void)[] = [];
  let [logIns, endedUpTo, bearers] = [0, 0, 1];
  const emit = quietly(onEvent);

  const become = (next: typeof state) => {
    state = next;
    for (const one of wake) one();
    wake = [];
  };

  const source: Source = {
    async obtain() {
      while (state.kind === 'holds') await new Promise<void>((resolve) => wake.push(resolve));
      if (state.kind === 'fails') throw state.error();
      logIns += 1;
      emit({ kind: 'logged-in', generation: logIns, versionId: VERSION, tookMs: 0 });
      return { token: tokenOf(logIns), generation: logIns, idleMs: 0, key: {} };
    },
    noteUse: async () => undefined,
    readSecretAgain: () => undefined,
    noteBearerRefused: async () => 0,
  };
  // The token service gives the same bearer again until it is revoked.
  const tokenService: Bearers = {
    of: async () => ({ bearer: bearerOf(bearers), endsAtMs: clock.nowMs() + HOUR_MS }),
    refused: () => undefined,
  };
  const session = sessionOver({
    source,
    bearers: transport === 'rest' ? tokenService : undefined,
    clock,
    patienceMs,
    onEvent: emit,
  });

  return {
    ...session,
    get logIns() {
      return logIns;
    },
    end() {
      endedUpTo = logIns;
    },
    revokeBearer() {
      bearers += 1;
    },
    fail: (trouble) =>
      become({
        kind: 'fails',
        error: () => (typeof trouble === 'string' ? ERRORS[trouble]() : trouble),
      }),
    close() {
      // A log-in under way ends by itself in ThingSpace; a held one would keep `close` waiting.
      if (state.kind === 'holds') become({ kind: 'fails', error: () => new SessionClosedError() });
      return session.close();
    },
    hold: () => become({ kind: 'holds' }),
    work: () => become({ kind: 'works' }),
    refusalOf(sent) {
      const { token, bearer } = sentIn(sent);
      if (transport === 'rest' && bearer !== bearerOf(bearers)) return refusals.bearer();
      const isLive = logIns > endedUpTo && token === tokenOf(logIns);
      return isLive ? undefined : refusals.session(transport);
    },
  };
}

const tokenOf = (generation: number): string => `fake-token-${generation}`;
const bearerOf = (count: number): string => `fake-bearer-${count}`;

const clock: ClientClock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};
