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
  /**
   * The statistic of so many periods before `toMs`, latest first; undefined where nothing was written in one. They are
   * counted back from then: CloudWatch's periods do not follow the calendar.
   */
  statistics(query: MetricQuery, toMs: number, periodMs: number, periods: number): (number | undefined)[];
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
    statistics(query, toMs, periodMs, periods) {
      const key = keys.get(query) ?? keyOf(query);
      keys.set(query, key);
      const known = series.get(key) ?? [];
      const values: (number | undefined)[] = Array(periods).fill(undefined);
      // Most periods are empty: the next datapoint says which one has a value.
      for (let end = firstFrom(known, toMs); end > 0; ) {
        const period = Math.ceil((toMs - (known[end - 1] as Datapoint).atMs) / periodMs) - 1;
        if (period >= periods) break;
        const from = firstFrom(known, toMs - (period + 1) * periodMs);
        const written = known.slice(from, end).map(({ value }) => value);
        values[period] = reduce(written, query.statistic);
        end = from;
      }
      return values;
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
