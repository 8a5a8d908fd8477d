import { Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import {
  EmailSubscription,
  LambdaSubscription,
  SmsSubscription,
  UrlSubscription,
} from 'aws-cdk-lib/aws-sns-subscriptions';
import { labelOf } from '../lambda/alarms/label.ts';

/** Who is told. E-mail and HTTPS receivers confirm their subscription once, by a message from SNS. */
export type Receiver =
  | { readonly email: string }
  /** Telephone number as E.164: `+12025550123`. */
  | { readonly sms: string }
  | { readonly https: string }
  /** ARN of a function of the same account and region. */
  | { readonly lambda: string };

/** A receiver and the usernames it hears of; `everything` also brings CloudWatch's and EventBridge's alarms. */
export type Subscribed = { receiver: Receiver; usernames: 'everything' | string[] };

/**
 * SNS takes one subscription per receiver and topic, so whoever receives for several credentials gets one
 * subscription with all of them, and whoever receives everything needs no other.
 */
export function subscriptions(
  everything: readonly Receiver[],
  perCredential: readonly { username: string; receivers: readonly Receiver[] }[],
): Subscribed[] {
  const byAddress = new Map<string, Subscribed>();
  for (const receiver of everything) {
    byAddress.set(addressOf(receiver), { receiver, usernames: 'everything' });
  }
  for (const { username, receivers } of perCredential) {
    for (const receiver of receivers) {
      const known = byAddress.get(addressOf(receiver));
      if (!known) byAddress.set(addressOf(receiver), { receiver, usernames: [username] });
      else if (known.usernames !== 'everything') known.usernames.push(username);
    }
  }
  return [...byAddress.values()];
}

export function subscribe(topic: ITopic, { receiver, usernames }: Subscribed): void {
  const filter =
    usernames === 'everything'
      ? {}
      : {
          filterPolicy: {
            credential: SubscriptionFilter.stringFilter({
              allowlist: usernames.map((username) => labelOf(username.toLowerCase())),
            }),
          },
        };
  if ('email' in receiver) topic.addSubscription(new EmailSubscription(receiver.email, filter));
  else if ('sms' in receiver) topic.addSubscription(new SmsSubscription(receiver.sms, filter));
  else if ('https' in receiver) topic.addSubscription(new UrlSubscription(receiver.https, filter));
  else topic.addSubscription(new LambdaSubscription(importedFunction(topic, receiver.lambda), filter));
}

const addressOf = (receiver: Receiver): string => Object.entries(receiver).flat().join(' ').toLowerCase();

function importedFunction(topic: ITopic, functionArn: string) {
  const scope = Stack.of(topic);
  const id = `Receiver${functionArn.replace(/\W/g, '-')}`;
  // `sameEnvironment`: lets CDK add the permission by which this topic invokes it.
  return LambdaFunction.fromFunctionAttributes(scope, id, { functionArn, sameEnvironment: true });
}
