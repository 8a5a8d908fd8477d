import { type Datapoint, dimensionsText } from './metrics.ts';

type Directive = { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] };

/**
 * The metrics in one line of a function's log, in CloudWatch's embedded metric format: one for each metric and
 * each set of dimensions. Other lines hold none.
 */
export function embeddedMetrics(line: string): Datapoint[] {
  const record = parsed(line);
  const directives = record?._aws?.CloudWatchMetrics ?? [];
  return directives.flatMap(({ Namespace, Dimensions, Metrics }: Directive) =>
    Dimensions.flatMap((names) =>
      Metrics.flatMap(({ Name }) =>
        [record[Name]].flat().map((value: number) => ({
          namespace: Namespace,
          name: Name,
          dimensions: dimensionsText(Object.fromEntries(names.map((name) => [name, String(record[name])]))),
          atMs: record._aws.Timestamp,
          value,
        })),
      ),
    ),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: a line of a log has any shape
function parsed(line: string): any {
  if (!line.startsWith('{') || !line.includes('"_aws"')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
