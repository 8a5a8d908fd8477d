import type { CompositeAlarm, MetricAlarm } from './alarm.ts';
import type { MetricStore } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** One reading of a rule that AWS does not publish; checks try every reading. */
export type Reading = {
  /** Periods by which CloudWatch looks further back than the evaluation periods, for older values. */
  furtherBack: number;
};

/**
 * The state of a metric alarm at a moment, as CloudWatch's user guide has it ("Configuring how CloudWatch
 * alarms treat missing data"): while values are missing, older ones are taken that the evaluation range still
 * holds; as many as are then missing are filled by the treatment of missing data.
 */
export function evaluate(
  alarm: MetricAlarm,
  metrics: MetricStore,
  nowMs: number,
  before: AlarmState,
  { furtherBack }: Reading,
): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, missing } = alarm;
  const range = metrics
    .statistics(alarm.query, nowMs, alarm.periodMs, evaluationPeriods + furtherBack)
    .map((value) => value ?? alarm.fill);
  const latest = range.slice(0, evaluationPeriods);
  const present = range.filter((value) => value !== undefined);

  if (!latest.includes(undefined)) return decide(latest.filter(isValue));
  if (present.length >= evaluationPeriods) return decide(present.slice(0, evaluationPeriods));
  const absent = evaluationPeriods - present.length;
  switch (missing) {
    case 'breaching':
      return breaching(present) + absent >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return decide(present);
    case 'ignore':
      return present.length === 0 ? before : decideFew(before);
    case 'missing':
      return present.length === 0 ? 'INSUFFICIENT_DATA' : decideFew('ALARM');
  }

  function decide(values: number[]): AlarmState {
    return breaching(values) >= datapointsToAlarm ? 'ALARM' : 'OK';
  }

  /** With fewer values than periods: enough that breach, none that does, or some. */
  function decideFew(undecided: AlarmState): AlarmState {
    if (breaching(present) >= datapointsToAlarm) return 'ALARM';
    return breaching(present) === 0 || breaching(present) < present.length ? 'OK' : undecided;
  }

  function breaching(values: number[]): number {
    return values.filter((value) => breaches(alarm, value)).length;
  }
}

const isValue = (value: number | undefined): value is number => value !== undefined;

function breaches({ comparison, threshold }: MetricAlarm, value: number): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}

/** The rule of a composite alarm over the states of others. */
export function evaluateComposite(
  { rule }: CompositeAlarm,
  stateOf: (name: string) => AlarmState,
): AlarmState {
  const terms = rule.replace(/(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)/g, (_, state, name) =>
    stateOf(name) === state ? 'T' : 'F',
  );
  return isTrue(terms.replaceAll(/\s/g, '')) ? 'ALARM' : 'OK';
}

/** `(TANDNOTF)`: reduced from within until one letter is left. */
function isTrue(terms: string): boolean {
  let rest = terms;
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest
      .replace(/\(([TF])\)/g, '$1')
      .replace(/NOT([TF])/g, (_, term) => (term === 'T' ? 'F' : 'T'))
      .replace(/([TF])AND([TF])/g, (_, a, b) => (a === 'T' && b === 'T' ? 'T' : 'F'));
    if (before === rest)
      rest = rest.replace(/([TF])OR([TF])/g, (_, a, b) => (a === 'T' || b === 'T' ? 'T' : 'F'));
  }
  if (rest !== 'T' && rest !== 'F') throw new Error(`The rule is not modelled: ${terms}`);
  return rest === 'T';
}
