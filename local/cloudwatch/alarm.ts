import { dimensionsText, type MetricQuery, type Statistic } from './metrics.ts';

/** A metric alarm of a template (`AWS::CloudWatch::Alarm`). */
export type MetricAlarm = {
  kind: 'metric';
  name: string;
  periodMs: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  threshold: number;
  comparison: Comparison;
  missing: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
  /** One metric, or a metric that an expression fills. */
  query: MetricQuery;
  /** `FILL(metric, 0)`: what a period without a value counts as. */
  fill: number | undefined;
  actions: Actions;
};

/** `AWS::CloudWatch::CompositeAlarm` with a rule of `ALARM(…)`, `OK(…)`, `AND`, `OR` and `NOT`. */
export type CompositeAlarm = { kind: 'composite'; name: string; rule: string; actions: Actions };

export type Alarm = MetricAlarm | CompositeAlarm;

type Actions = { alarm: string[]; ok: string[]; insufficientData: string[]; description: string };

export type Comparison =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

// biome-ignore lint/suspicious/noExplicitAny: a template is read by paths, not by types
type Resources = Record<string, { Type: string; Properties: any }>;

/**
 * The alarms of a synthesized template, named by their logical ids.
 * @throws Error for an alarm that is not modelled here
 */
export function alarmsOf(resources: Resources): Alarm[] {
  return Object.entries(resources).flatMap(([name, { Type, Properties }]): Alarm[] => {
    if (Type === 'AWS::CloudWatch::Alarm') return [metricAlarm(name, Properties)];
    if (Type === 'AWS::CloudWatch::CompositeAlarm') {
      return [{ kind: 'composite', name, rule: text(Properties.AlarmRule), actions: actionsOf(Properties) }];
    }
    return [];
  });
}

function metricAlarm(name: string, properties: Resources[string]['Properties']): MetricAlarm {
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, ComparisonOperator, TreatMissingData } =
    properties;
  const { query, periodMs, fill } = properties.Metrics ? filled(properties.Metrics) : plain(properties);
  return {
    kind: 'metric',
    name,
    periodMs,
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm ?? EvaluationPeriods,
    threshold: Threshold,
    comparison: ComparisonOperator,
    missing: TreatMissingData ?? 'missing',
    query,
    fill,
    actions: actionsOf(properties),
  };
}

function plain({
  Namespace,
  MetricName,
  Dimensions = [],
  Statistic,
  Period,
}: Resources[string]['Properties']) {
  return {
    query: queryOf({ Namespace, MetricName, Dimensions }, Statistic),
    periodMs: Period * 1000,
    fill: undefined,
  };
}

/** Metric math, as far as it is used: `FILL(id, number)` of one metric. */
function filled(metrics: Resources[string]['Properties'][]) {
  const [, id, fill] =
    /^FILL\((\w+), (-?\d+)\)$/.exec(metrics.find(({ ReturnData }) => ReturnData)?.Expression) ?? [];
  const source = metrics.find((metric) => metric.Id === id)?.MetricStat;
  if (!source) throw new Error(`Not modelled: ${JSON.stringify(metrics)}`);
  return { query: queryOf(source.Metric, source.Stat), periodMs: source.Period * 1000, fill: Number(fill) };
}

function queryOf(
  metric: { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: string }[] },
  statistic: Statistic,
): MetricQuery {
  const { Namespace: namespace, MetricName: name, Dimensions = [] } = metric;
  const dimensions = dimensionsText(Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])));
  return { namespace, name, dimensions, statistic };
}

function actionsOf(properties: Resources[string]['Properties']): Actions {
  const names = (actions: unknown[] = []) => actions.map((action) => JSON.stringify(action));
  return {
    alarm: names(properties.AlarmActions),
    ok: names(properties.OKActions),
    insufficientData: names(properties.InsufficientDataActions),
    description: properties.AlarmDescription ?? '',
  };
}

/** A joined text; `{"Fn::GetAtt": [id, "Arn"]}` becomes the id, by which the alarm is named here. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': joined, 'Fn::GetAtt': attribute } = Object(value);
  if (joined) return joined[1].map(text).join(joined[0]);
  if (attribute) return attribute[0];
  throw new Error(`Not modelled: ${JSON.stringify(value)}`);
}
