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
import type { Severity } from '../lambda/alarms/severity.ts';

type Choice = {
  /** The severities that the receiver gets. @default - all; by SMS only `critical` */
  readonly severities?: readonly Severity[];
};

/** A receiver of messages. E-mail and HTTPS receivers confirm their subscription once, by a message from SNS. */
export type Receiver =
  | (Choice & { readonly email: string })
  /** Telephone number as E.164: `+12025550123`. */
  | (Choice & { readonly sms: string })
  /** May have a query, as pagers' addresses have. */
  | (Choice & { readonly https: string })
  /** ARN of a function of the same account and region. */
  | (Choice & { readonly lambda: string });

/** A receiver and the usernames it hears of; `everything` also brings CloudWatch's alarms. */
export type Subscribed = { receiver: Receiver; usernames: 'everything' | string[] };

/**
 * SNS takes one subscription per receiver and topic, so a receiver for several credentials gets one
 * subscription with all of them, and a receiver of everything needs no other.
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
  const filterPolicy = filterOf(severitiesOf(receiver), usernames);
  const filter = filterPolicy === undefined ? {} : { filterPolicy };
  if ('email' in receiver) topic.addSubscription(new EmailSubscription(receiver.email, filter));
  else if ('sms' in receiver) topic.addSubscription(new SmsSubscription(receiver.sms, filter));
  else if ('https' in receiver) topic.addSubscription(new UrlSubscription(receiver.https, filter));
  else topic.addSubscription(new LambdaSubscription(importedFunction(topic, receiver.lambda), filter));
}

/** Undefined: everything. */
export function severitiesOf(receiver: Receiver): readonly Severity[] | undefined {
  return receiver.severities ?? ('sms' in receiver ? ['critical'] : undefined);
}

/** The address alone, letter case aside: what SNS knows a subscription by. */
export function addressOf(receiver: Receiver): string {
  const [member] = Object.entries(receiver).filter(([name]) => name !== 'severities');
  return (member ?? []).join(' ').toLowerCase();
}

/**
 * A receiver of everything also gets CloudWatch's alarms. They have no attributes. They report that the function
 * may be unable to publish, so they pass every choice of severities.
 */
function filterOf(severities: readonly Severity[] | undefined, usernames: Subscribed['usernames']) {
  const credential =
    usernames === 'everything'
      ? undefined
      : new SubscriptionFilter(usernames.map((username) => labelOf(username.toLowerCase())));
  const chosen = severities && [...severities, ...(credential ? [] : [{ exists: false }])];
  const policy = {
    ...(credential && { credential }),
    ...(chosen && { severity: new SubscriptionFilter(chosen) }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function importedFunction(topic: ITopic, functionArn: string) {
  const scope = Stack.of(topic);
  const id = `Receiver${functionArn.replace(/\W/g, '-')}`;
  // `sameEnvironment`: lets CDK add the permission by which this topic invokes it.
  return LambdaFunction.fromFunctionAttributes(scope, id, { functionArn, sameEnvironment: true });
}
