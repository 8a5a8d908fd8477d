import { randomUUID } from 'node:crypto';
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, type Side } from './check.ts';

export const BOTH = ['AWSCURRENT', 'AWSPENDING'];
export const PENDING = ['AWSPENDING'];
export const token = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (id: string | undefined) => Number(id?.slice(-12));

/** A check on a secret of its own, whose versions are known by their numbers; version 1 is current. */
export const secretCheck = (
  title: string,
  observe: (secret: FreshSecret, side: Side) => Promise<unknown>,
  documented?: unknown,
): Check => ({ title, observe: async (side) => observe(await freshSecret(side), side), documented });

type FreshSecret = Awaited<ReturnType<typeof freshSecret>>;

async function freshSecret(side: Side) {
  const SecretId = `conformance-${randomUUID()}`;
  const client = side.secretsManager;
  await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString: 'first' }),
  );
  return {
    SecretId,
    put: (n: number, SecretString: string, VersionStages?: string[]) => {
      const labels = VersionStages && { VersionStages };
      const input = { SecretId, ClientRequestToken: token(n), SecretString, ...labels };
      const stored = client.send(new PutSecretValueCommand(input));
      return outcomeOf(stored.then(({ VersionId }) => `stored ${numberOf(VersionId)}`));
    },
    /** The value, or the exception. */
    get: ({ version, stage }: { version?: number; stage?: string } = {}) => {
      const byId = version !== undefined && { VersionId: token(version) };
      const byLabel = stage !== undefined && { VersionStage: stage };
      const read = client.send(new GetSecretValueCommand({ SecretId, ...byId, ...byLabel }));
      return outcomeOf(read.then(({ SecretString }) => SecretString));
    },
    move: (VersionStage: string, to?: number, from?: number) => {
      const target = to !== undefined && { MoveToVersionId: token(to) };
      const source = from !== undefined && { RemoveFromVersionId: token(from) };
      const input = { SecretId, VersionStage, ...target, ...source };
      return outcomeOf(client.send(new UpdateSecretVersionStageCommand(input)).then(() => 'moved'));
    },
    rotate: (
      n: number,
      more: Partial<RotateSecretCommandInput> = { RotationLambdaARN: side.functionArn },
    ) => {
      const command = new RotateSecretCommand({ SecretId, ClientRequestToken: token(n), ...more });
      return outcomeOf(client.send(command).then(() => 'rotating'));
    },
    cancel: () => outcomeOf(client.send(new CancelRotateSecretCommand({ SecretId })).then(() => 'cancelled')),
    describe: () => client.send(new DescribeSecretCommand({ SecretId })),
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
