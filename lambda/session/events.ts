/** An event of a session, for metrics and logs. No member is secret. */
export type SessionEvent =
  /** This process logged in; `tookMs` includes everything around it. */
  | { kind: 'logged-in'; generation: number; versionId: string; tookMs: number }
  /** It took the session that another process of the fleet opened. */
  | { kind: 'joined'; generation: number }
  /** ThingSpace no longer knows the session. */
  | { kind: 'gone'; generation: number }
  /** It waits; another log-in may help from then on (milliseconds since 1970), where that is known. */
  | { kind: 'waiting'; why: string; retryAt: number | undefined }
  /** A log-in opened no session. */
  | { kind: 'stopped'; why: string; versionId: string | undefined; message: string }
  /** A failure beside the session; the session continues. */
  | { kind: 'warning'; message: string };

export type OnEvent = (event: SessionEvent) => void;

/** Wraps the hook: a hook that fails must not cost a session. */
export function quietly(onEvent: OnEvent | undefined): OnEvent {
  return (event) => {
    try {
      onEvent?.(event);
    } catch {
      // The caller's own log or metric failed.
    }
  };
}
