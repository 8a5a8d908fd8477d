import type { Listening } from '../http.ts';
import { AwsFailure, type Place, serveJson } from './service.ts';
import type { Sns } from './sns.ts';

/** An alarm as DescribeAlarms shows it. */
export type ApiAlarm = {
  AlarmName: string;
  StateValue: string;
  StateReason: string;
  ActionsEnabled: boolean;
  AlarmActions: string[];
  MetricName: string;
};

/** The stand-in for CloudWatch's API: the alarms of one topic. `local/cloudwatch/` evaluates alarms. */
export interface CloudWatchApi extends Listening {
  /** Change them: what an account may have set up. */
  readonly alarms: ApiAlarm[];
}

/**
 * DescribeAlarms by the beginning of an action's ARN, and SetAlarmState, as the API reference says: the action runs where the state
 * changes. CloudWatch would evaluate the alarm again; this one keeps its state.
 */
export async function startCloudWatch({ clock }: Place, sns: Sns): Promise<CloudWatchApi> {
  const alarm = (id: string, MetricName: string): ApiAlarm => ({
    AlarmName: `ThingSpaceRotation-Service${id}`,
    StateValue: 'OK',
    StateReason: 'No datapoint was received, and missing data are not breaching.',
    ActionsEnabled: true,
    AlarmActions: [sns.topicArn],
    MetricName,
  });
  const alarms = [
    alarm('OverdueAlarm0A1B2C3D-4E5F', 'DaysOverdue'),
    alarm('NotAnnouncedAlarm1B2C3D4E-5F6A', 'AlarmPublishFailed'),
  ];
  const listening = await serveJson('cloudwatch', {
    DescribeAlarms: (input) => {
      const { ActionPrefix = '' } = input as { ActionPrefix?: string };
      return {
        MetricAlarms: alarms.filter(({ AlarmActions }) =>
          AlarmActions.some((arn) => arn.startsWith(ActionPrefix)),
        ),
      };
    },
    SetAlarmState: (input) => {
      const { AlarmName, StateValue, StateReason } = input as ApiAlarm;
      const set = alarms.find((one) => one.AlarmName === AlarmName);
      if (!set) throw new AwsFailure('ResourceNotFound', 'Unknown alarm', 404);
      const OldStateValue = set.StateValue;
      Object.assign(set, { StateValue, StateReason });
      if (StateValue !== 'ALARM' || OldStateValue === StateValue || !set.ActionsEnabled) return;
      const StateChangeTime = new Date(clock.nowMs()).toISOString();
      sns.publish(
        `ALARM: "${AlarmName}" in US East (N. Virginia)`,
        JSON.stringify({
          AlarmName,
          NewStateValue: StateValue,
          NewStateReason: StateReason,
          StateChangeTime,
          OldStateValue,
        }),
      );
    },
  });
  return { ...listening, alarms };
}
