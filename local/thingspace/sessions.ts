import { CODES } from './codes.ts';
import type { Random } from './random.ts';

/** The API through which a request came. An application key belongs to REST alone. */
export type Door = {
  transport: 'soap' | 'rest';
  apiKey?: string;
  /** The one username that the application key may use; a log-in with another one fails and counts. */
  owner?: string | undefined;
};

export type SessionOptions = {
  /** Whether a session of one API is valid at the other; not published. @default false */
  sessionsCrossTransports?: boolean;
  /** Told of each session token, over either API. */
  onSession?: (token: string) => void;
};

type Session<Account> = { account: Account; door: Door; usedAtMs: number };

export type Found<Account> = { ok: true; value: Session<Account> } | { ok: false; code: string };

/** The sessions of one platform. Each is an entry under its token. */
export type Sessions<Account> = {
  /** Returns the token of a new session. */
  open(account: Account, door: Door): string;
  /** Returns the session and keeps it alive, or the code of the refusal. */
  use(token: string, door: Door): Found<Account>;
  end(token: string): void;
  endAllOf(account: Account): void;
};

const SESSION_IDLE_MS = 20 * 60_000;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function createSessions<Account>(
  clock: { nowMs(): number },
  random: Random,
  { sessionsCrossTransports = false, onSession }: SessionOptions,
): Sessions<Account> {
  const sessions = new Map<string, Session<Account>>();
  /** Whether a session is valid beside the bearer of another key is not published: here it is not. */
  const belongs = (to: Door, { transport, apiKey }: Door): boolean =>
    to.transport === transport ? to.apiKey === apiKey : sessionsCrossTransports;
  return {
    open(account, door) {
      const token = drawGuid(random);
      sessions.set(token, { account, door, usedAtMs: clock.nowMs() });
      onSession?.(token);
      return token;
    },
    use(token, door) {
      if (!GUID.test(token)) return { ok: false, code: CODES.sessionFormat };
      const session = sessions.get(token);
      if (!session || !belongs(session.door, door)) return { ok: false, code: CODES.sessionInvalid };
      // At exactly 20 idle minutes the session is dead: the stricter reading.
      if (clock.nowMs() - session.usedAtMs >= SESSION_IDLE_MS)
        return { ok: false, code: CODES.sessionExpired };
      session.usedAtMs = clock.nowMs();
      return { ok: true, value: session };
    },
    end: (token) => void sessions.delete(token),
    endAllOf(account) {
      for (const [token, session] of sessions) if (session.account === account) sessions.delete(token);
    },
  };
}

export function drawGuid(random: Random): string {
  const hex = (length: number) => Array.from({ length }, () => random.below(16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}
