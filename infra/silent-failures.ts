import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { metricNamespace } from '../lambda/metrics.ts';

const metricName = 'UnannouncedFailures';

/**
 * Errors of which the function cannot tell anybody: without its ledger it has no outbox and does not know what
 * was said, and without its settings it has no topic. Every other failure that needs an operator it announces by
 * itself (`lambda/rotation/standing-trouble.ts`).
 */
export const unannouncedErrors = [
  'BaseUrlError',
  'BudgetsError',
  'InvalidEventError',
  'LedgerItemError',
  'LedgerUnavailableError',
  'PasswordElementError',
  'SettingsError',
  'TokenHostError',
];

/** As the function's handler logs what it throws: one JSON line with `level` and `errorName`. */
export const unannouncedPattern = `{ $.level = "ERROR" && (${unannouncedErrors
  .map((name) => `$.errorName = "${name}"`)
  .join(' || ')}) }`;

/** As Lambda itself says that a process was stopped, died or could not begin, in its log format of text. */
export const stoppedPattern = [
  'Task timed out',
  'Runtime exited',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'Runtime.ImportModuleError',
  'Runtime.HandlerNotFound',
]
  .map((text) => `?"${text}"`)
  .join(' ');

/** Counts the invocations that failed without a word to anybody, from the function's log. */
export function countSilentFailures(logGroup: ILogGroup, serviceName: string): void {
  const filters = { FailedUnannounced: unannouncedPattern, Stopped: stoppedPattern };
  for (const [id, pattern] of Object.entries(filters)) {
    new MetricFilter(logGroup, id, {
      logGroup,
      filterPattern: FilterPattern.literal(pattern),
      metricNamespace: namespaceOf(serviceName),
      metricName,
      metricValue: '1',
    });
  }
}

export const silentFailures = (serviceName: string, period: Duration): Metric =>
  new Metric({ namespace: namespaceOf(serviceName), metricName, statistic: 'Sum', period });

/** A metric filter cannot write its own dimension, so the service is part of the namespace. */
const namespaceOf = (serviceName: string): string => `${metricNamespace}/${serviceName}`;
