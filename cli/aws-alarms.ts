import { CloudWatchClient, paginateDescribeAlarms, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { awsCall } from '../lambda/aws-call.ts';
import { pagesOf } from './pages.ts';
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
  const client = new CloudWatchClient(options);
  const search = { ActionPrefix: topicArn, AlarmTypes: ['MetricAlarm' as const] };
  const pages = await pagesOf('cloudwatch:DescribeAlarms', paginateDescribeAlarms({ client }, search));
  const found = pages
    .flatMap(({ MetricAlarms = [] }) => MetricAlarms)
    // A prefix: another topic's ARN may begin with this one.
    .find(({ AlarmActions = [], MetricName }) => AlarmActions.includes(topicArn) && MetricName === metric);
  if (found?.AlarmName === undefined) return undefined;
  const { AlarmName: name, StateValue: state = 'INSUFFICIENT_DATA', ActionsEnabled = true } = found;
  return { name, state, actionsEnabled: ActionsEnabled };
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
