import { describe, expect, test } from 'vitest';
import type { Bearers } from '../../lambda/session/bearers.ts';
import {
  BearerRefusedError,
  SessionClosedError,
  SessionGoneError,
  SessionSetupError,
} from '../../lambda/session/errors.ts';
import { sessionOver } from '../../lambda/session/session.ts';
import { IDLE_LIMIT_MS } from '../../lambda/session/session-item.ts';
import type { Source } from '../../lambda/session/source.ts';
import { virtualClock } from './virtual-clock.ts';

/** A source that opens a session whenever it is asked, after `tookMs`. */
function setUp({ tookMs = 0, idleMs = 0, rest = false, everythingSaysGone = false } = {}) {
  const clock = virtualClock(0);
  const asked: number[] = [];
  const noted: number[] = [];
  const ended: (number | 'clients')[] = [];
  let generation = 0;
  const patience: { untilMs: number }[] = [];
  const fleet = { bearerRefusedAt: 0 };
  const source: Source = {
    async obtain(gone, ofCallers) {
      asked.push(gone);
      patience.push(ofCallers);
      if (tookMs > 0) await clock.sleep(tookMs);
      generation += 1;
      ended.push(generation);
      return { token: `token ${generation}`, generation, idleMs, key: {}, ...fleet };
    },
    noteUse: async (used) => void noted.push(used),
    readSecretAgain: () => {
      held.key = 'works';
    },
    async noteBearerRefused() {
      fleet.bearerRefusedAt += 1;
      return fleet.bearerRefusedAt;
    },
  };
  const events: unknown[] = [];
  const held = { bearer: 'bearer 1', again: 'bearer 2', key: 'works', endsAtMs: 3_600_000 };
  const bearers: Bearers = {
    async of(_key, patienceMs) {
      if (held.key === 'slow') await clock.sleep(Math.min(patienceMs, 5_000));
      if (held.key === 'wrong') throw new SessionSetupError('wrong');
      return { bearer: held.bearer, endsAtMs: held.endsAtMs };
    },
    refused(bearer) {
      if (bearer === held.bearer) held.bearer = held.again;
    },
  };
  const session = sessionOver({
    source,
    bearers: rest ? bearers : undefined,
    clock,
    patienceMs: 30_000,
    saysSessionGone: (error) => everythingSaysGone || error instanceof SessionGoneError,
    onEvent: (event) => events.push(event),
    random: () => 1,
    closeClients: () => ended.push('clients'),
  });
  return { clock, session, asked, noted, ended, events, patience, held, fleet };
}

describe('one process', () => {
  test('shares one request for a session between a thousand callers', async () => {
    const { session, asked } = setUp({ tookMs: 500 });
    const tokens = await Promise.all(Array.from({ length: 1_000 }, () => session.token()));
    expect(new Set(tokens)).toEqual(new Set(['token 1']));
    expect(asked).toEqual([0]);
  });

  test('keeps a token that is in use for good', async () => {
    const { session, clock, asked } = setUp();
    for (let hour = 0; hour < 100; hour += 1) {
      expect(await session.token()).toBe('token 1');
      clock.advance(IDLE_LIMIT_MS - 1);
    }
    expect(asked).toHaveLength(1);
  });

  test('no longer uses a token at exactly the idle limit', async () => {
    const { session, clock } = setUp();
    await session.token();
    clock.advance(IDLE_LIMIT_MS);
    expect(await session.token()).toBe('token 2');
  });

  test('repeats a call once with another token when the session is gone', async () => {
    const { session, asked, events } = setUp();
    const seen: string[] = [];
    const result = await session.withSession((token) => {
      seen.push(token);
      if (seen.length === 1) throw new SessionGoneError();
      return 'done';
    });
    expect(result).toBe('done');
    expect(seen).toEqual(['token 1', 'token 2']);
    expect(asked).toEqual([0, 1]);
    expect(events).toContainEqual({ kind: 'gone', generation: 1 });
  });

  test('repeats a call five times at most, with growing pauses, when each session is gone', async () => {
    const { session, clock } = setUp();
    const seen: [string, number][] = [];
    await expect(
      session.withSession((token) => {
        seen.push([token, clock.nowMs()]);
        throw new SessionGoneError();
      }),
    ).rejects.toThrow(SessionGoneError);
    expect(seen.map(([token]) => token)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `token ${number}`));
    const pausesMs = seen.slice(1).map(([, atMs], at) => atMs - (seen[at]?.[1] ?? 0));
    expect(pausesMs).toEqual([0, 250, 500, 1_000, 2_000]);
    expect(await session.token()).toBe('token 7');
  });

  test('stops repeating a call whose session is gone when its patience ends', async () => {
    const { session, asked } = setUp({ tookMs: 400 });
    const gone = () => {
      throw new SessionGoneError();
    };
    await expect(session.withSession(gone, { patienceMs: 1_000 })).rejects.toThrow(SessionGoneError);
    expect(asked).toEqual([0, 1]);
  });

  test('takes no patience for the time of the app’s own request', async () => {
    const { session, clock } = setUp();
    let runs = 0;
    const slow = async () => {
      runs += 1;
      await clock.sleep(60_000);
      if (runs === 1) throw new SessionGoneError();
      return 'done';
    };
    expect(await session.withSession(slow)).toBe('done');
  });

  test('repeats a call only when the session is gone', async () => {
    const { session } = setUp();
    let runs = 0;
    const failure = new Error('ECONNRESET');
    await expect(
      session.withSession(() => {
        runs += 1;
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(runs).toBe(1);
    expect(await session.token()).toBe('token 1');
  });

  test('asks for one session when a hundred requests meet one expiry', async () => {
    const { session, asked } = setUp({ tookMs: 100 });
    await session.token();
    await Promise.all(
      Array.from({ length: 100 }, () =>
        session.withSession((token) => {
          if (token === 'token 1') throw new SessionGoneError();
        }),
      ),
    );
    expect(asked).toEqual([0, 1]);
  });

  test('no longer returns a token that the caller dropped, but keeps it for an older one', async () => {
    const { session } = setUp();
    const first = await session.token();
    session.drop(first);
    expect(await session.token()).toBe('token 2');
    session.drop(first);
    expect(await session.token()).toBe('token 2');
  });

  test('records its use for the fleet every five minutes at most', async () => {
    const { session, clock, noted } = setUp();
    await session.token();
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60_000);
      await session.token();
    }
    expect(noted).toEqual([1, 1, 1, 1]);
  });
});

describe('over REST', () => {
  const HEADERS = { Authorization: 'Bearer bearer 1', 'VZ-M2M-Token': 'token 1' };

  test('returns the headers of a call, and hands them to the function', async () => {
    const { session } = setUp({ rest: true });
    expect(await session.headers()).toEqual(HEADERS);
    expect(await session.withSession((token, headers) => ({ token, headers }))).toEqual({
      token: 'token 1',
      headers: HEADERS,
    });
  });

  test('names the way over SOAP, which has no headers', async () => {
    const { session } = setUp();
    await expect(session.headers()).rejects.toMatchObject({
      name: 'SessionSettingsError',
      message: expect.stringContaining('use `token()`'),
    });
    expect(await session.withSession((_token, headers) => headers)).toEqual({});
  });

  test('repeats a call once over another bearer in the same session', async () => {
    const { session, asked } = setUp({ rest: true });
    const seen: unknown[] = [];
    await session.withSession((_token, headers) => {
      seen.push(headers);
      if (seen.length === 1) throw new BearerRefusedError();
    });
    expect(seen).toEqual([HEADERS, { ...HEADERS, Authorization: 'Bearer bearer 2' }]);
    expect(asked).toHaveLength(1);
  });

  test('repeats no call over the bearer that was refused', async () => {
    const { session, held } = setUp({ rest: true });
    held.again = 'bearer 1';
    let runs = 0;
    const refuse = () => {
      runs += 1;
      throw new BearerRefusedError();
    };
    await expect(session.withSession(refuse)).rejects.toThrow(BearerRefusedError);
    expect(runs).toBe(1);
  });

  test('repeats a call once over another bearer, also when a session was gone between', async () => {
    const { session, asked, held } = setUp({ rest: true });
    const refusals = [new BearerRefusedError(), new SessionGoneError(), new BearerRefusedError()];
    let runs = 0;
    const refuse = () => {
      held.again = `bearer ${runs + 2}`;
      throw refusals[runs++];
    };
    await expect(session.withSession(refuse)).rejects.toBe(refusals[2]);
    expect(runs).toBe(3);
    expect(asked).toEqual([0, 1]);
  });

  test.each([401, 900901])(
    'never answers a 401 by a log-in, whatever the app’s own rule says (%s)',
    async (code) => {
      const { session, asked, events } = setUp({ rest: true, everythingSaysGone: true });
      let runs = 0;
      const refuse = () => {
        runs += 1;
        throw { response: { status: 401, data: { fault: { code } } } };
      };
      await expect(session.withSession(refuse)).rejects.toMatchObject({ response: { status: 401 } });
      expect(runs).toBe(code === 401 ? 1 : 2);
      expect(asked).toHaveLength(1);
      expect(events).toEqual([]);
    },
  );

  test('drops the bearer that the caller names, and keeps the session', async () => {
    const { session } = setUp({ rest: true });
    const { Authorization = '' } = await session.headers();
    session.drop(Authorization);
    expect(await session.headers()).toEqual({ ...HEADERS, Authorization: 'Bearer bearer 2' });
  });

  test('reads the secret again, once, when the key no longer works', async () => {
    const { session, held, asked } = setUp({ rest: true });
    await session.headers();
    held.key = 'wrong';
    expect(await session.headers()).toEqual({ ...HEADERS, 'VZ-M2M-Token': 'token 2' });
    expect(asked).toEqual([0, 0]);
  });

  test('ends the wait for a bearer by the caller’s signal', async () => {
    const { session, held } = setUp({ rest: true });
    held.key = 'slow';
    const abort = new AbortController();
    const reason = new Error('the request was cancelled');
    const waiting = session.headers({ signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('patience', () => {
  test('ends a caller’s wait at its limit, and continues the log-in for the next call', async () => {
    const { session, clock, asked } = setUp({ tookMs: 5_000 });
    const startedAtMs = clock.nowMs();
    await expect(session.token({ patienceMs: 1_000 })).rejects.toMatchObject({ name: 'LogInWaitsError' });
    expect(clock.nowMs() - startedAtMs).toBe(1_000);
    expect(await session.token()).toBe('token 1');
    expect(asked).toHaveLength(1);
  });

  test('ends by a signal the wait of its caller alone', async () => {
    const { session, asked } = setUp({ tookMs: 5_000 });
    const abort = new AbortController();
    const aborted = session.token({ signal: abort.signal });
    const patient = session.token();
    const reason = new Error('the request was cancelled');
    abort.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(await patient).toBe('token 1');
    expect(asked).toHaveLength(1);
  });

  test('continues the request for its most patient caller, and stops it when none is left', async () => {
    const { session, patience } = setUp({ tookMs: 5_000 });
    const abort = new AbortController();
    const calls = [1_000, 60_000, 2_000].map((patienceMs) =>
      session.token({ patienceMs, signal: abort.signal }),
    );
    expect(patience).toMatchObject([{ untilMs: 60_000 }]);
    abort.abort();
    await Promise.allSettled(calls);
    expect(patience).toMatchObject([{ untilMs: 0 }]);
  });

  test('sends no request for a signal that was aborted before', async () => {
    const { session, asked } = setUp();
    await expect(session.token({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});

describe('a process that hands its session out', () => {
  test('says how long a program may use it: a minute, or until the bearer ends', async () => {
    const { session, held, clock } = setUp({ rest: true });
    expect(await session.handOut()).toEqual({
      generation: 1,
      token: 'token 1',
      headers: { Authorization: 'Bearer bearer 1', 'VZ-M2M-Token': 'token 1' },
      usableMs: 60_000,
    });
    held.endsAtMs = clock.nowMs() + 40_000;
    expect((await session.handOut()).usableMs).toBe(40_000);
    held.endsAtMs = clock.nowMs() - 1;
    expect((await session.handOut()).usableMs).toBe(0);
  });

  test('has no headers over SOAP', async () => {
    const { session } = setUp();
    expect(await session.handOut()).toEqual({
      generation: 1,
      token: 'token 1',
      headers: {},
      usableMs: 60_000,
    });
  });

  test('drops the generation that a program found gone, and no later one', async () => {
    const { session } = setUp();
    await session.handOut();
    await session.gone(1);
    expect((await session.handOut()).generation).toBe(2);
    await session.gone(1);
    expect((await session.handOut()).generation).toBe(2);
  });

  test('looks at the fleet before it drops a generation that it does not know', async () => {
    const { session, asked } = setUp();
    await session.gone(1);
    expect((await session.handOut()).generation).toBe(2);
    expect(asked).toEqual([0, 1]);
  });

  test('drops nothing for a generation that the fleet has not reached, and answers at once', async () => {
    const { session, asked, clock } = setUp({ tookMs: 100 });
    await Promise.all(Array.from({ length: 1_000 }, () => session.gone(1_000)));
    expect(clock.nowMs()).toBe(100);
    expect((await session.handOut()).generation).toBe(1);
    expect(asked).toEqual([0]);
    await session.gone(1);
    expect(clock.nowMs()).toBe(100);
    expect((await session.handOut()).generation).toBe(2);
  });

  test('drops one live session in 10 s, however often programs ask for it', async () => {
    const { session, asked, clock } = setUp({ tookMs: 100 });
    for (let second = 0; second < 6; second += 1) {
      const { generation } = await session.handOut();
      await session.gone(generation);
    }
    expect(asked).toHaveLength(6);
    expect(clock.nowMs()).toBe(50_100);
  });

  test('continues to hand a session out while a program waits for its end', async () => {
    const { session, clock } = setUp();
    await session.handOut();
    await session.gone(1);
    const { generation } = await session.handOut();
    const dropped = session.gone(2);
    expect((await session.handOut()).generation).toBe(generation);
    await dropped;
    expect(clock.nowMs()).toBe(10_000);
    expect((await session.handOut()).generation).toBe(3);
  });

  test('answers a thousand programs at once when the same session is gone for all', async () => {
    const { session, asked, clock } = setUp({ tookMs: 100 });
    await Promise.all(Array.from({ length: 1_000 }, () => session.gone(1)));
    expect(clock.nowMs()).toBe(100);
    expect((await session.handOut()).generation).toBe(2);
    await Promise.all(Array.from({ length: 1_000 }, () => session.gone(1)));
    expect(clock.nowMs()).toBe(200);
    expect(asked).toEqual([0, 1]);
  });

  test('drops an older session than its own at once', async () => {
    const { session, clock } = setUp();
    await session.gone(1);
    await session.handOut();
    session.drop('token 2');
    await session.handOut();
    await session.gone(2);
    expect(clock.nowMs()).toBe(0);
    expect((await session.handOut()).generation).toBe(3);
  });

  test('stops waiting to drop a session when its program is no longer there', async () => {
    const { session, clock } = setUp();
    await session.handOut();
    await session.gone(1);
    await session.handOut();
    await expect(session.gone(2, { signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow('left');
    expect(clock.nowMs()).toBe(0);
    expect((await session.handOut()).generation).toBe(2);
  });

  test('asks for another bearer when a program’s was refused', async () => {
    const { session, asked } = setUp({ rest: true });
    await session.bearerRefused();
    await session.handOut();
    await session.bearerRefused();
    expect((await session.handOut()).headers.Authorization).toBe('Bearer bearer 2');
    expect(asked).toEqual([0]);
  });

  test('asks for another bearer once when the fleet has a newer note that one was refused', async () => {
    const { session, fleet, held } = setUp({ rest: true });
    fleet.bearerRefusedAt = 7;
    const bearer = async () => (await session.handOut({ askFleet: true })).headers.Authorization;
    expect(await bearer()).toBe('Bearer bearer 1');
    expect(await bearer()).toBe('Bearer bearer 1');
    fleet.bearerRefusedAt = 8;
    expect(await bearer()).toBe('Bearer bearer 2');
    held.again = 'bearer 3';
    expect(await bearer()).toBe('Bearer bearer 2');
  });

  test('does not follow its own note', async () => {
    const { session, held } = setUp({ rest: true });
    await session.handOut();
    await session.bearerRefused();
    held.again = 'bearer 3';
    await session.handOut();
    expect((await session.handOut({ askFleet: true })).headers.Authorization).toBe('Bearer bearer 2');
  });
});

describe('warming up', () => {
  test('opens the session before the first request, which then waits for nothing', async () => {
    const { session, clock, asked } = setUp({ tookMs: 5_000 });
    await session.warmUp();
    const startedAtMs = clock.nowMs();
    expect(await session.token()).toBe('token 1');
    expect(clock.nowMs()).toBe(startedAtMs);
    expect(asked).toEqual([0]);
  });

  test('fetches the bearer over REST, too', async () => {
    const { session, held } = setUp({ rest: true });
    held.key = 'wrong';
    const events: string[] = [];
    await session.warmUp().then(() => events.push('warm'));
    expect(held.key).toBe('works');
    expect(events).toEqual(['warm']);
  });

  test('does not count as a use, because nothing is sent', async () => {
    const { session, clock, noted } = setUp({ idleMs: IDLE_LIMIT_MS - 60_000 });
    await session.warmUp();
    clock.advance(60_000);
    expect(await session.token()).toBe('token 2');
    expect(noted).toEqual([2]);
  });

  test('throws as a request for a token does, within the caller’s patience', async () => {
    const { session } = setUp({ tookMs: 5_000 });
    await expect(session.warmUp({ patienceMs: 1_000 })).rejects.toMatchObject({ name: 'LogInWaitsError' });
    await expect(session.warmUp({ signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('closing', () => {
  test('ends every wait at once, and every later call', async () => {
    const { session, clock, asked } = setUp({ tookMs: 5_000 });
    const waiting = [
      session.token(),
      session.token({ signal: new AbortController().signal }),
      session.warmUp(),
    ];
    void session.close();
    for (const call of waiting) await expect(call).rejects.toThrow(SessionClosedError);
    expect(clock.nowMs()).toBe(0);
    await expect(session.token()).rejects.toThrow(SessionClosedError);
    await expect(session.withSession(() => 'sent')).rejects.toThrow(SessionClosedError);
    await expect(session.headers()).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });

  test('lets a log-in that is under way end, and closes the clients after it, once', async () => {
    const { session, ended, patience } = setUp({ tookMs: 5_000 });
    const waiting = session.token().catch(() => undefined);
    await Promise.all([session.close(), session.close(), waiting]);
    await session.close();
    expect(ended).toEqual([1, 'clients']);
    // Its caller is gone: a log-in that fails is not tried again.
    expect(patience).toMatchObject([{ untilMs: 0 }]);
  });

  test('ends a wait for a bearer', async () => {
    const { session, held } = setUp({ rest: true });
    held.key = 'slow';
    const waiting = session.headers();
    await Promise.resolve();
    void session.close();
    await expect(waiting).rejects.toThrow(SessionClosedError);
  });

  test('ends the pause before a repetition, and a program’s wait to drop a session', async () => {
    const { session } = setUp();
    let runs = 0;
    const gone = session.withSession(() => {
      runs += 1;
      // The second repetition waits first.
      if (runs === 2) void Promise.resolve().then(() => session.close());
      throw new SessionGoneError();
    });
    await expect(gone).rejects.toThrow(SessionClosedError);
    expect(runs).toBe(2);
    const other = setUp();
    await other.session.token();
    await other.session.gone(1);
    await other.session.token();
    const dropping = other.session.gone(2);
    void other.session.close();
    await expect(dropping).rejects.toThrow(SessionClosedError);
    expect(other.clock.nowMs()).toBe(0);
  });

  test('passes on the result of a call that is under way', async () => {
    const { session } = setUp();
    const sent = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const call = session.withSession(() => {
      sent.resolve();
      return answer.promise;
    });
    await sent.promise;
    await session.close();
    answer.resolve('answered');
    expect(await call).toBe('answered');
  });

  test('keeps no listener at the caller’s signal', async () => {
    const { session } = setUp({ tookMs: 5_000 });
    const { signal } = new AbortController();
    const listeners: string[] = [];
    signal.addEventListener = (type: string) => void listeners.push(type);
    signal.removeEventListener = () => void listeners.pop();
    await session.token({ signal });
    expect(listeners).toEqual([]);
  });
});
