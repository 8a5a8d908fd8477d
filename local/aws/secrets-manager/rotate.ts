import type { InferOutput } from 'valibot';
import { AwsFailure } from '../service.ts';
import type { RotateSecret } from './requests.ts';
import { moveLabels, type Secret, versionById, versionByStage } from './secret.ts';

/** RotateSecret's answer while an earlier rotation is open. The steps of the earlier one run again: see `token`. */
export class PreviousRotationOpen extends AwsFailure {
  readonly token: string;

  constructor(token: string) {
    super(
      'InvalidRequestException',
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
    this.token = token;
  }
}

/**
 * The state after RotateSecret was accepted: rotation is on, and a version named by the token, labelled
 * AWSPENDING, has no value yet. Running the function is the conductor's part.
 * @throws {AwsFailure} InvalidRequestException without a function, AccessDeniedException where it cannot be
 * invoked. @throws {PreviousRotationOpen} while AWSPENDING is on a version that is not current.
 * Source: docs/aws.md, rotation.
 */
export function rotateSecret(
  secret: Secret,
  input: InferOutput<typeof RotateSecret>,
  nowMs: number,
  canInvoke: (lambdaArn: string) => boolean,
): Secret {
  const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
  if (!lambdaArn) {
    throw new AwsFailure(
      'InvalidRequestException',
      'No Lambda rotation function ARN is associated with this secret.',
    );
  }
  if (!canInvoke(lambdaArn)) {
    throw new AwsFailure(
      'AccessDeniedException',
      'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    );
  }
  const open = openRotation(secret);
  if (open) throw new PreviousRotationOpen(open);
  const id = input.ClientRequestToken;
  if (versionById(secret, id)) {
    // AWS does not publish its answer to a spent token; staging its version again would rotate nothing.
    throw new AwsFailure('InvalidRequestException', `A version ${id} of the secret exists already.`);
  }
  const versions = [...secret.versions, { id, stages: [], createdAtMs: nowMs }];
  return {
    ...secret,
    versions: moveLabels(versions, ['AWSPENDING'], id),
    rotation: { enabled: true, lambdaArn, rules: input.RotationRules ?? secret.rotation?.rules ?? {} },
    changedAtMs: nowMs,
  };
}

/** The version of a rotation that is not over: it has AWSPENDING and is not current. */
export function openRotation(secret: Secret): string | undefined {
  const pending = versionByStage(secret, 'AWSPENDING');
  return pending?.stages.includes('AWSCURRENT') ? undefined : pending?.id;
}

/** The end of a test of the function: its version is removed, unless the function made it current. */
export function withoutTestVersion(secret: Secret, token: string): Secret {
  const current = versionByStage(secret, 'AWSCURRENT')?.id;
  return { ...secret, versions: secret.versions.filter(({ id }) => id !== token || id === current) };
}

/** Rotation off; the version under AWSPENDING stays for an operator to look at, as documented. */
export function cancelRotateSecret(secret: Secret, nowMs: number): Secret {
  if (!secret.rotation?.enabled) {
    throw new AwsFailure('InvalidRequestException', 'Rotation is not enabled for this secret.');
  }
  return { ...secret, rotation: { ...secret.rotation, enabled: false }, changedAtMs: nowMs };
}
