import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { publishThroughKey } from './alarm-topic.ts';
import { allow } from './allow.ts';
import { type OperatorsPolicies, withImportedSecrets } from './imported-secrets.ts';

/** The tag by which the operators' policy knows the secrets of a service: a list of them would not fit. */
export const serviceTag = 'thingspace-rotation-service';

const secretActions = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:RotateSecret',
  'secretsmanager:UpdateSecretVersionStage',
];

const ledgerActions = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
];

type Props = {
  policyName: string;
  serviceName: string;
  sealingKey: IKey;
  operationsKey: IKey;
  ledger: Table;
  topic: ITopic;
  logGroup: ILogGroup;
  rotation: IFunction;
  /** The alarm by which operators test whether CloudWatch's messages arrive. */
  testedAlarm: IAlarm;
};

/**
 * Allows the calls of the operator's tool (`cli/`), and no others. The stack attaches it to no role: operators attach
 * it to theirs, or name it in a permission set of IAM Identity Center. To read a secret or open a sealed password,
 * a role must also be named as operator in the secret's and the key's own policies.
 */
export function operatorsPolicy(scope: Construct, id: string, props: Props): OperatorsPolicies {
  const { sealingKey, operationsKey, ledger, topic, logGroup, rotation, testedAlarm } = props;
  const stack = Stack.of(scope);
  const throughSecretsManager = (keyArns: string[]) =>
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], keyArns, {
      StringEquals: { 'kms:ViaService': `secretsmanager.${stack.region}.amazonaws.com` },
    });
  const policy = new ManagedPolicy(scope, id, {
    managedPolicyName: props.policyName,
    description: `Operates the ThingSpace passwords of ${props.serviceName} with the project's tool`,
    statements: [
      allow(secretActions, [everySecretOf(stack)], {
        StringEquals: { [`aws:ResourceTag/${serviceTag}`]: props.serviceName },
      }),
      throughSecretsManager([sealingKey.keyArn]),
      // Sealed passwords, to read what a rotation could not.
      allow(['kms:Decrypt'], [sealingKey.keyArn], { Null: { 'kms:EncryptionContext:token': 'false' } }),
      allow(ledgerActions, [ledger.tableArn]),
      // A trial is announced, and whether alarms arrive can be tried.
      allow(['sns:ListSubscriptionsByTopic', 'sns:Publish'], [topic.topicArn]),
      publishThroughKey(operationsKey, topic),
      allow(['logs:FilterLogEvents'], [logGroup.logGroupArn]),
      allow(['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'], [rotation.functionArn]),
      allow(['kms:DescribeKey', 'kms:GetKeyPolicy'], [sealingKey.keyArn, operationsKey.keyArn]),
      // Whether CloudWatch's messages arrive can be tried, too.
      allow(['cloudwatch:SetAlarmState'], [testedAlarm.alarmArn]),
      // By which the tool finds the function and its secrets, `doctor` looks at the account, and `changes` finds callers. A trail may be of
      // another region or account; the others know no resources.
      allow(
        [
          'cloudtrail:DescribeTrails',
          'cloudtrail:GetEventSelectors',
          'cloudtrail:GetTrailStatus',
          'cloudtrail:LookupEvents',
          'cloudwatch:DescribeAlarms',
          'logs:DescribeLogGroups',
          'secretsmanager:ListSecrets',
          'sns:GetSMSSandboxAccountStatus',
        ],
        ['*'],
      ),
    ],
  });

  return withImportedSecrets({
    first: policy,
    further: (number) =>
      new ManagedPolicy(scope, `${id}${number}`, {
        managedPolicyName: `${props.policyName}-${number}`,
        description: `Operates imported ThingSpace secrets of ${props.serviceName} with the project's tool`,
      }),
    secrets: () => allow(secretActions, []),
    keys: () => throughSecretsManager([]),
    knownKeys: [sealingKey.keyArn],
  });
}

const everySecretOf = (stack: Stack): string =>
  stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: 'thingspace/*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
