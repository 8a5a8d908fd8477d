import { metricNamespace } from '../metrics.ts';
import { LogInWaitsError } from '../session/errors.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

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

/**
 * Refusals that are counted, because an operator should look at bursts of them; the others are the callers' own
 * mistakes.
 */
const COUNTED: Partial<Record<RefusalCode, CountName>> = {
  AccessDenied: 'AccessDenied',
  CallerUnknown: 'AccessDenied',
  Throttled: 'AccessDenied',
  NotRecorded: 'AccessFailed',
  NotSent: 'AccessFailed',
  NoSession: 'AccessFailed',
  OutcomeUnknown: 'AccessFailed',
  AnswerWithheld: 'AccessFailed',
  InternalError: 'AccessFailed',
};

/** Returns the metric for a refusal. A caller of the session that waits for the end of a rotation is not a failure. */
export const countFor = ({ code, cause }: Refusal): CountName | undefined =>
  code === 'NoSession' && cause instanceof LogInWaitsError ? undefined : COUNTED[code];
