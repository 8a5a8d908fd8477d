import { Lazy } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { recoverEvent } from './daily-checks.ts';

/** EventBridge takes a pattern of 2,048 characters; this much of it is for the secrets' ARNs. */
const roomForArns = 1_600;

/** One more secret whose failed rotations start the recovery. `arnLength`: its ARN's, at most. */
export type WatchedSecret = { secretArn: string; arnLength: number };

/**
 * Adds the rules by which the event of a failed rotation starts the recovery: Secrets Manager has given up then, and
 * no other event rolls forward. The recovery publishes the messages that an operator needs. The rules send none: the
 * function has already said why the rotation failed. The events come by CloudTrail, so the account needs a trail
 * (docs/deploy.md); without one the daily check does the same later.
 *
 * @returns adds a secret; a rule is full after some 15 secrets, and another is made
 */
export function recoverRules(
  scope: Construct,
  id: string,
  rotation: IFunction,
): (secret: WatchedSecret) => void {
  let rules = 0;
  let room = 0;
  let arns: string[] = [];
  return ({ secretArn, arnLength }) => {
    const length = arnLength + '"",'.length;
    if (room < length) {
      rules += 1;
      room = roomForArns;
      arns = [];
      recoverRule(scope, rules === 1 ? id : `${id}${rules}`, rotation, arns);
    }
    room -= length;
    arns.push(secretArn);
  };
}

function recoverRule(scope: Construct, id: string, rotation: IFunction, arns: string[]): Rule {
  return new Rule(scope, id, {
    description: 'Failed and abandoned rotations of ThingSpace credentials start the recovery',
    eventPattern: {
      source: ['aws.secretsmanager'],
      detailType: ['AWS Service Event via CloudTrail'],
      detail: {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
        additionalEventData: { SecretId: Lazy.list({ produce: () => arns }) },
      },
    },
    targets: [
      new FunctionTarget(rotation, {
        event: RuleTargetInput.fromObject(
          recoverEvent(EventField.fromPath('$.detail.additionalEventData.SecretId')),
        ),
      }),
    ],
  });
}
