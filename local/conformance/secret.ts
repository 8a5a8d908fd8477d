import { randomUUID } from 'node:crypto';
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, type Side, toldBy } from './check.ts';

export const BOTH = ['AWSCURRENT', 'AWSPENDING'];
export const PENDING = ['AWSPENDING'];
/** The token of the nth version: a UUID that a reader can tell from the next. */
export const token = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (id: string | undefined) => Number(id?.slice(-12));

/** The name of the exception that `get` has told. */
export const nameIn = (told: unknown) => String(told).split(':')[0];

type Observe = (secret: FreshSecret, side: Side) => Promise<unknown>;

/** A check on a secret of its own, whose versions are known by their numbers; version 1 is current. */
export const secretCheck = (title: string, observe: Observe, expected: unknown): Check => ({
  title,
  observe: async (side) => observe(await freshSecret(side), side),
  expected,
});

/** A check that moto does not pass: it strays from what AWS documents, or from what was recorded on AWS (docs/aws.md). */
export const strayCheck = (title: string, observe: Observe, expected: unknown): Check => ({
  ...secretCheck(title, observe, expected),
  motoStrays: true,
});

type FreshSecret = Awaited<ReturnType<typeof freshSecret>>;

async function freshSecret(side: Side) {
  const SecretId = `conformance-${randomUUID()}`;
  const client = side.secretsManager;
  await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString: 'first' }),
  );
  const putInput = (input: Partial<PutSecretValueCommandInput>) =>
    outcomeOf(
      client
        .send(new PutSecretValueCommand({ SecretId, ...input }))
        .then(({ VersionId }) => `stored ${numberOf(VersionId)}`),
    );
  return {
    SecretId,
    putInput,
    put: (n: number, SecretString: string, VersionStages?: string[]) =>
      putInput({ ClientRequestToken: token(n), SecretString, ...(VersionStages && { VersionStages }) }),
    /** The value, or the exception with its message. */
    get: ({ version, stage }: { version?: number; stage?: string } = {}) => {
      const byId = version !== undefined && { VersionId: token(version) };
      const byLabel = stage !== undefined && { VersionStage: stage };
      const read = client.send(new GetSecretValueCommand({ SecretId, ...byId, ...byLabel }));
      return toldBy(read.then(({ SecretString }) => SecretString));
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
    cancel: () =>
      outcomeOf(
        client
          .send(new CancelRotateSecretCommand({ SecretId }))
          .then(({ VersionId }) => `canceled ${numberOf(VersionId)}`),
      ),
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
