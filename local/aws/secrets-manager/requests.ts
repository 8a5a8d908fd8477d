import * as v from 'valibot';
import { AwsFailure, type Operation, operation } from '../service.ts';

/**
 * Shapes of the requests. Lengths and patterns are those of the API reference; members that nothing of
 * ours sends are not looked at.
 */
const secretId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const versionId = v.pipe(v.string(), v.minLength(32), v.maxLength(64));
const stage = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const secretString = v.pipe(v.string(), v.minLength(1), v.maxBytes(65_536));
const secretBinary = v.pipe(
  v.string(),
  v.minLength(1),
  v.base64(),
  v.check((base64) => Buffer.from(base64, 'base64').length <= 65_536),
);
const rotationToken = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9-]{36,256}$/));

export const CreateSecret = v.object({
  Name: v.string(),
  ClientRequestToken: versionId,
  KmsKeyId: v.optional(v.string()),
  SecretString: v.optional(secretString),
  SecretBinary: v.optional(secretBinary),
});

export const PutSecretValue = v.object({
  SecretId: secretId,
  ClientRequestToken: versionId,
  SecretString: v.optional(secretString),
  SecretBinary: v.optional(secretBinary),
  VersionStages: v.optional(v.pipe(v.array(stage), v.minLength(1), v.maxLength(20))),
  RotationToken: v.optional(rotationToken),
});

export const GetSecretValue = v.object({
  SecretId: secretId,
  VersionId: v.optional(versionId),
  VersionStage: v.optional(stage),
});

export const DescribeSecret = v.object({ SecretId: secretId });

export const ListSecrets = v.object({
  MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 100),
  NextToken: v.optional(v.pipe(v.string(), v.regex(/^\d+$/))),
});

export const ListSecretVersionIds = v.object({
  SecretId: secretId,
  IncludeDeprecated: v.optional(v.boolean(), false),
  ...ListSecrets.entries,
});

export const UpdateSecretVersionStage = v.object({
  SecretId: secretId,
  VersionStage: stage,
  MoveToVersionId: v.optional(versionId),
  RemoveFromVersionId: v.optional(versionId),
});

export const RotateSecret = v.object({
  SecretId: secretId,
  ClientRequestToken: versionId,
  RotationLambdaARN: v.optional(v.pipe(v.string(), v.maxLength(2048))),
  RotationRules: v.optional(
    v.object({
      AutomaticallyAfterDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
      Duration: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{1,2}h$/))),
      ScheduleExpression: v.optional(v.pipe(v.string(), v.regex(/^(rate|cron)\([0-9A-Za-z#?*\-/, ]+\)$/))),
    }),
  ),
  RotateImmediately: v.optional(v.boolean(), true),
});

export const CancelRotateSecret = v.object({ SecretId: secretId });

/** The exception for a wrong shape. */
export const wrong = 'InvalidParameterException';

/**
 * An operation that makes a version: the SDKs fill in its token, the raw API wants it.
 * @param missing the exception without it.
 */
export function withToken<Shape extends v.GenericSchema>(
  missing: string,
  shape: Shape,
  run: (input: v.InferOutput<Shape>) => unknown,
): Operation {
  const checked = operation(shape, wrong, run);
  return (input) => {
    if (typeof input === 'object' && input && Object.hasOwn(input, 'ClientRequestToken'))
      return checked(input);
    throw new AwsFailure(
      missing,
      'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    );
  };
}
