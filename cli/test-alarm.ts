import { confirmed } from './confirm.ts';
import type { Desk } from './desk.ts';
import { TargetError } from './errors.ts';
import type { Acting } from './options.ts';
import { testThroughCloudWatch } from './test-through-cloudwatch.ts';

/**
 * Publishes a message that says that it is a test, to the topic of the real ones, and lets CloudWatch publish another.
 * @throws TargetError, NotConfirmedError, CommandError, AwsCallError
 */
export async function testAlarm(desk: Desk, { yes, dryRun, actor }: Acting): Promise<void> {
  const { terminal, surroundings, settings } = desk;
  const { alarmTopicArn } = settings;
  if (alarmTopicArn === undefined)
    throw new TargetError('The topic is not known: name the credential with --secret.');
  const by = `"${actor.replaceAll(/[^\x20-\x7e]/g, '?')}"`;
  terminal.say(
    `Publishes a test to every receiver of the alarms of ${alarmTopicArn}. Then sets a CloudWatch alarm to ALARM and back, so that ` +
      'CloudWatch sends another.',
  );
  if (dryRun) return terminal.say('Dry run: no message was published, and no alarm was set.');
  await confirmed(terminal, yes, 'Publish it?');
  const id = await surroundings.publish(
    alarmTopicArn,
    'ThingSpace TEST: no fault, no action needed',
    `This is a test of the ThingSpace password rotation's alarms, published by ${by}.\n` +
      'There is no fault, and you need not act. If a receiver did not get this message: see "messages do not arrive" ' +
      'in the runbook.\n',
  );
  terminal.say(`Published (${id}). Ask each receiver whether it came; an e-mail takes a minute or two.`);
  await testThroughCloudWatch(
    desk,
    alarmTopicArn,
    `TEST by ${by}: there is no fault, and you need not act. The alarm was set by hand and is set back at once.`,
  );
}
