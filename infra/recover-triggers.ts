import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { EventField, type IRuleTarget, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { RotationService } from './rotation-service.ts';

/** What the function is invoked with besides Secrets Manager's own event. */
const recoverEvent = (secretArn: string) => ({ Recover: secretArn });

/**
 * Nobody rolls forward by itself once Secrets Manager has given up, so its event tells the people and starts
 * the recovery. The events come by CloudTrail: the account needs a trail (docs/deploy.md); without one the
 * daily check still comes.
 */
export function recoverOnFailure(
  scope: Construct,
  id: string,
  props: { service: RotationService; name: string; secretArn: string },
): Rule {
  const { service, name, secretArn } = props;
  const message = RuleTargetInput.fromText(
    `Secrets Manager reports ${EventField.fromPath('$.detail.eventName')} at ${EventField.fromPath('$.time')} for the ` +
      `ThingSpace credential ${name} (${secretArn}). The rotation now looks for a password that was received ` +
      'and not stored, and says what it finds. If no message follows within half an hour, read its log.',
  );
  return new Rule(scope, id, {
    description: `Failed and abandoned rotations of the ThingSpace credential ${name}`,
    eventPattern: {
      source: ['aws.secretsmanager'],
      detailType: ['AWS Service Event via CloudTrail'],
      detail: {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
        additionalEventData: { SecretId: [secretArn] },
      },
    },
    targets: [
      tellTopic(service, message),
      new FunctionTarget(service.function, { event: RuleTargetInput.fromObject(recoverEvent(secretArn)) }),
    ],
  });
}

/** Not aws-cdk-lib's own target: that one lets the role use every operation of the key by a wildcard. */
const tellTopic = ({ alarmTopic, eventsRole }: RotationService, input: RuleTargetInput): IRuleTarget => ({
  bind: () => ({ arn: alarmTopic.topicArn, role: eventsRole, input }),
});

/** The daily checks' group and the role by which Scheduler invokes the function. */
export type DailyChecks = { group: CfnScheduleGroup; role: Role };

export function dailyChecks(scope: Construct, id: string, rotation: IFunction): DailyChecks {
  const stack = Stack.of(scope);
  const group = new CfnScheduleGroup(scope, `${id}Group`, { name: `${stack.stackName}-daily` });
  const groupArn = stack.formatArn({
    service: 'scheduler',
    resource: 'schedule-group',
    resourceName: `${stack.stackName}-daily`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const role = new Role(scope, `${id}Role`, {
    description: 'Scheduler starts the daily checks',
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': groupArn } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [rotation.functionArn] }),
  );
  return { group, role };
}

/**
 * Scheduler and not a rule: an account has 300 rules but a million schedules, and Scheduler spreads them.
 * Noon UTC is far from the rotation's window and from midnight, where the day of the age's metric ends.
 */
export function checkDaily(
  scope: Construct,
  id: string,
  props: { service: RotationService; secretArn: string; position: number },
): CfnSchedule {
  const { service, secretArn, position } = props;
  return new CfnSchedule(scope, id, {
    description: 'Daily check of a ThingSpace credential',
    groupName: service.dailyChecks.group.ref,
    scheduleExpression: `cron(${position % 60} 12 * * ? *)`,
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 30 },
    target: {
      arn: service.function.functionArn,
      roleArn: service.dailyChecks.role.roleArn,
      input: Stack.of(scope).toJsonString(recoverEvent(secretArn)),
      retryPolicy: { maximumEventAgeInSeconds: Duration.hours(6).toSeconds(), maximumRetryAttempts: 10 },
    },
  });
}
