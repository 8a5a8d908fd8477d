import type { SessionEvent } from '../../lambda/session/source.ts';

/** The log of the agent: one line an event. No line holds a token, a bearer or a password. */
export type AgentLog = {
  /** @param about the credential, where it is about one */
  say(event: string, words: string, about?: string): void;
  /** The same for what may happen at every request: once a minute, with the number of the lines left out. */
  sayOften(event: string, words: string, about?: string): void;
};

const MINUTE_MS = 60_000;

/**
 * @param write takes one line
 * @param nowMs milliseconds since 1970
 */
export function agentLog(write: (line: string) => void, nowMs: () => number, asJson = false): AgentLog {
  const often = new Map<string, { saidAtMs: number; leftOut: number }>();

  function say(event: string, words: string, credential?: string): void {
    const time = new Date(nowMs()).toISOString();
    const message = words.replaceAll(/\s*\n\s*/g, ' ');
    if (asJson) write(JSON.stringify({ time, event, credential, message }));
    else write(`${time} ${credential === undefined ? '' : `${credential}: `}${message}`);
  }

  return {
    say,
    sayOften(event, words, credential) {
      const key = JSON.stringify([event, credential]);
      const last = often.get(key);
      if (last && nowMs() - last.saidAtMs < MINUTE_MS) {
        last.leftOut += 1;
        return;
      }
      often.set(key, { saidAtMs: nowMs(), leftOut: 0 });
      const leftOut = last?.leftOut ? ` (${last.leftOut} more since the last such line)` : '';
      say(event, `${words}${leftOut}`, credential);
    },
  };
}

/** Returns the words of a session's event. */
export function wordsOf(event: SessionEvent): string {
  switch (event.kind) {
    case 'logged-in':
      return `logged in to ThingSpace with version ${event.versionId} of the secret; session ${event.generation} (${event.tookMs.toFixed(0)} ms)`;
    case 'joined':
      return `took session ${event.generation}, which the fleet shares`;
    case 'gone':
      return `session ${event.generation} is gone; the next request gets another one`;
    case 'waiting': {
      const until =
        event.retryAt === undefined ? '' : `, until ${new Date(event.retryAt).toISOString()} at most`;
      return `waits for a session (${event.why}${until})`;
    }
    case 'stopped':
      return `no session (${event.why}): ${event.message}`;
    case 'warning':
      return event.message;
  }
}
