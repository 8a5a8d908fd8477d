import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Encrypted, over TLS only; besides IAM's principals, CloudWatch's alarms of this account publish to it. */
export function alarmTopic(scope: Construct, id: string, key: IKey): Topic {
  const topic = new Topic(scope, id, {
    displayName: 'ThingSpace password', // stands before an SMS; 100 characters at most
    masterKey: key,
    enforceSSL: true,
  });
  const { account, partition, region } = Stack.of(scope);
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
      },
    }),
  );
  return topic;
}

/** By which EventBridge's rules publish; neither the topic nor its key need to trust EventBridge itself. */
export function publishingRole(scope: Construct, id: string, topic: ITopic, key: IKey): Role {
  const role = new Role(scope, id, {
    description: 'EventBridge tells of failed and abandoned rotations',
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  role.addToPolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
  role.addToPolicy(publishThroughKey(key, topic));
  return role;
}

/** What a publisher needs of the key of an encrypted topic. */
export function publishThroughKey(key: IKey, topic: ITopic): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': topic.topicArn } },
  });
}
