import type { ConductorEvent } from '../conductor/rotate.ts';
import type { Call } from '../gateway/call.ts';
import type { PlatformEvent } from '../thingspace/platform.ts';
import type { World } from '../world.ts';
import type { Entry, Listener, Moment } from './entry.ts';

export type Timeline = { readonly entries: readonly Entry[]; stop(): void };

/**
 * Watches a world from now on and tells what happens as it happens. After every call it looks at the truth
 * (the simulator's password, what AWSCURRENT holds, what was published), which the function cannot see.
 */
export function recordTimeline(world: World, listener: Listener = () => {}): Timeline {
  const { gateway, conductor, platform, aws, clock } = world;
  const entries: Entry[] = [];
  const add = (entry: Entry): void => {
    entries.push(entry);
    listener(entry);
  };
  let eventsSeen = platform.events.length;
  let alarmsSeen = aws.sns.published.length;
  let stepStartedAtMs = 0;
  let diedAtMs: number | undefined;

  const lookAtTheTruth = (): void => {
    for (const event of platform.events.slice(eventsSeen)) {
      const moment = momentOf(event);
      if (moment) add({ kind: 'moment', atMs: event.atMs, moment });
      if (event.kind === 'password-made') diedAtMs = event.atMs;
    }
    eventsSeen = platform.events.length;
    if (diedAtMs !== undefined && world.storedPassword() === platform.truth(world.username).password) {
      const atMs = clock.nowMs();
      add({ kind: 'moment', atMs, moment: { what: 'current-is-right', staleMs: atMs - diedAtMs } });
      diedAtMs = undefined;
    }
    for (const { atMs, subject = '', attributes } of aws.sns.published.slice(alarmsSeen)) {
      const attribute = (name: string) => attributes[name]?.value ?? '';
      add({ kind: 'alarm', atMs, subject, severity: attribute('severity'), event: attribute('event') });
    }
    alarmsSeen = aws.sns.published.length;
  };

  /** Calls that were begun and not answered: they are told when their step is over. */
  const unanswered = new Set<Call>();
  let watching = true;
  gateway.subscribe((call, phase) => {
    if (!watching || call.operation === 'RotateSecret') return;
    if (phase === 'start') {
      unanswered.add(call);
      return;
    }
    if (unanswered.delete(call)) add(callEntry(call));
    lookAtTheTruth();
  });
  conductor.subscribe((event) => {
    if (!watching) return;
    if (event.kind === 'step-start') {
      stepStartedAtMs = event.atMs;
      return add(event);
    }
    for (const call of unanswered) add(callEntry(call));
    unanswered.clear();
    lookAtTheTruth();
    add(conductorEntry(event, stepStartedAtMs));
  });
  return {
    entries,
    stop: () => {
      watching = false;
    },
  };
}

function momentOf(event: PlatformEvent): Moment | undefined {
  switch (event.kind) {
    case 'password-made':
      return { what: 'old-password-died' };
    case 'locked':
      return { what: 'username-locked' };
    case 'refused': {
      const { operation, consecutiveFailures } = event;
      return { what: 'failed-log-in', operation, consecutiveFailures };
    }
    default:
      return undefined;
  }
}

function callEntry(call: Call): Entry {
  const {
    service,
    operation,
    startedAtMs,
    endedAtMs = startedAtMs,
    httpStatus,
    errorName,
    fate,
    detail,
  } = call;
  return {
    kind: 'call',
    atMs: startedAtMs,
    service,
    operation,
    durationMs: endedAtMs - startedAtMs,
    ...(httpStatus !== undefined && { httpStatus }),
    ...(errorName !== undefined && { errorName }),
    ...(fate !== 'deliver' && { fault: FAULTS[fate] ?? fate }),
    ...(detail && { detail }),
  };
}

const FAULTS: Partial<Record<Call['fate'], string>> = {
  answer: 'not delivered; answered with an error',
  'deliver-then-answer': 'took effect; answered with an error',
  'lose-request': 'not delivered; connection reset',
  'lose-response': 'took effect; connection reset before a byte came back',
  hang: 'never answered',
  cut: 'took effect; answer cut off',
  kill: 'process killed (SIGKILL)',
};

function conductorEntry(event: Exclude<ConductorEvent, { kind: 'step-start' }>, startedAtMs: number): Entry {
  const { atMs } = event;
  switch (event.kind) {
    case 'step-end': {
      const { step, attempt, result } = event;
      const error = result.ok
        ? {}
        : { error: { type: result.error.errorType, message: result.error.errorMessage } };
      return { kind: 'step', atMs, step, attempt, durationMs: atMs - startedAtMs, ...error };
    }
    case 'time-passes':
      return { kind: 'time-passes', atMs, ms: event.ms };
    default:
      return { kind: 'rotation', atMs, what: ROTATION[event.kind], token: event.token };
  }
}

const ROTATION = {
  RotationStarted: 'started',
  RotationSucceeded: 'succeeded',
  RotationFailed: 'failed',
} as const;
