import type { InferOutput } from 'valibot';
import { AwsFailure } from '../service.ts';
import type { CreateSecret, PutSecretValue } from './requests.ts';
import { moveLabels, type Secret, type SecretValue, sameValue, secretArn, versionById } from './secret.ts';

type ValueInput = { SecretString?: string | undefined; SecretBinary?: string | undefined };

/** The first state of a secret; with a value, its first version is AWSCURRENT. */
export function createSecret(
  input: InferOutput<typeof CreateSecret>,
  place: { region: string; accountId: string },
  nowMs: number,
): Secret {
  const value = valueIn(input);
  return {
    arn: secretArn(place.region, place.accountId, input.Name),
    name: input.Name,
    ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
    versions: value
      ? [{ id: input.ClientRequestToken, value, stages: ['AWSCURRENT'], createdAtMs: nowMs }]
      : [],
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  };
}

/** CreateSecret for a name that exists: only the very same request again is fine. */
export function createdAgain(existing: Secret, input: InferOutput<typeof CreateSecret>): Secret {
  const version = versionById(existing, input.ClientRequestToken);
  if (version && sameValue(version.value, valueIn(input))) return existing;
  throw new AwsFailure(
    'ResourceExistsException',
    `The operation failed because the secret ${input.Name} already exists.`,
  );
}

/**
 * The state after PutSecretValue. A known token with the same value changes nothing, not even labels; with
 * another value it is refused. The version that RotateSecret made without a value is filled.
 * @throws {AwsFailure} ResourceExistsException, InvalidRequestException, InvalidParameterException
 */
export function putSecretValue(
  secret: Secret,
  input: InferOutput<typeof PutSecretValue>,
  nowMs: number,
): Secret {
  const id = input.ClientRequestToken;
  const value = valueIn(input);
  if (!value) {
    throw new AwsFailure('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  }
  const known = versionById(secret, id);
  if (known?.value) {
    if (sameValue(known.value, value)) return secret;
    throw new AwsFailure(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const versions = known
    ? secret.versions.map((version) => (version === known ? { ...version, value } : version))
    : [...secret.versions, { id, value, stages: [], createdAtMs: nowMs }];
  // The first version of a secret becomes current whatever labels were asked for.
  const first = secret.versions.every((version) => !version.value && version.id === id);
  const asked = input.VersionStages ?? ['AWSCURRENT'];
  const labels = first ? [...new Set([...asked, 'AWSCURRENT'])] : asked;
  return { ...secret, versions: moveLabels(versions, labels, id, true), changedAtMs: nowMs };
}

function valueIn({ SecretString, SecretBinary }: ValueInput): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsFailure(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (SecretString !== undefined) return { string: SecretString };
  return SecretBinary === undefined ? undefined : { binary: SecretBinary };
}
