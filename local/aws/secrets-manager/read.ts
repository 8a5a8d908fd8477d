import type { InferOutput } from 'valibot';
import { AwsFailure } from '../service.ts';
import type { GetSecretValue, ListSecrets, ListSecretVersionIds } from './requests.ts';
import { type Secret, type Version, versionById, versionByStage } from './secret.ts';

const dayMs = 86_400_000;
const seconds = (ms: number) => ms / 1000;

/** @throws {AwsFailure} ResourceNotFoundException, InvalidRequestException */
export function getSecretValue(secret: Secret, input: InferOutput<typeof GetSecretValue>) {
  const version = wanted(secret, input);
  if (!version.value) throw noValue(input);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...stagesOf(version),
    CreatedDate: seconds(version.createdAtMs),
    ...('string' in version.value
      ? { SecretString: version.value.string }
      : { SecretBinary: version.value.binary }),
  };
}

function wanted(secret: Secret, input: InferOutput<typeof GetSecretValue>): Version {
  const { VersionId: id, VersionStage: stage } = input;
  const version = id === undefined ? versionByStage(secret, stage ?? 'AWSCURRENT') : versionById(secret, id);
  if (!version) throw noValue(input);
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw new AwsFailure(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    );
  }
  return version;
}

function noValue({ VersionId: id, VersionStage: stage }: InferOutput<typeof GetSecretValue>): AwsFailure {
  const what = id === undefined ? `staging label: ${stage ?? 'AWSCURRENT'}` : `VersionId: ${id}`;
  return new AwsFailure(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

/** A version without a label has no member VersionStages, not an empty one. */
export function stagesOf(version: Version | undefined) {
  return version?.stages.length ? { VersionStages: version.stages } : {};
}

export function describeSecret(secret: Secret) {
  const { rotation } = secret;
  const days = rotation?.rules.AutomaticallyAfterDays;
  const labelled = secret.versions.filter((version) => version.stages.length > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
    CreatedDate: seconds(secret.createdAtMs),
    LastChangedDate: seconds(secret.changedAtMs),
    ...(labelled.length > 0 && {
      VersionIdsToStages: Object.fromEntries(labelled.map((version) => [version.id, version.stages])),
    }),
    ...(rotation && {
      RotationEnabled: rotation.enabled,
      RotationLambdaARN: rotation.lambdaArn,
      RotationRules: rotation.rules,
    }),
    ...(rotation?.enabled &&
      secret.rotatedAtMs !== undefined && { LastRotatedDate: seconds(secret.rotatedAtMs) }),
    ...(rotation?.enabled &&
      days !== undefined && {
        NextRotationDate: seconds((secret.rotatedAtMs ?? secret.createdAtMs) + days * dayMs),
      }),
  };
}

/** @throws {AwsFailure} InvalidNextTokenException */
export function listSecrets(secrets: readonly Secret[], input: InferOutput<typeof ListSecrets>) {
  const { shown, next } = pageOf(secrets, input);
  return {
    // Its entries are DescribeSecret's, with the versions under another name (API reference).
    SecretList: shown.map((secret) => {
      const { VersionIdsToStages, ...entry } = describeSecret(secret);
      return { ...entry, ...(VersionIdsToStages && { SecretVersionsToStages: VersionIdsToStages }) };
    }),
    ...next,
  };
}

/** @throws {AwsFailure} InvalidNextTokenException */
export function listSecretVersionIds(secret: Secret, input: InferOutput<typeof ListSecretVersionIds>) {
  const listed = secret.versions.filter((version) => input.IncludeDeprecated || version.stages.length > 0);
  const { shown, next } = pageOf(listed, input);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Versions: shown.map((version) => ({
      VersionId: version.id,
      ...stagesOf(version),
      CreatedDate: seconds(version.createdAtMs),
    })),
    ...next,
  };
}

/** The wanted page of a list, and the token of the next one. @throws {AwsFailure} InvalidNextTokenException */
function pageOf<T>(all: readonly T[], { NextToken = '0', MaxResults }: InferOutput<typeof ListSecrets>) {
  const start = Number(NextToken);
  if (start > all.length)
    throw new AwsFailure('InvalidNextTokenException', 'The NextToken value is invalid.');
  const end = start + MaxResults;
  return { shown: all.slice(start, end), next: end < all.length ? { NextToken: String(end) } : {} };
}
