import { Lazy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/**
 * Who may read the secret's value, on the secret itself: an identity's own policy, however broad
 * (`secretsmanager:*` on `*`, as administrators have it), is not enough.
 *
 * Nobody is locked out for good: only reading the value and deleting the secret are refused. Whoever may
 * change resource policies (the account's administrators, its root user) can still do that, write a value and
 * move labels, so a policy that names the wrong role is put right by one deploy or one call.
 *
 * @param readerArns roles that may read, as they are when the template is made
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
    // Of an assumed role's session, aws:PrincipalArn is the role's ARN.
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': Lazy.any({ produce: readerArns }) } },
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
  return policy;
}

const readBy = (readerArns: string[]) => ({
  Sid: 'TheNamedRead',
  Effect: 'Allow',
  Principal: { AWS: readerArns },
  Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  Resource: '*',
});
