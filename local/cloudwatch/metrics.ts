/** One value of one metric. `dimensions`: names and values, `Service=a,Credential=b`, names in order. */
export type Datapoint = {
  namespace: string;
  name: string;
  dimensions: string;
  atMs: number;
  value: number;
};

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Average';

/** What an alarm or a widget asks for. */
export type MetricQuery = Pick<Datapoint, 'namespace' | 'name' | 'dimensions'> & { statistic: Statistic };

/** The metrics that were written, as CloudWatch keeps them. */
export interface MetricStore {
  put(...datapoints: Datapoint[]): void;
  /** The statistic of one period, from `fromMs` on and before `toMs`; undefined when nothing was written in it. */
  statistic(query: MetricQuery, fromMs: number, toMs: number): number | undefined;
}

export function createMetricStore(): MetricStore {
  /** Each in the order of time: an alarm asks for the latest ones, of a series of many days. */
  const series = new Map<string, Datapoint[]>();
  const keyOf = ({ namespace, name, dimensions }: Pick<Datapoint, 'namespace' | 'name' | 'dimensions'>) =>
    `${namespace}\n${name}\n${dimensions}`;
  return {
    put(...datapoints) {
      for (const datapoint of datapoints) {
        const key = keyOf(datapoint);
        const known = series.get(key) ?? [];
        series.set(key, known);
        const earlier = known.findLastIndex(({ atMs }) => atMs <= datapoint.atMs);
        known.splice(earlier + 1, 0, datapoint);
      }
    },
    statistic(query, fromMs, toMs) {
      const known = series.get(keyOf(query)) ?? [];
      const first = known.findLastIndex(({ atMs }) => atMs < fromMs) + 1;
      const values: number[] = [];
      for (const { atMs, value } of known.slice(first)) if (atMs < toMs) values.push(value);
      return values.length === 0 ? undefined : reduce(values, query.statistic);
    },
  };
}

/** The same text for the same dimensions, whatever their order. */
export const dimensionsText = (dimensions: Record<string, string>): string =>
  Object.entries(dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join();

function reduce(values: number[], statistic: Statistic): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return values.length;
    case 'Average':
      return sum / values.length;
    case 'Maximum':
      return Math.max(...values);
    case 'Minimum':
      return Math.min(...values);
  }
}
