import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { alarmTo } from './alarm-wiring.ts';
import { credentialMetric } from './credential-metrics.ts';

export type WatchedCredential = {
  username: string;
  lockoutBudget: number;
  lockoutLimit: number;
  overdueAfterDays: number;
};

const often = Duration.minutes(5);

/**
 * A second way to the people beside what the function itself publishes: these arrive when the function could
 * not publish, or did not run.
 */
export function credentialAlarms(scope: Construct, topic: ITopic, watched: WatchedCredential): Alarm[] {
  const { username, lockoutBudget, lockoutLimit, overdueAfterDays } = watched;
  const atLeast = {
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  return [
    alarmTo(topic, scope, 'FailedLogInAlarm', {
      ...atLeast,
      alarmDescription: `A log-in of ${username} at ThingSpace failed. ${lockoutLimit} in a row lock the username; the message of the rotation says who tried and what to do.`,
      metric: credentialMetric('FailedLogIns', username, often),
      threshold: 1,
    }),
    alarmTo(topic, scope, 'ExposureAlarm', {
      ...atLeast,
      alarmDescription: `${username} has ${lockoutBudget} or more of ${lockoutLimit} failed log-ins: the automation has stopped, so that the username is not locked. A person has to find the right password.`,
      metric: credentialMetric('LockoutExposure', username, often),
      threshold: lockoutBudget,
    }),
    alarmTo(topic, scope, 'PasswordLostAlarm', {
      ...atLeast,
      alarmDescription: `The password of ${username} changed at ThingSpace and did not reach us, or the username is locked. Call M2M Support for a new one; the runbook has the steps.`,
      metric: credentialMetric('PasswordLost', username, often),
      threshold: 1,
    }),
    alarmTo(topic, scope, 'NotAnnouncedAlarm', {
      ...atLeast,
      alarmDescription: `The rotation could not announce what happened to ${username}: its right to publish, or the topic's key. What it had to say stands in its log.`,
      metric: credentialMetric('AlarmPublishFailed', username, often),
      threshold: 1,
    }),
    alarmTo(topic, scope, 'OverdueAlarm', {
      alarmDescription: `The password of ${username} is older than ${overdueAfterDays} days, or nothing measured its age for two days: no credentials were stored yet, or the rotation does not run.`,
      metric: credentialMetric('PasswordAgeDays', username, Duration.days(1)),
      threshold: overdueAfterDays,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The daily check writes it once a day; one day may fail.
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.BREACHING,
    }),
  ];
}
