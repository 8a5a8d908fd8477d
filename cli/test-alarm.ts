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
  terminal.say(`Publishes a test to everybody who receives the alarms of ${alarmTopicArn}.`);
  if (dryRun) return terminal.say('Dry run: nothing was published.');
  await confirmed(terminal, yes, 'Publish it?');
  const id = await surroundings.publish(
    alarmTopicArn,
    'ThingSpace TEST: nothing happened, nothing to do',
    `This is a test of the ThingSpace password rotation's alarms, published by "${actor.replaceAll(/[^\x20-\x7e]/g, '?')}".\n` +
      'Nothing happened and there is nothing to do. Who should have got this and did not: see "messages do not arrive" ' +
      'in the runbook.\n',
  );
  terminal.say(`Published (${id}). Ask each receiver whether it came; an e-mail takes a minute or two.`);
}
