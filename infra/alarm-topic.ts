import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { allow } from './allow.ts';

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

/** The statement that lets a publisher use the key of an encrypted topic. */
export const publishThroughKey = (key: IKey, topic: ITopic): PolicyStatement =>
  allow(['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn], {
    StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': topic.topicArn },
  });
