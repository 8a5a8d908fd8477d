/** One line of a timeline. Nothing in it is secret; times are the world's, milliseconds since 1970. */
export type Entry = { atMs: number } & (
  | { kind: 'rotation'; what: 'started' | 'succeeded' | 'failed'; token: string }
  | { kind: 'step-start'; step: string; attempt: number }
  | {
      kind: 'step';
      step: string;
      attempt: number;
      durationMs: number;
      error?: { type: string; message: string };
    }
  | {
      kind: 'call';
      service: string;
      operation: string;
      durationMs: number;
      httpStatus?: number;
      errorName?: string;
      /** What was done to the call, where it was not simply delivered. */
      fault?: string;
      detail?: Record<string, string>;
    }
  | { kind: 'time-passes'; ms: number }
  | { kind: 'moment'; moment: Moment }
  | { kind: 'alarm'; subject: string; severity: string; event: string }
);

/** What changed in the truth that only the simulator and an observer can see. */
export type Moment =
  | { what: 'old-password-died' }
  | { what: 'current-is-right'; staleMs: number }
  | { what: 'failed-log-in'; operation: string; consecutiveFailures: number }
  | { what: 'username-locked' };

export type Listener = (entry: Entry) => void;
