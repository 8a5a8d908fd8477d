import type { InferOutput } from 'valibot';
import { AwsFailure } from '../service.ts';
import type { UpdateSecretVersionStage } from './requests.ts';
import { moveLabels, type Secret, versionById, versionByStage } from './secret.ts';

/**
 * The state after UpdateSecretVersionStage. Everything is checked before anything is moved.
 * @throws {AwsFailure} InvalidParameterException, ResourceNotFoundException
 * Source: API reference, UpdateSecretVersionStage.
 */
export function updateSecretVersionStage(
  secret: Secret,
  input: InferOutput<typeof UpdateSecretVersionStage>,
  nowMs: number,
): Secret {
  const { VersionStage: label, MoveToVersionId: to, RemoveFromVersionId: from } = input;
  const holder = versionByStage(secret, label);
  if (to === undefined && from === undefined) {
    throw refused('You must specify MoveToVersionId, RemoveFromVersionId, or both.');
  }
  for (const id of [to, from]) {
    if (id !== undefined && !versionById(secret, id)) {
      throw new AwsFailure(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret version: ${id}.`,
      );
    }
  }
  if (from !== undefined && holder?.id !== from) {
    throw refused(
      `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
    );
  }
  if (from === undefined && holder && holder.id !== to) {
    throw refused(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (label === 'AWSCURRENT' && to === undefined) {
    throw refused(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  return {
    ...secret,
    versions: moveLabels(secret.versions, [label], to),
    changedAtMs: nowMs,
  };
}

function refused(message: string): AwsFailure {
  return new AwsFailure('InvalidParameterException', message);
}
