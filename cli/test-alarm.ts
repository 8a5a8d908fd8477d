import { confirmed } from './confirm.ts';
import type { Desk } from './desk.ts';
import { TargetError } from './errors.ts';

export type TestAlarmOptions = { yes?: boolean; dryRun?: boolean; actor: string };

/**
 * Publishes a message that says that it is a test, to the topic of the real ones.
 * @throws TargetError, NotConfirmedError, AwsCallError
 */
export async function testAlarm(desk: Desk, { yes, dryRun, actor }: TestAlarmOptions): Promise<void> {
  const { terminal, surroundings, settings } = desk;
  const { alarmTopicArn } = settings;
  if (alarmTopicArn === undefined)
    throw new TargetError('The topic is not known: name the credential with --secret.');
  terminal.say(`Publishes a test to every receiver of the alarms of ${alarmTopicArn}.`);
  if (dryRun) return terminal.say('Dry run: no message was published.');
  await confirmed(terminal, yes, 'Publish it?');
  const id = await surroundings.publish(
    alarmTopicArn,
    'ThingSpace TEST: no fault, no action needed',
    `This is a test of the ThingSpace password rotation's alarms, published by "${actor.replaceAll(/[^\x20-\x7e]/g, '?')}".\n` +
      'There is no fault, and you need not act. If a receiver did not get this message: see "messages do not arrive" ' +
      'in the runbook.\n',
  );
  terminal.say(`Published (${id}). Ask each receiver whether it came; an e-mail takes a minute or two.`);
}
