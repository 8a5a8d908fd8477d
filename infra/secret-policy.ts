import { Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/**
 * Restricts the readers of the secret's value on the secret itself: an identity's own policy, however broad
 * (`secretsmanager:*` on `*`, as administrators have it), is not enough.
 *
 * The policy locks no administrator out for good: it denies only reading the value and deleting the secret. The
 * account's administrators and its root user can still change resource policies, write a value and move labels. So
 * one deploy or one call repairs a policy that names the wrong role.
 *
 * The policy stays with the secret when the stack goes, so that its readers can read on.
 *
 * @param readerArns the readers, as ARNs or patterns of ARNs: compared as text, so a role that was removed
 *   and made again is meant too
 * @param grantedArns roles that read by this policy alone; each must exist
 */
export function restrictReaders(
  scope: Construct,
  id: string,
  props: { secret: ISecret; grantedArns: () => string[]; readerArns: () => string[] },
): CfnResourcePolicy {
  const { secret, grantedArns, readerArns } = props;
  const onlyNamed = new PolicyStatement({
    sid: 'OnlyTheNamedRead',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['secretsmanager:GetSecretValue'],
    resources: ['*'],
    // For the session of an assumed role, aws:PrincipalArn is the role's ARN.
    conditions: { ArnNotLike: { 'aws:PrincipalArn': Lazy.any({ produce: readerArns }) } },
  });
  const undeletable = new PolicyStatement({
    sid: 'NobodyDeletesItInOneStep',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['secretsmanager:DeleteSecret'],
    resources: ['*'],
  });
  const policy = new CfnResourcePolicy(scope, id, {
    secretId: secret.secretArn,
    blockPublicPolicy: true,
    resourcePolicy: Lazy.any({
      produce: () => {
        const granted = grantedArns();
        const document = new PolicyDocument({ statements: [onlyNamed, undeletable] }).toJSON();
        if (granted.length > 0) document.Statement.push(readBy(granted));
        return document;
      },
    }),
  });
  policy.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return policy;
}

const readBy = (readerArns: string[]) => ({
  Sid: 'TheNamedRead',
  Effect: 'Allow',
  Principal: { AWS: readerArns },
  Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  Resource: '*',
});
