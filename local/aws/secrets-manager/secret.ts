import { randomBytes } from 'node:crypto';
import { AwsFailure } from '../aws-failure.ts';

/** What a version holds; a version that RotateSecret made has none yet. Binary is base64. */
export type SecretValue = { string: string } | { binary: string };

export type Version = {
  id: string;
  value?: SecretValue;
  /** Staging labels. A version without one is deprecated: hidden unless asked for. */
  stages: readonly string[];
  createdAtMs: number;
};

/** A secret as one unchanging state; each write makes the next. */
export type Secret = {
  arn: string;
  name: string;
  description?: string;
  kmsKeyId?: string;
  tags: readonly { Key: string; Value: string }[];
  versions: readonly Version[];
  createdAtMs: number;
  changedAtMs: number;
  rotation?: Rotation;
  rotatedAtMs?: number;
};

export type Rotation = {
  enabled: boolean;
  lambdaArn: string;
  rules: RotationRules;
};

export type RotationRules = {
  AutomaticallyAfterDays?: number | undefined;
  Duration?: string | undefined;
  ScheduleExpression?: string | undefined;
};

/** `arn:…:secret:<name>-<6 characters>`, as the service makes it. */
export function secretArn(region: string, accountId: string, name: string): string {
  const suffix = randomBytes(8).toString('base64').replaceAll(/\W/g, '').slice(0, 6).padEnd(6, 'x');
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix}`;
}

/** By name, full ARN, or ARN without the suffix. @throws {AwsFailure} ResourceNotFoundException */
export function findSecret(secrets: Iterable<Secret>, secretId: string): Secret {
  for (const secret of secrets) {
    if ([secret.name, secret.arn, secret.arn.slice(0, -7)].includes(secretId)) return secret;
  }
  throw new AwsFailure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
}

export function versionById(secret: Secret, id: string): Version | undefined {
  return secret.versions.find((version) => version.id === id);
}

export function versionByStage(secret: Secret, stage: string): Version | undefined {
  return secret.versions.find((version) => version.stages.includes(stage));
}

export function sameValue(one: SecretValue | undefined, other: SecretValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
