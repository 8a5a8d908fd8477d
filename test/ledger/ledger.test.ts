import { expect, test } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { LedgerUnavailableError, RefusedPasswordError } from '../../lambda/ledger/errors.ts';
import { guardedLogIn } from '../../lambda/ledger/guarded-log-in.ts';
import { recordReceived } from '../../lambda/ledger/journal.ts';
import { createLedger, type Ledger } from '../../lambda/ledger/ledger.ts';
import type { Settlement } from '../../lambda/ledger/settle.ts';
import type { CallLimits, Outcome, ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { attemptRequest, BUDGETS, exchangeOf, NOW, SECRET_ARN } from './attempt-request.ts';
import { hookedItems, steppingClock, TableError } from './hooked-items.ts';

const REFUSED: Settlement = {
  outcome: 'failure',
  code: 'INPUT_INVALID.Password.Invalid',
  certainlyCredentials: true,
};
const DEADLINE_MS = 600_000;

function setUp(tableCreatedAt?: number) {
  const clock = steppingClock();
  const memory = hookedItems(() => NOW, tableCreatedAt);
  const published: AlarmEvent[] = [];
  const sns = { works: true, tookMs: 0 };
  const told: unknown[] = [];
  const ledger = createLedger({
    items: memory.items,
    alarms: {
      async publish(event, { timeoutMs }) {
        clock.advance(Math.min(sns.tookMs, timeoutMs));
        if (!sns.works) return 'failed';
        published.push(event);
        return 'published';
      },
    },
    metrics: {
      count: (...facts) => void told.push(facts),
      gauge: (...facts) => void told.push(facts),
    },
    clock,
    budgets: BUDGETS,
    warn: (...facts) => void told.push(facts),
  });
  return { ledger, clock, published, sns, told, ...memory };
}

test('announces a failure once within the same call, and removes it from the outbox', async () => {
  const { ledger, published, state } = setUp();
  await ledger.settle(await ledger.reserve(attemptRequest(), DEADLINE_MS), REFUSED, DEADLINE_MS);
  expect(published).toMatchObject([
    { event: 'failed-log-in', exposure: 1, username: 'Fleet', actor: 'an app' },
  ]);
  expect(state().outbox).toEqual([]);
  await ledger.publishOutbox('Fleet', DEADLINE_MS);
  expect(published).toHaveLength(1);
});

test('keeps an alarm in the outbox when SNS fails, and the next call publishes it', async () => {
  const { ledger, published, sns, state } = setUp();
  sns.works = false;
  await ledger.settle(await ledger.reserve(attemptRequest(), DEADLINE_MS), REFUSED, DEADLINE_MS);
  expect(state()).toMatchObject({ failed: 1, outbox: [{ event: 'failed-log-in' }] });
  sns.works = true;
  await expect(ledger.reserve(attemptRequest(), DEADLINE_MS)).rejects.toThrow(RefusedPasswordError);
  expect(published.map(({ event }) => event)).toEqual(['failed-log-in']);
  expect(state().outbox).toEqual([]);
});

test('waits for a slow SNS for at most 5 seconds of an invocation', async () => {
  const { ledger, sns, clock } = setUp();
  const reservations = [
    attemptRequest(),
    attemptRequest({ versionId: 'v2' }),
    attemptRequest({ versionId: 'v3' }),
  ];
  const granted = [];
  for (const wanted of reservations.slice(0, 2)) granted.push(await ledger.reserve(wanted, DEADLINE_MS));
  sns.works = false;
  sns.tookMs = 60_000;
  const startedAt = clock.nowMs();
  for (const reservation of granted.slice(0, 1)) await ledger.settle(reservation, REFUSED, DEADLINE_MS);
  expect(clock.nowMs() - startedAt).toBeLessThanOrEqual(5_000);
});

test('publishes an alarm again under the same id when it could not leave the outbox', async () => {
  const { ledger, published, hooks, told } = setUp();
  const reservation = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  hooks.afterWrite = () => {
    // From after the settling on, the table is down.
    hooks.read = hooks.beforeWrite = () => {
      throw new TableError('down');
    };
  };
  await ledger.settle(reservation, REFUSED, 5_000);
  expect(JSON.stringify(told)).toContain('still in the outbox');
  delete hooks.afterWrite;
  delete hooks.read;
  delete hooks.beforeWrite;
  await ledger.publishOutbox('Fleet', DEADLINE_MS);
  expect(new Set(published.map(({ id }) => id)).size).toBe(1);
});

const flush = (ledger: Ledger) => ledger.change('Fleet', DEADLINE_MS, () => undefined, { flushAudit: true });

test('writes one audit row without a secret for each settled attempt', async () => {
  const { ledger, audit, state } = setUp();
  const wanted = attemptRequest({ password: 'MARKER' });
  const reservation = await ledger.reserve(wanted, DEADLINE_MS);
  await ledger.settle(reservation, REFUSED, DEADLINE_MS);
  // It is written with the settlement itself: no crash between the two loses it.
  expect(state().auditRows).toHaveLength(1);
  await flush(ledger);
  expect(state().auditRows).toEqual([]);
  expect(audit).toEqual([
    {
      attempt: reservation.attempt,
      at: NOW,
      actor: 'an app',
      purpose: 'log-in',
      secretArn: SECRET_ARN,
      versionId: 'v1',
      outcome: 'failure',
      code: 'INPUT_INVALID.Password.Invalid',
      exposure: 1,
    },
  ]);
  expect(JSON.stringify(audit)).not.toContain('MARKER');
});

const succeed = async (ledger: Ledger) =>
  ledger.settle(await ledger.reserve(attemptRequest(), DEADLINE_MS), { outcome: 'success' }, DEADLINE_MS);

test('keeps audit rows that cannot be written, and writes them later', async () => {
  const { ledger, hooks, told, state, audit } = setUp();
  hooks.audit = () => {
    throw new TableError('denied');
  };
  await succeed(ledger);
  await flush(ledger);
  expect(JSON.stringify(told)).toMatch(/Audit rows could not be written.*TableError/);
  expect(state()).toMatchObject({ inFlight: {}, auditRows: [{ actor: 'an app', outcome: 'success' }] });
  delete hooks.audit;
  await flush(ledger);
  expect(audit).toHaveLength(1);
  expect(state().auditRows).toEqual([]);
});

test('writes eight waiting audit rows as items by the call that settles next', async () => {
  const { ledger, audit, state } = setUp();
  for (let time = 0; time < 7; time += 1) await succeed(ledger);
  expect({ written: audit.length, waiting: state().auditRows.length }).toEqual({ written: 0, waiting: 7 });
  await succeed(ledger);
  expect({ written: audit.length, waiting: state().auditRows.length }).toEqual({ written: 8, waiting: 0 });
});

test('does not lose a row that is added while others are written', async () => {
  const { ledger, hooks, table, audit, state } = setUp();
  await succeed(ledger);
  hooks.audit = () => {
    delete hooks.audit;
    const now = state();
    const added = { ...now.auditRows[0], attempt: 'meanwhile' };
    const revision = now.revision + 1;
    table.set('fleet', JSON.stringify({ ...now, revision, auditRows: [...now.auditRows, added] }));
  };
  await flush(ledger);
  expect(audit).toHaveLength(1);
  expect(state().auditRows).toMatchObject([{ attempt: 'meanwhile' }]);
});

test('bounds the audit rows in the item when they can never be written', async () => {
  const { ledger, hooks, state } = setUp();
  hooks.audit = () => {
    throw new TableError('denied');
  };
  for (let time = 0; time < 120; time += 1) await succeed(ledger);
  expect(state().auditRows).toHaveLength(100);
});

test('writes a settlement and its change of the journal at once, and returns the result', async () => {
  const { ledger, state, writes } = setUp();
  const reservation = await ledger.reserve(exchangeOf('t'), DEADLINE_MS);
  const before = writes();
  const said = await ledger.settle(reservation, { outcome: 'exchanged' }, DEADLINE_MS, (item, now) => {
    recordReceived(item, reservation.attempt, 'sealed', now);
    return item.journal.state;
  });
  expect(said).toBe('received');
  expect(writes() - before).toBe(1);
  expect(state()).toMatchObject({ inFlight: {}, journal: { state: 'received', envelope: 'sealed' } });
});

test('reads back an envelope that was set aside, also after it left the item', async () => {
  const { ledger, state } = setUp();
  await ledger.change('Fleet', DEADLINE_MS, (item) => {
    item.setAside.x = 'sealed';
  });
  expect(state()).toMatchObject({ setAside: {}, orphanItems: ['x'] });
  await succeed(ledger);
  expect(state().orphanItems).toEqual([]);
  expect(await ledger.readSetAside('FLEET')).toEqual({ x: 'sealed' });
});

test('records the username of a secret’s last rotation', async () => {
  const { ledger } = setUp();
  expect(await ledger.usernameOf(SECRET_ARN)).toBeUndefined();
  await ledger.rememberUsernameOf(SECRET_ARN, 'Fleet');
  expect(await ledger.usernameOf(SECRET_ARN)).toBe('Fleet');
});

test('reads the state from the table, never from memory', async () => {
  const { ledger, table, state } = setUp();
  await succeed(ledger);
  table.set('fleet', JSON.stringify({ ...state(), failed: 4 }));
  expect((await ledger.read('Fleet', DEADLINE_MS)).state.failed).toBe(4);
});

test('counts failures and unknown outcomes as metrics, with the exposure, and no success', async () => {
  const { ledger, told } = setUp();
  const settleAs = async (settlement: Settlement, versionId: string) =>
    ledger.settle(await ledger.reserve(attemptRequest({ versionId }), DEADLINE_MS), settlement, DEADLINE_MS);
  await settleAs(REFUSED, 'v1');
  await settleAs({ outcome: 'success' }, 'v2');
  await settleAs({ outcome: 'unknown' }, 'v3');
  expect(told).toEqual([
    ['LockoutExposure', 'fleet', 1, 'Count'],
    ['FailedLogIns', 'fleet'],
    ['LockoutExposure', 'fleet', 0, 'Count'],
    ['LockoutExposure', 'fleet', 1, 'Count'],
    ['FailedLogIns', 'fleet'],
  ]);
});

test.each([
  [44_999, true],
  // `>` instead of `>=` would let this one leave.
  [45_000, false],
])('a reservation that took %i ms may be sent: %s', async (tookMs, sent) => {
  const { ledger, clock, hooks, state } = setUp();
  hooks.beforeWrite = () => {
    delete hooks.beforeWrite;
    clock.advance(tookMs);
  };
  const reserving = ledger.reserve(attemptRequest(), DEADLINE_MS);
  if (sent) return expect(await reserving).toHaveProperty('attempt');
  await expect(reserving).rejects.toMatchObject({ name: 'ReservationExpiredError' });
  return expect(state()).toMatchObject({ inFlight: {}, failed: 0, presented: [] });
});

test('leaves the journal idle when the reservation of an exchange took too long', async () => {
  const { ledger, clock, hooks, state } = setUp();
  hooks.beforeWrite = () => {
    delete hooks.beforeWrite;
    clock.advance(45_000);
  };
  await expect(ledger.reserve(exchangeOf('t'), DEADLINE_MS)).rejects.toMatchObject({
    name: 'ReservationExpiredError',
  });
  expect(state()).toMatchObject({ inFlight: {}, journal: { state: 'idle' } });
});

test.each([
  [44_999, true],
  // `<=` would let this one leave.
  [45_000, false],
])('%i ms after its reservation was asked for a request may still leave: %s', async (passedMs, may) => {
  const { ledger, clock } = setUp();
  clock.advance(7_000);
  const reservation = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  clock.advance(passedMs);
  expect(reservation.mayLeave()).toBe(may);
});

test('checks its reservation right before a log-in, so a suspended process sends none', async () => {
  const { ledger, clock, state } = setUp();
  let left: boolean | undefined;
  const api = {
    prepare: async () => ({ outcome: 'done' }),
    logIn: async (_credential: object, { mayLeave }: CallLimits) => {
      clock.advance(60_000);
      left = mayLeave?.();
      return { outcome: 'never-sent', cause: new Error('suspended') };
    },
  } as unknown as ThingSpaceApi;
  await guardedLogIn({ ledger, api, clock }, CREDENTIAL, WHO, DEADLINE_MS);
  expect(left).toBe(false);
  expect(state()).toMatchObject({ inFlight: {}, failed: 0 });
});

test('retries a failing table for 10 seconds before a log-in, and until the deadline after it', async () => {
  const { ledger, clock, hooks } = setUp();
  const down = () => {
    throw new TableError('down');
  };
  const reservation = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  hooks.read = hooks.beforeWrite = down;
  const asking = clock.nowMs();
  await expect(ledger.reserve(attemptRequest(), DEADLINE_MS)).rejects.toThrow(LedgerUnavailableError);
  expect(clock.nowMs() - asking).toBeLessThanOrEqual(10_000);
  const settling = clock.nowMs();
  hooks.read = hooks.beforeWrite = () => {
    if (clock.nowMs() - settling < 60_000) down();
  };
  await ledger.settle(reservation, { outcome: 'success' }, DEADLINE_MS);
  expect(clock.nowMs() - settling).toBeGreaterThanOrEqual(60_000);
});

const CREDENTIAL = { secretArn: SECRET_ARN, versionId: 'v1', username: 'Fleet', password: 'Secret 1' };
const WHO = { actor: 'an app', purpose: 'log-in', share: 'app' } as const;

function apiThat(answers: Outcome<string>) {
  const presented: string[] = [];
  const api = {
    prepare: async () => ({ outcome: 'done' }),
    logIn: async ({ password }: { password: string }) => {
      presented.push(password);
      return answers;
    },
  } as unknown as ThingSpaceApi;
  return { api, presented };
}

test.each([
  ['done', { outcome: 'done', value: 'session' }, { failed: 0, inFlight: 0 }],
  [
    'refused and counted',
    { outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' },
    { failed: 1, inFlight: 0 },
  ],
  ['refused with an unlisted code', { outcome: 'refused', code: 'Strange' }, { failed: 1, inFlight: 0 }],
  ['refused unread', { outcome: 'refused', code: 'DeserializationFailed' }, { failed: 0, inFlight: 0 }],
  ['never sent', { outcome: 'never-sent', cause: new Error('DNS') }, { failed: 0, inFlight: 0 }],
  ['unknown', { outcome: 'unknown', cause: new Error('timeout') }, { failed: 0, inFlight: 1 }],
] as [string, Outcome<string>, { failed: number; inFlight: number }][])(
  'a log-in that ends %s is settled as such',
  async (_, answers, after) => {
    const { ledger, clock, state } = setUp();
    const { api, presented } = apiThat(answers);
    expect(await guardedLogIn({ ledger, api, clock }, CREDENTIAL, WHO, DEADLINE_MS)).toBe(answers);
    expect(presented).toEqual(['Secret 1']);
    expect(state().failed).toBe(after.failed);
    expect(Object.keys(state().inFlight)).toHaveLength(after.inFlight);
  },
);

test('makes no log-in attempt without a reservation', async () => {
  const { ledger, clock, hooks } = setUp();
  const { api, presented } = apiThat({ outcome: 'done', value: 'session' });
  hooks.beforeWrite = () => {
    throw new TableError('denied');
  };
  await expect(guardedLogIn({ ledger, api, clock }, CREDENTIAL, WHO, DEADLINE_MS)).rejects.toThrow(
    LedgerUnavailableError,
  );
  expect(presented).toEqual([]);
});

test('keeps every form of the password out of item, audit trail, alarms and metrics', async () => {
  const { ledger, clock, table, audit, published, told } = setUp();
  const { api } = apiThat({ outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' });
  await guardedLogIn({ ledger, api, clock }, CREDENTIAL, WHO, DEADLINE_MS);
  const everything = JSON.stringify([[...table], audit, published, told]);
  for (const form of ['Secret 1', '1 terceS', Buffer.from('Secret 1').toString('base64'), 'Secret%201']) {
    expect(everything).not.toContain(form);
  }
});

test('reserves no log-in from a restored table, and announces that its count is not known', async () => {
  const { ledger, table, published, state } = setUp(NOW);
  table.set('fleet', JSON.stringify({ ...state(), lastEndedAt: NOW - 1, revision: 1 }));
  const refused = await ledger.reserve(attemptRequest(), DEADLINE_MS).catch((failure: Error) => failure.name);
  expect(refused).toBe('BudgetSpentError');
  expect(published).toMatchObject([{ event: 'guard-closed', countUnknown: true, exposure: BUDGETS.budget }]);
  expect(state()).toMatchObject({ failed: BUDGETS.budget, outbox: [] });
});
