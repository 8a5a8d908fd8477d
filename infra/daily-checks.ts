import { createHash } from 'node:crypto';
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { allow } from './allow.ts';

/** The event that starts the function's recovery; its other events come from Secrets Manager. */
export const recoverEvent = (secretArn: string) => ({ Recover: secretArn });

/** The daily checks' group and the role by which Scheduler invokes the function. */
export type DailyChecks = { group: CfnScheduleGroup; role: Role; hourUtc: number };

export function dailyChecks(
  scope: Construct,
  id: string,
  props: { groupName: string; rotation: IFunction; hourUtc: number },
): DailyChecks {
  const { groupName, rotation, hourUtc } = props;
  const stack = Stack.of(scope);
  const group = new CfnScheduleGroup(scope, `${id}Group`, { name: groupName });
  const groupArn = stack.formatArn({
    service: 'scheduler',
    resource: 'schedule-group',
    resourceName: groupName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const role = new Role(scope, `${id}Role`, {
    description: 'Scheduler starts the daily checks',
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': groupArn } },
    }),
  });
  role.addToPolicy(allow(['lambda:InvokeFunction'], [rotation.functionArn]));
  return { group, role, hourUtc };
}

/** All checks of a day fall within 45 minutes, so that one hour's metrics tell of all of them. */
const minutes = 45;

/**
 * Scheduler and not a rule: an account has 300 rules but a million schedules. Towards noon UTC, unless the calendar
 * wants another hour: far from the rotations' windows, which open at midnight, and half a day after the last day on
 * which they may fall.
 *
 * The minute comes from the credential's name, so that it changes with no other credential.
 */
export function checkDaily(
  scope: Construct,
  id: string,
  props: { checks: DailyChecks; rotation: IFunction; name: string; secretArn: string },
): CfnSchedule {
  const { checks, rotation, name, secretArn } = props;
  return new CfnSchedule(scope, id, {
    description: 'Daily check of a ThingSpace credential',
    groupName: checks.group.ref,
    scheduleExpression: `cron(${minuteOf(name)} ${checks.hourUtc} * * ? *)`,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: rotation.functionArn,
      roleArn: checks.role.roleArn,
      input: Stack.of(scope).toJsonString(recoverEvent(secretArn)),
      retryPolicy: { maximumEventAgeInSeconds: Duration.hours(6).toSeconds(), maximumRetryAttempts: 10 },
    },
  });
}

const minuteOf = (name: string): number =>
  createHash('sha256').update(name).digest().readUInt32BE(0) % minutes;
