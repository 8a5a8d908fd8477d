import type { ConductorEvent } from '../conductor.ts';
import { FAULTS } from '../faults.ts';
import type { Call } from '../gateway/gateway.ts';
import type { PersonEvent } from '../person.ts';
import type { PlatformEvent } from '../thingspace/platform.ts';
import type { World } from '../world.ts';

/** One line of a timeline. No member holds a secret; times are the world's, milliseconds since 1970. */
export type Entry =
  | ConductorEvent
  | PersonEvent
  | ({ atMs: number } & (
      | ({ kind: 'call'; durationMs: number } & Omit<Call, 'index' | 'startedAtMs' | 'endedAtMs'>)
      | { kind: 'moment'; moment: Moment }
      | { kind: 'alarm'; subject: string; severity: string; event: string }
    ));

/** A change of the truth that only the simulator and an observer can see. */
export type Moment =
  | { what: 'old-password-died' | 'username-locked' | 'logged-in' | 'count-cleared' }
  | { what: 'current-is-right'; staleMs: number }
  | { what: 'failed-log-in'; operation: string; consecutiveFailures: number };

export type Listener = (entry: Entry) => void;

/** Returns the fault of a call in words; undefined for a call that was delivered. */
export const faultOf = (fate: Call['fate']): string | undefined =>
  fate === 'ok' || fate === 'undecided' ? undefined : FAULTS[fate];

/**
 * Watches a world from now on and tells what happens as it happens. After every call it looks at the truth
 * (the simulator's password, what AWSCURRENT holds, what was published), which the function cannot see.
 */
export function recordTimeline(
  world: World,
  listener: Listener = () => {},
): { readonly entries: readonly Entry[]; stop(): void } {
  const { gateway, conductor, person, platform, aws, clock } = world;
  const entries: Entry[] = [];
  const add = (entry: Entry): void => {
    entries.push(entry);
    listener(entry);
  };
  let eventsSeen = platform.events.length;
  let alarmsSeen = aws.sns.published.length;
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
  const addCall = ({ index, startedAtMs: atMs, endedAtMs = atMs, ...call }: Call): void =>
    add({ kind: 'call', atMs, durationMs: endedAtMs - atMs, ...call });

  /** Calls that were begun and not answered: they are told when their step is over. */
  const unanswered = new Set<Call>();
  let watching = true;
  gateway.subscribe((call, phase) => {
    if (!watching || call.operation === 'RotateSecret') return;
    if (phase === 'start') {
      unanswered.add(call);
      return;
    }
    if (unanswered.delete(call)) addCall(call);
    lookAtTheTruth();
  });
  person.subscribe((event) => {
    if (watching) add(event);
  });
  conductor.subscribe((event) => {
    if (!watching) return;
    if (event.kind !== 'step-start') {
      unanswered.forEach(addCall);
      unanswered.clear();
      lookAtTheTruth();
    }
    add(event);
  });
  return {
    entries,
    stop: () => {
      watching = false;
    },
  };
}

function momentOf(event: PlatformEvent): Moment | undefined {
  if (event.kind === 'password-made') return { what: 'old-password-died' };
  if (event.kind === 'locked') return { what: 'username-locked' };
  if (event.kind === 'logged-in') return { what: 'logged-in' };
  if (event.kind === 'reset' || event.kind === 'unlocked') return { what: 'count-cleared' };
  if (event.kind !== 'refused') return undefined;
  const { operation, consecutiveFailures } = event;
  return { what: 'failed-log-in', operation, consecutiveFailures };
}
