import { ArnFormat, Lazy, Stack, Token } from 'aws-cdk-lib';
import { type CfnRule, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { OWN_PROGRAM } from '../lambda/aws-client.ts';

/** Each is in the pattern by ARN and name. */
const secretsPerRule = 6;
/** EventBridge takes a pattern of 2,048 characters; this much of it is for the secrets and the roles. */
const roomInPattern = 1_600;
/** Characters of a role's ARN that is known only after deployment. */
const unknownArnChars = 120;

export type WatchedReads = {
  secretArn: string;
  secretName: string;
  /** Characters of its ARN, at most. */
  arnLength: number;
  /** The roles that the secret's own policy lets read it. */
  readerArns: () => string[];
};

type Watch = {
  rotation: LambdaFunction;
  /** The rules' names begin so: one permission is for all. */
  rulePrefix: string;
  /** The function's role and those by which the stack is deployed: ARNs, or patterns of them. */
  own: () => string[];
  /** The operators' roles: ARNs, or patterns of them. */
  operators: () => string[];
};

/**
 * Adds the rules by which a read of a secret's value out of turn comes to the function, which announces it
 * (`lambda/rotation/secret-read.ts`): by a principal without a role, or by a role that is neither a reader nor ours, with
 * another program than the tool. Operators read by the tool in their turn. A read that was denied is none.
 *
 * GetSecretValue is a read-only management event: EventBridge delivers it to a rule in the state
 * ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS alone (EventBridge User Guide, "Receiving read-only management events"),
 * and only where a trail logs management reads.
 *
 * @returns adds a secret whose policy the stack writes; the readers of another one are not known here
 */
export function readRules(scope: Construct, id: string, watch: Watch): (secret: WatchedReads) => void {
  const { rotation, rulePrefix } = watch;
  let rules = 0;
  let secrets: WatchedReads[] = [];
  return (secret) => {
    if (rules === 0) {
      rotation.addPermission(id, {
        principal: new ServicePrincipal('events.amazonaws.com'),
        sourceArn: Stack.of(scope).formatArn({
          service: 'events',
          resource: 'rule',
          resourceName: `${rulePrefix}*`,
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      });
    }
    if (rules === 0 || secrets.length === secretsPerRule) {
      rules += 1;
      secrets = [];
      readRule(scope, `${id}${rules}`, { watch, ruleName: `${rulePrefix}${rules}`, secrets });
    }
    secrets.push(secret);
  };
}

function readRule(
  scope: Construct,
  id: string,
  { watch, ruleName, secrets }: { watch: Watch; ruleName: string; secrets: readonly WatchedReads[] },
): void {
  const rule = new Rule(scope, id, {
    ruleName,
    description: 'Reads of ThingSpace secrets out of turn are announced',
    eventPattern: {
      source: ['aws.secretsmanager'],
      detailType: ['AWS API Call via CloudTrail'],
      detail: {
        eventName: ['GetSecretValue'],
        errorCode: [{ exists: false }],
        requestParameters: {
          secretId: Lazy.list({
            produce: () => secrets.flatMap(({ secretArn, secretName }) => [secretArn, secretName]),
          }),
        },
        $or: Lazy.any({ produce: () => outOfTurn(watch, secrets) }),
      },
    },
    targets: [
      {
        bind: () => ({
          arn: watch.rotation.functionArn,
          input: RuleTargetInput.fromEventPath('$.detail'),
        }),
      },
    ],
  });
  (rule.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
}

const issuer = (...arn: unknown[]) => ({ userIdentity: { sessionContext: { sessionIssuer: { arn } } } });
const WITHOUT_ROLE = issuer({ exists: false });
const NOT_BY_THE_TOOL = { userAgent: [{ 'anything-but': { wildcard: `*app/${OWN_PROGRAM}*` } }] };

/** Where the readers have no room in the pattern, it has the operators' roles alone (docs/security.md). */
function outOfTurn({ own, operators }: Watch, secrets: readonly WatchedReads[]): object[] {
  const taken = secrets.reduce(
    (sum, { arnLength, secretName }) => sum + arnLength + secretName.length + 6,
    0,
  );
  const fits = (arns: readonly string[]) => arns.length > 0 && taken + lengthOf(arns) <= roomInPattern;
  const known = [...new Set([...own(), ...secrets.flatMap(({ readerArns }) => readerArns())])];
  if (fits(known)) {
    const hasPattern = known.some((arn) => arn.includes('*'));
    const others = issuer({ 'anything-but': hasPattern ? { wildcard: known } : known });
    return [WITHOUT_ROLE, { ...others, ...NOT_BY_THE_TOOL }];
  }
  const patterns = [...new Set(operators())];
  const byOperators = { ...issuer(...patterns.map((wildcard) => ({ wildcard }))), ...NOT_BY_THE_TOOL };
  return fits(patterns) ? [WITHOUT_ROLE, byOperators] : [WITHOUT_ROLE];
}

const lengthOf = (arns: readonly string[]): number =>
  arns.reduce(
    (sum, arn) => sum + (Token.isUnresolved(arn) ? unknownArnChars : arn.length) + '{"wildcard":""},'.length,
    0,
  );
