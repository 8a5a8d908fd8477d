import { expect, test } from 'vitest';
import type { MetricAlarm } from '../../../local/cloudwatch/alarm.ts';
import { type AlarmState, evaluate, evaluateComposite } from '../../../local/cloudwatch/evaluate.ts';
import { createMetricStore } from '../../../local/cloudwatch/metrics.ts';

const query = { namespace: 'Test', name: 'Value', dimensions: '', statistic: 'Maximum' as const };
const minute = 60_000;

const alarm = (changes: Partial<MetricAlarm>): MetricAlarm => ({
  kind: 'metric',
  name: 'Alarm',
  periodMs: minute,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  missing: 'missing',
  query,
  fill: undefined,
  actions: { alarm: [], ok: [], insufficientData: [], description: '' },
  ...changes,
});

/** `0 - X`: within the threshold, missing, beyond it; the latest last. */
function stateAfter(
  points: string,
  given: MetricAlarm,
  before: AlarmState = 'INSUFFICIENT_DATA',
): AlarmState {
  const metrics = createMetricStore();
  const signs = points.split(' ');
  for (const [index, sign] of signs.entries()) {
    if (sign !== '-') metrics.put({ ...query, atMs: index * minute + 1, value: sign === 'X' ? 1 : 0 });
  }
  return evaluate(given, metrics, signs.length * minute, before, { furtherBack: signs.length - 3 });
}

const kept = 'kept';
const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

/** As the user guide has them: five values that were retrieved for three periods, and the four treatments. */
test.each([
  [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
  [3, '0 - - - -', ['OK', 'OK', 'OK', 'OK']],
  [3, '- - - - -', ['INSUFFICIENT_DATA', kept, 'ALARM', 'OK']],
  [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [3, '- - X - -', ['ALARM', kept, 'ALARM', 'OK']],
  [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - X -', ['ALARM', kept, 'ALARM', 'OK']],
])('%i of 3 values of "%s"', (datapointsToAlarm, points, expected) => {
  for (const before of ['OK', 'ALARM'] as const) {
    const states = treatments.map((missing) =>
      stateAfter(points, alarm({ datapointsToAlarm, missing }), before),
    );
    expect(states).toEqual(expected.map((state) => (state === kept ? before : state)));
  }
});

test('FILL makes a missing value a value, also where there never was one', () => {
  const filled = alarm({ fill: 0, comparison: 'LessThanThreshold' });
  expect(stateAfter('- - -', filled)).toBe('ALARM');
  expect(stateAfter('X - -', filled)).toBe('OK');
});

test.each([
  ['GreaterThanThreshold', 'OK'],
  ['GreaterThanOrEqualToThreshold', 'ALARM'],
  ['LessThanThreshold', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM'],
] as const)('%s at exactly the threshold', (comparison, state) => {
  expect(stateAfter('X X X', alarm({ comparison }))).toBe(state);
});

test.each([
  ['(ALARM("a") AND OK("b"))', 'ALARM'],
  ['(ALARM("a") AND ALARM("b"))', 'OK'],
  ['(ALARM("b") OR ALARM("a"))', 'ALARM'],
  ['(OK("b") AND (NOT (ALARM("a"))))', 'OK'],
  ['ALARM("b") OR ALARM("a") AND OK("b")', 'ALARM'],
  ['INSUFFICIENT_DATA("c")', 'ALARM'],
] as const)('the rule %s', (rule, state) => {
  const states: Record<string, AlarmState> = { a: 'ALARM', b: 'OK', c: 'INSUFFICIENT_DATA' };
  const actions = { alarm: [], ok: [], insufficientData: [], description: '' };
  const composite = { kind: 'composite' as const, name: 'Composite', rule, actions };
  expect(evaluateComposite(composite, (name) => states[name] ?? 'OK')).toBe(state);
});
