import { AwsCallError } from '../lambda/aws-call.ts';
import type { CountName } from '../lambda/metrics.ts';
import type { Desk } from './desk.ts';
import { type CommandError, notRight } from './errors.ts';
import { lineOf } from './failure.ts';
import type { TopicAlarm } from './surroundings.ts';

/** The metric of the alarm that is set: messages that the function could not publish. Without data this alarm is OK. */
export const TESTED_METRIC: CountName = 'AlarmPublishFailed';

/**
 * Sets a CloudWatch alarm of the service to ALARM, by which CloudWatch publishes a message, and back to its state. Ctrl-C waits
 * for both. If the process dies between them, CloudWatch puts the state back: it evaluates a metric alarm again (API
 * reference of SetAlarmState).
 * @param topicArn the topic of the alarms
 * @param reason shown in CloudWatch's message
 * @throws CommandError, AwsCallError
 */
export async function testThroughCloudWatch(desk: Desk, topicArn: string, reason: string): Promise<void> {
  const { terminal, surroundings } = desk;
  const alarm = await surroundings.alarmOf(topicArn, TESTED_METRIC);
  if (alarm === undefined) throw noAlarm(topicArn);
  if (!alarm.actionsEnabled) throw actionsOff(alarm);
  if (alarm.state === 'ALARM') throw inAlarm(alarm);
  const setting = setAndPutBack(desk, alarm, reason);
  const done = terminal.onInterrupt(() =>
    setting.then(
      () => `The alarm ${alarm.name} is back in ${alarm.state}.`,
      (failure) => `CloudWatch's test failed: ${lineOf(failure)}`,
    ),
  );
  await setting.finally(done);
  terminal.say(
    `Set the CloudWatch alarm ${alarm.name} to ALARM and back to ${alarm.state}, so that CloudWatch sends a second message. ` +
      'The tool does not see whether CloudWatch could publish it. Ask each receiver of the whole stack whether a message with ' +
      'the name of this alarm and "TEST" came. A receiver of single credentials gets none.',
  );
}

/** Puts the state back after an unknown outcome, too. */
async function setAndPutBack({ terminal, surroundings }: Desk, alarm: TopicAlarm, reason: string) {
  const unknown = await surroundings.setAlarmState(alarm.name, 'ALARM', reason).then(
    () => undefined,
    (failure: unknown) => (wasRefused(failure) ? Promise.reject(failure) : failure),
  );
  await surroundings.setAlarmState(alarm.name, alarm.state, 'The TEST is over.').catch((failure) => {
    terminal.warn(mayBeInAlarm(alarm));
    throw unknown ?? failure;
  });
  if (unknown === undefined) return;
  terminal.warn(`Whether the alarm ${alarm.name} was in ALARM is unknown. It is back in ${alarm.state}.`);
  throw unknown;
}

/** Without a status no answer came, and from 500 on AWS's answer leaves open whether the call took effect. */
function wasRefused(failure: unknown): boolean {
  const { httpStatus = 500 } = failure instanceof AwsCallError ? failure : {};
  return httpStatus < 500;
}

const mayBeInAlarm = ({ name, state }: TopicAlarm): string =>
  `The CloudWatch alarm ${name} may be in ALARM by this test, and not back in ${state}. CloudWatch sets its true state by itself when it evaluates the alarm again.`;

const noAlarm = (topicArn: string): CommandError =>
  notRight(
    `CloudWatch sent no test: no alarm on the metric ${TESTED_METRIC} publishes to ${topicArn}. The stack has one. ` +
      '1. Look what else was changed by hand: `npx cdk drift` 2. Deploy the stack again: `npx cdk deploy`',
  );

const actionsOff = ({ name }: TopicAlarm): CommandError =>
  notRight(
    `CloudWatch sent no test: the actions of the alarm ${name} are disabled, so it reports nothing. ` +
      `1. Enable them: \`aws cloudwatch enable-alarm-actions --alarm-names ${name}\` 2. Run this command again.`,
  );

const inAlarm = ({ name }: TopicAlarm): CommandError =>
  notRight(
    `CloudWatch sent no test: the alarm ${name} is in ALARM already. The function could not publish messages, or CloudWatch ` +
      'has not ended an earlier test. CloudWatch sends its message when ALARM begins. 1. Ask each receiver of the whole stack whether it came. 2. See "messages do not arrive" in the runbook.',
  );
