import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { awsCall } from '../lambda/aws-call.ts';
import type { AlarmState, TopicAlarm } from './surroundings.ts';

/**
 * Returns a metric's alarm that publishes to the topic when it begins; undefined where there is none.
 * @throws AwsCallError
 */
export async function alarmOf(
  options: object,
  topicArn: string,
  metric: string,
): Promise<TopicAlarm | undefined> {
  const cloudWatch = new CloudWatchClient(options);
  let from: string | undefined;
  do {
    const page = await awsCall('cloudwatch:DescribeAlarms', () =>
      cloudWatch.send(
        new DescribeAlarmsCommand({
          ActionPrefix: topicArn,
          AlarmTypes: ['MetricAlarm'],
          ...(from === undefined ? {} : { NextToken: from }),
        }),
      ),
    );
    const found = page.MetricAlarms?.find(
      // A prefix: another topic's ARN may begin with this one.
      ({ AlarmActions = [], MetricName }) => AlarmActions.includes(topicArn) && MetricName === metric,
    );
    if (found?.AlarmName !== undefined) {
      const { AlarmName: name, StateValue: state = 'INSUFFICIENT_DATA', ActionsEnabled = true } = found;
      return { name, state, actionsEnabled: ActionsEnabled };
    }
    from = page.NextToken;
  } while (from !== undefined);
  return undefined;
}

/** @throws AwsCallError */
export async function setAlarmState(
  options: object,
  name: string,
  state: AlarmState,
  reason: string,
): Promise<void> {
  await awsCall('cloudwatch:SetAlarmState', () =>
    new CloudWatchClient(options).send(
      new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: reason }),
    ),
  );
}
