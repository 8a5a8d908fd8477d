/** One value of one metric. `dimensions`: names and values, `Service=a,Credential=b`, names in order. */
export type Datapoint = {
  namespace: string;
  name: string;
  dimensions: string;
  atMs: number;
  value: number;
};

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Average';

/** The metric and statistic that an alarm or a widget asks for. */
export type MetricQuery = Pick<Datapoint, 'namespace' | 'name' | 'dimensions'> & { statistic: Statistic };

/** The metrics that were written, as CloudWatch keeps them. */
export interface MetricStore {
  put(...datapoints: Datapoint[]): void;
  /** The statistic of one period, from `fromMs` on and before `toMs`; undefined when nothing was written in it. */
  statistic(query: MetricQuery, fromMs: number, toMs: number): number | undefined;
}

export function createMetricStore(): MetricStore {
  const series = new Map<string, Datapoint[]>();
  /** An alarm asks with the same query every minute: its key is made once. */
  const keys = new WeakMap<MetricQuery, string>();
  const keyOf = ({ namespace, name, dimensions }: Pick<Datapoint, 'namespace' | 'name' | 'dimensions'>) =>
    `${namespace}\n${name}\n${dimensions}`;
  return {
    put(...datapoints) {
      for (const datapoint of datapoints) {
        const key = keyOf(datapoint);
        const known = series.get(key);
        if (known) known.splice(firstFrom(known, datapoint.atMs + 1), 0, datapoint);
        else series.set(key, [datapoint]);
      }
    },
    statistic(query, fromMs, toMs) {
      const key = keys.get(query) ?? keyOf(query);
      keys.set(query, key);
      const known = series.get(key);
      if (known === undefined) return undefined;
      const [from, to] = [firstFrom(known, fromMs), firstFrom(known, toMs)];
      if (from === to) return undefined;
      return reduce(
        known.slice(from, to).map(({ value }) => value),
        query.statistic,
      );
    },
  };
}

/** The index of the first datapoint at a time or later. They are in the order of time. */
function firstFrom(datapoints: readonly Datapoint[], fromMs: number): number {
  let [low, high] = [0, datapoints.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((datapoints[middle] as Datapoint).atMs < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
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
