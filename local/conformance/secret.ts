import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { outcomeOf, type Side } from './check.ts';

export const token = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (id: string | undefined) => Number(id?.slice(-12));

/** A secret of its own on one side, with versions known by their numbers; version 1 is current. */
export async function freshSecret(side: Side) {
  const SecretId = `conformance-${randomUUID()}`;
  const client = side.secretsManager;
  await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString: 'first' }),
  );
  return {
    SecretId,
    put: (n: number, SecretString: string, VersionStages?: string[]) =>
      outcomeOf(
        client
          .send(
            new PutSecretValueCommand({
              SecretId,
              ClientRequestToken: token(n),
              SecretString,
              ...(VersionStages && { VersionStages }),
            }),
          )
          .then(({ VersionId }) => `stored ${numberOf(VersionId)}`),
      ),
    /** The value, or the exception. */
    get: (wanted: { version?: number; stage?: string } = {}) =>
      outcomeOf(
        client
          .send(
            new GetSecretValueCommand({
              SecretId,
              ...(wanted.version !== undefined && { VersionId: token(wanted.version) }),
              ...(wanted.stage !== undefined && { VersionStage: wanted.stage }),
            }),
          )
          .then(({ SecretString }) => SecretString),
      ),
    move: (VersionStage: string, to?: number, from?: number) =>
      outcomeOf(
        client
          .send(
            new UpdateSecretVersionStageCommand({
              SecretId,
              VersionStage,
              ...(to !== undefined && { MoveToVersionId: token(to) }),
              ...(from !== undefined && { RemoveFromVersionId: token(from) }),
            }),
          )
          .then(() => 'moved'),
      ),
    rotate: (n: number, more: Partial<RotateSecretCommandInput> = { RotationLambdaARN: side.functionArn }) =>
      outcomeOf(
        client
          .send(new RotateSecretCommand({ SecretId, ClientRequestToken: token(n), ...more }))
          .then(() => 'rotating'),
      ),
    /** Labels by version number, all versions, sorted. */
    async labels(IncludeDeprecated = true) {
      const { Versions = [] } = await client.send(
        new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }),
      );
      const entries = Versions.map(({ VersionId, VersionStages = [] }) => [
        numberOf(VersionId),
        VersionStages.toSorted(),
      ]);
      return Object.fromEntries(entries.toSorted(([a], [b]) => Number(a) - Number(b)));
    },
  };
}
