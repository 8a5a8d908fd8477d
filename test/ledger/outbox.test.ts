import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { severityOf } from '../../lambda/alarms/severity.ts';
import { queueAlarm, trimOutbox } from '../../lambda/ledger/outbox.ts';

const about = { at: 1, credential: 'fleet', username: 'Fleet', secretArn: 'arn', token: 't' };
const info = (id: string): AlarmEvent => ({ ...about, event: 'password-rotated', id });
const warning = (id: string): AlarmEvent => ({ ...about, event: 'rolled-forward', sealedUnder: 't', id });
const critical = (id: string): AlarmEvent => ({ ...about, event: 'superseded', id });

type Make = (id: string) => AlarmEvent;
const many = (count: number, make: Make, from = 0) =>
  Array.from({ length: count }, (_, n) => make(`${make.name} ${from + n}`));
const empty = (...outbox: AlarmEvent[]) => ({ outbox, outboxDropped: 0, auditRows: [] });
const ids = (state: { outbox: AlarmEvent[] }) => state.outbox.map(({ id }) => id);

test('drops the oldest information of thirty-one alarms, although warnings are older', () => {
  const state = empty(warning('w'), ...many(29, info));
  trimOutbox(state);
  // `>=` instead of `>` would drop one here.
  expect([state.outbox.length, state.outboxDropped]).toEqual([30, 0]);
  state.outbox.push(critical('c'));
  trimOutbox(state);
  expect(ids(state)).toEqual(['w', ...ids(empty(...many(28, info, 1))), 'c']);
  expect(state.outboxDropped).toBe(1);
});

test('drops the oldest warning when no information waits', () => {
  const state = empty(critical('c'), ...many(31, warning));
  trimOutbox(state);
  expect(ids(state)).toEqual(['c', ...ids(empty(...many(29, warning, 2)))]);
  expect(state.outboxDropped).toBe(2);
});

test('drops critical alarms only beyond sixty, the oldest first', () => {
  const state = empty(...many(60, critical), warning('w'), info('i'));
  trimOutbox(state);
  expect(ids(state)).toEqual(ids(empty(...many(60, critical))));
  expect(state.outboxDropped).toBe(2);
  queueAlarm(state, critical('last'));
  expect(ids(state)).toEqual([...ids(empty(...many(59, critical, 1))), 'last']);
});

test('does not drop an alarm of a later version before its time', () => {
  const unknown = { ...about, event: 'not-of-this-version', id: 'u' } as unknown as AlarmEvent;
  const state = empty(unknown, ...many(30, warning));
  trimOutbox(state);
  expect(ids(state)[0]).toBe('u');
});

test('an alarm is queued once per id', () => {
  const state = empty();
  queueAlarm(state, info('a'));
  queueAlarm(state, info('a'));
  queueAlarm(state, info('b'));
  expect(ids(state)).toEqual(['a', 'b']);
});

test('counts a dropped alarm in the alarm that replaced it, and in no other', () => {
  const state = empty(...many(30, info));
  queueAlarm(state, warning('w'));
  expect(state.outbox.at(-1)).toMatchObject({ id: 'w', droppedBefore: 1 });
  state.outbox = [];
  queueAlarm(state, warning('next'));
  expect(state).toMatchObject({ outbox: [warning('next')], outboxDropped: 0 });
});

test('counts information that was dropped at once in the next alarm', () => {
  const state = empty(...many(30, critical));
  queueAlarm(state, info('i'));
  expect(ids(state)).not.toContain('i');
  queueAlarm(state, critical('c'));
  expect(state.outbox.at(-1)).toMatchObject({ id: 'c', droppedBefore: 1 });
});

test('keeps the count of alarms dropped before one that is dropped itself', () => {
  const state = empty(...many(30, info));
  queueAlarm(state, info('says 1'));
  for (const alarm of many(30, warning)) queueAlarm(state, alarm);
  expect(ids(state)).toEqual(ids(empty(...many(30, warning))));
  const said = state.outbox.reduce((sum, { droppedBefore = 0 }) => sum + droppedBefore, 0);
  expect(said).toBe(31);
});

test('publishes every queued alarm or counts it as dropped, in any order', () => {
  const kind = fc.constantFrom(info, warning, critical);
  fc.assert(
    fc.property(fc.array(kind, { maxLength: 200, size: 'max' }), (kinds) => {
      const state = empty();
      for (const [n, make] of kinds.entries()) queueAlarm(state, make(`${n}`));
      const said = state.outbox.reduce(
        (sum, { droppedBefore = 0 }) => sum + droppedBefore,
        state.outboxDropped,
      );
      expect(state.outbox.length + said).toBe(kinds.length);
      const criticals = state.outbox.filter((alarm) => severityOf(alarm) === 'critical').length;
      expect(criticals).toBe(Math.min(60, kinds.filter((make) => make === critical).length));
      expect(state.outbox.length).toBeLessThanOrEqual(Math.max(30, criticals));
    }),
  );
});
