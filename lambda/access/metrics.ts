import { metricNamespace } from '../metrics.ts';

/** `AccessDenied`: denied or throttled. `AccessFailed`: not recorded, not sent, or without a usable answer. */
export type CountName = 'AccessDenied' | 'AccessFailed';

/** One line of CloudWatch's embedded metric format on stdout, by service alone: each dimension more costs. */
export function countAccess(name: CountName, serviceName: string): void {
  const metrics = [{ Name: name, Unit: 'Count' }];
  const directive = { Namespace: metricNamespace, Dimensions: [['Service']], Metrics: metrics };
  const line = {
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] },
    Service: serviceName,
    [name]: 1,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
