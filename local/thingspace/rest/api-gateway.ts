import type { SeenRequest } from '../../gateway/protocols.ts';
import type { Random } from '../random.ts';
import type { Application, Bearers } from './bearers.ts';
import { DEVICE_CALLS, type DeviceCall } from './device-calls.ts';
import { SESSION_CALLS, type SessionCall } from './session-calls.ts';
import { type RestAnswer, SHAPES, wordsOf } from './shapes.ts';
import { createThrottle } from './throttle.ts';

export type ApiSwitches = {
  /** Token requests that are admitted; the others are throttled. @default all */
  tokenRequestsPerMinute?: number;
  /** Log-ins that are admitted; the others are throttled. @default all */
  logInsPerMinute?: number;
};

type Options = {
  clock: { nowMs(): number };
  bearers: Bearers;
  switches: ApiSwitches;
  random: Random;
  /** The path before every session call. */
  base: string;
};

/** A request that reaches the backend. Without an application its bearer is one of a sandbox. */
export type Admitted = { ok: true; call: SessionCall | DeviceCall; application: Application | undefined };

/** The gateway before the backend: bearer, address, method, throttling, and a backend that it takes for broken. */
export function createApiGateway({ clock, bearers, switches, random, base }: Options) {
  const tokenRequests = createThrottle(clock, () => switches.tokenRequestsPerMinute);
  const logIns = createThrottle(clock, () => switches.logInsPerMinute);
  let suspendedUntilMs = 0;

  const refuse = (status: number, code: string, echo = ''): { ok: false; answer: RestAnswer } => {
    // The published examples hold texts; the gateway has written numbers too.
    const written = random.oneIn(3) ? Number(code) : code;
    return { ok: false, answer: SHAPES.nested(status, written, wordsOf(code, echo)) };
  };

  return {
    /** Returns the refusal of a token request that is one too many. */
    admitTokenRequest: (): RestAnswer | undefined =>
      tokenRequests.admits() ? undefined : refuse(429, '900803').answer,

    admit(seen: SeenRequest): Admitted | { ok: false; answer: RestAnswer } {
      const bearer = /^Bearer (.+)$/.exec(String(seen.headers.authorization))?.[1];
      const standing = bearers.standing(bearer);
      if (standing.state === 'missing') return refuse(401, '900902');
      // The description may repeat the bearer, as careless services do.
      if (standing.state === 'unknown' || standing.state === 'expired')
        return refuse(401, '900901', random.oneIn(3) ? `. Token: ${bearer}` : '');
      const call = [...SESSION_CALLS, ...DEVICE_CALLS].find(({ path }) => seen.path === `${base}${path}`);
      if (!call) return refuse(404, '900906');
      if (call.method !== seen.method) return refuse(405, '900906');
      if ('output' in call && call.output === 'sessionToken' && !call.needsSession && !logIns.admits())
        return refuse(429, '900804');
      if (clock.nowMs() < suspendedUntilMs) return refuse(503, '303001');
      return {
        ok: true,
        call,
        application: standing.state === 'valid' ? standing.application : undefined,
      };
    },

    suspendBackend(ms = 30_000): void {
      suspendedUntilMs = clock.nowMs() + ms;
    },
  };
}
