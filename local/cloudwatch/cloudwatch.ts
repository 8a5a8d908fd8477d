import { type Alarm, alarmsOf } from './alarm.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { type AlarmState, evaluate, evaluateComposite, type Reading } from './evaluate.ts';
import { matcherOf } from './filter-pattern.ts';
import { createMetricStore, type MetricStore } from './metrics.ts';

/** A message that an alarm sends to its actions when its state changes. */
export type Notification = { atMs: number; alarm: string; state: AlarmState; description: string };

/** CloudWatch with the alarms and metric filters of one template, fed with a function's log. */
export interface CloudWatch {
  readonly metrics: MetricStore;
  /**
   * One line of the function's log: its embedded metrics and what the metric filters make of it. Both count at
   * `atMs`: a process of this machine knows nothing of a world's clock.
   */
  ingest(line: string, atMs: number): void;
  /** Evaluates every alarm, minute by minute or in longer steps, up to `toMs`; says what was sent since. */
  advance(toMs: number, stepMs?: number): Notification[];
  /** By the beginning of its logical id. */
  stateOf(alarm: string): AlarmState;
}

const minuteMs = 60_000;

type Resources = Parameters<typeof alarmsOf>[0];

/**
 * @param resources of the synthesized template
 * @param createdAtMs when the alarms were made; from then on they are evaluated
 */
export function createCloudWatch(
  resources: Resources,
  createdAtMs: number,
  reading: Reading = { furtherBack: 0 },
): CloudWatch {
  // Composite alarms look at the states that the others have taken.
  const alarms = alarmsOf(resources).sort(
    (a, b) => Number(a.kind === 'composite') - Number(b.kind === 'composite'),
  );
  const filters = filtersOf(resources);
  const metrics = createMetricStore();
  const states = new Map<string, AlarmState>(alarms.map(({ name }) => [name, 'INSUFFICIENT_DATA']));
  let nowMs = createdAtMs;
  /** A composite alarm takes another state only after an alarm has. */
  let changed = true;

  const stateNow = (alarm: Alarm, before: AlarmState): AlarmState =>
    alarm.kind === 'metric'
      ? evaluate(alarm, metrics, nowMs, before, reading)
      : evaluateComposite(alarm, (name) => states.get(name) ?? 'INSUFFICIENT_DATA');

  function evaluateAll(): Notification[] {
    const changedBefore = changed;
    changed = false;
    return alarms.flatMap((alarm) => {
      if (alarm.kind === 'composite' && !changed && !changedBefore) return [];
      const before = states.get(alarm.name) ?? 'INSUFFICIENT_DATA';
      const state = stateNow(alarm, before);
      if (state === before) return [];
      changed = true;
      states.set(alarm.name, state);
      if (actionsFor(alarm, state).length === 0) return [];
      return [{ atMs: nowMs, alarm: alarm.name, state, description: alarm.actions.description }];
    });
  }

  return {
    metrics,
    ingest(line, atMs) {
      metrics.put(...embeddedMetrics(line).map((datapoint) => ({ ...datapoint, atMs })));
      for (const { matches, namespace, name, value } of filters) {
        if (matches(line)) metrics.put({ namespace, name, dimensions: '', atMs, value });
      }
    },
    advance(toMs, stepMs = minuteMs) {
      const sent: Notification[] = [];
      while (nowMs + stepMs <= toMs) {
        nowMs += stepMs;
        sent.push(...evaluateAll());
      }
      return sent;
    },
    stateOf(prefix) {
      const [found, ...others] = alarms.filter(({ name }) => name.startsWith(prefix));
      if (!found || others.length > 0) throw new Error(`No one alarm is called ${prefix}`);
      return states.get(found.name) ?? 'INSUFFICIENT_DATA';
    },
  };
}

function actionsFor({ actions }: Alarm, state: AlarmState): string[] {
  switch (state) {
    case 'ALARM':
      return actions.alarm;
    case 'OK':
      return actions.ok;
    case 'INSUFFICIENT_DATA':
      return actions.insufficientData;
  }
}

function filtersOf(resources: Resources) {
  return Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
    .map(({ Properties: { FilterPattern, MetricTransformations } }) => {
      const [{ MetricNamespace, MetricName, MetricValue }] = MetricTransformations;
      return {
        matches: matcherOf(FilterPattern),
        namespace: MetricNamespace as string,
        name: MetricName as string,
        value: Number(MetricValue),
      };
    });
}
