import type { InferOutput } from 'valibot';
import { AwsFailure } from '../aws-failure.ts';
import { moveLabels } from './labels.ts';
import type { RotateSecret } from './requests.ts';
import { type Secret, versionById, versionByStage } from './secret.ts';

/**
 * The state after RotateSecret was accepted: rotation is on, and a version named by the token, labelled
 * AWSPENDING, has no value yet. Running the function is the conductor's part.
 * @throws {AwsFailure} InvalidRequestException without a function, and while AWSPENDING hangs on a version
 * that is not current ("any later invocation assumes that a previous rotation is still in progress").
 */
export function rotateSecret(secret: Secret, input: InferOutput<typeof RotateSecret>, nowMs: number): Secret {
  const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
  if (!lambdaArn) {
    throw new AwsFailure(
      'InvalidRequestException',
      'No Lambda rotation function ARN is associated with this secret.',
    );
  }
  const pending = versionByStage(secret, 'AWSPENDING');
  if (pending && !pending.stages.includes('AWSCURRENT')) {
    throw new AwsFailure(
      'InvalidRequestException',
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
  }
  const id = input.ClientRequestToken;
  if (versionById(secret, id)) {
    // What AWS answers to a token that is spent is not published; staging it again would rotate nothing.
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

/** The end of a test of the function (RotateImmediately false): the version it was given is removed. */
export function withoutTestVersion(secret: Secret, token: string): Secret {
  return {
    ...secret,
    versions: secret.versions.filter((version) => version.id !== token || version.value),
  };
}

/** Rotation off; what AWSPENDING hangs on stays for a person to look at, as documented. */
export function cancelRotateSecret(secret: Secret, nowMs: number): Secret {
  if (!secret.rotation?.enabled) {
    throw new AwsFailure('InvalidRequestException', 'Rotation is not enabled for this secret.');
  }
  return { ...secret, rotation: { ...secret.rotation, enabled: false }, changedAtMs: nowMs };
}
