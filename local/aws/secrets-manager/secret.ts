import { randomBytes } from 'node:crypto';
import type { InferOutput } from 'valibot';
import { AwsFailure } from '../service.ts';
import type { RotateSecret } from './requests.ts';

/** The value of a version; a version that RotateSecret made has none yet. Binary is base64. */
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
  kmsKeyId?: string;
  versions: readonly Version[];
  createdAtMs: number;
  changedAtMs: number;
  rotation?: {
    enabled: boolean;
    lambdaArn: string;
    rules: NonNullable<InferOutput<typeof RotateSecret>['RotationRules']>;
  };
  rotatedAtMs?: number;
};

/** `arn:…:secret:<name>-<6 characters>`, as the service makes it. */
export function secretArn(region: string, accountId: string, name: string): string {
  const suffix = randomBytes(8).toString('base64').replaceAll(/\W/g, '').slice(0, 6).padEnd(6, 'x');
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix}`;
}

/** @throws {AwsFailure} ValidationException for a name that no secret can have; ARNs are not looked at. */
export function checkName(name: string): void {
  if (name.startsWith('arn:') || /^[\w/+=.@!-]{1,512}$/.test(name)) return;
  throw new AwsFailure(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  );
}

/**
 * By name, full ARN, or ARN without the suffix.
 * @throws {AwsFailure} ResourceNotFoundException, ValidationException
 */
export function findSecret(secrets: Iterable<Secret>, secretId: string): Secret {
  for (const secret of secrets) {
    if ([secret.name, secret.arn, secret.arn.slice(0, -7)].includes(secretId)) return secret;
  }
  checkName(secretId);
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

/**
 * Moves staging labels as Secrets Manager does: a label sits on one version only, and when AWSCURRENT
 * leaves a version, AWSPREVIOUS moves there by itself.
 * @param to the version that gets the labels; undefined removes them.
 * @param pendingFollows whether AWSPENDING leaves a version together with AWSCURRENT.
 * Source: docs/aws.md, labels.
 */
export function moveLabels(
  versions: readonly Version[],
  labels: readonly string[],
  to: string | undefined,
  pendingFollows = false,
): Version[] {
  const left = versions.find((version) => version.stages.includes('AWSCURRENT'));
  const moved = labels.reduce((state, label) => moveOne(state, label, to), [...versions]);
  if (!left || !labels.includes('AWSCURRENT') || left.id === to) return moved;
  const bothLeave = pendingFollows && left.stages.includes('AWSPENDING') && !labels.includes('AWSPENDING');
  return moveOne(bothLeave ? moveOne(moved, 'AWSPENDING', undefined) : moved, 'AWSPREVIOUS', left.id);
}

function moveOne(versions: readonly Version[], label: string, to: string | undefined): Version[] {
  return versions.map((version) => {
    const holds = version.stages.includes(label);
    if (version.id === to) return holds ? version : { ...version, stages: [...version.stages, label] };
    return holds ? { ...version, stages: version.stages.filter((stage) => stage !== label) } : version;
  });
}
