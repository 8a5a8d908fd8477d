import { Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import {
  EmailSubscription,
  LambdaSubscription,
  SmsSubscription,
  UrlSubscription,
} from 'aws-cdk-lib/aws-sns-subscriptions';
import { labelOf, TEST_LABEL } from '../lambda/alarms/label.ts';
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

/**
 * A receiver and the usernames it hears of. `everything` also brings CloudWatch's alarms; `every username` does not, and
 * needs no list.
 */
export type Subscribed = { receiver: Receiver; usernames: 'everything' | 'every username' | string[] };

/** Combinations of values in one filter policy (SNS's page on constraints of filter policies). */
export const MOST_COMBINATIONS = 150;

/** The filter of a subscription would have more values than SNS takes. */
export class ReceiverFilterError extends Error {
  override readonly name = 'ReceiverFilterError';
}

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
      else if (Array.isArray(known.usernames)) known.usernames.push(username);
    }
  }
  const all = new Set(perCredential.map(({ username }) => username)).size;
  return [...byAddress.values()].map((subscribed) => {
    const ofAll = Array.isArray(subscribed.usernames) && new Set(subscribed.usernames).size === all;
    if (!ofAll || combinations(subscribed) <= MOST_COMBINATIONS) return subscribed;
    return { ...subscribed, usernames: 'every username' };
  });
}

/** Returns how many combinations the filter of a subscription has, as SNS counts them. */
export function combinations({ receiver, usernames }: Subscribed): number {
  const severities = severitiesOf(receiver)?.length ?? 1;
  // The test message's label is one more.
  return Array.isArray(usernames) ? (new Set(usernames).size + 1) * severities : severities;
}

/** @throws ReceiverFilterError */
export function subscribe(topic: ITopic, subscribed: Subscribed): void {
  const { receiver, usernames } = subscribed;
  const values = combinations(subscribed);
  if (values > MOST_COMBINATIONS) {
    throw new ReceiverFilterError(
      `addReceiver: the usernames and severities of one receiver are ${values} combinations, and a filter of SNS takes ${MOST_COMBINATIONS}: give fewer severities, or no usernames, which brings every message.`,
    );
  }
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
  const credential = credentialFilter(usernames);
  const chosen = severities && [...severities, ...(credential ? [] : [{ exists: false }])];
  const policy = {
    ...(credential && { credential }),
    ...(chosen && { severity: new SubscriptionFilter(chosen) }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function credentialFilter(usernames: Subscribed['usernames']): SubscriptionFilter | undefined {
  if (usernames === 'everything') return undefined;
  // CloudWatch's alarms have no attributes.
  if (usernames === 'every username') return SubscriptionFilter.existsFilter();
  return new SubscriptionFilter([
    ...usernames.map((username) => labelOf(username.toLowerCase())),
    TEST_LABEL,
  ]);
}

function importedFunction(topic: ITopic, functionArn: string) {
  const scope = Stack.of(topic);
  const id = `Receiver${functionArn.replace(/\W/g, '-')}`;
  // `sameEnvironment`: lets CDK add the permission by which this topic invokes it.
  return LambdaFunction.fromFunctionAttributes(scope, id, { functionArn, sameEnvironment: true });
}
