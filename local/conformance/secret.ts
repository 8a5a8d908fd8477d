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
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, type Side, toldBy } from './check.ts';

/** A secret whose versions are known by their numbers. At first it has version 1, with the value `value 1`. */
type Secret = { SecretId: string; client: SecretsManagerClient; side: Side };

/** One call, or some, on the secret of a check. Returns plain data. */
export type Step = (secret: Secret) => Promise<unknown>;
type Expected = [step: Step, expected: unknown];

/** A check on a secret of its own, step by step. */
export const check = (title: string, ...steps: Expected[]): Check => ({
  title,
  async observe(side) {
    const secret = await freshSecret(side);
    const seen = [];
    for (const [step] of steps) seen.push(await step(secret));
    return seen;
  },
  expected: steps.map(([, expected]) => expected),
});

/** A check that moto does not pass: it strays from what AWS documents, or from what was recorded on AWS (docs/aws.md). */
export const strayCheck = (title: string, ...steps: Expected[]): Check => ({
  ...check(title, ...steps),
  motoStrays: true,
});

async function freshSecret(side: Side): Promise<Secret> {
  const SecretId = `conformance-${randomUUID()}`;
  const client = side.secretsManager;
  const first = { ClientRequestToken: token(1), SecretString: 'value 1' };
  await client.send(new CreateSecretCommand({ Name: SecretId, ...first }));
  return { SecretId, client, side };
}

export const CURRENT = ['AWSCURRENT'];
export const PENDING = ['AWSPENDING'];
export const PREVIOUS = ['AWSPREVIOUS'];
export const BOTH = ['AWSCURRENT', 'AWSPENDING'];
/** The token of the nth version: a UUID that a reader can tell from the next. */
export const token = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (id: string | undefined) => Number(id?.slice(-12));

export const putInput =
  (input: Partial<PutSecretValueCommandInput>): Step =>
  ({ client, SecretId }) => {
    const stored = client.send(new PutSecretValueCommand({ SecretId, ...input }));
    return outcomeOf(stored.then(({ VersionId }) => `stored ${numberOf(VersionId)}`));
  };

export const put = (n: number, VersionStages?: string[], SecretString = `value ${n}`): Step =>
  putInput({ ClientRequestToken: token(n), SecretString, ...(VersionStages && { VersionStages }) });

/** Returns the value, or the exception with its message. */
export const tellsValue =
  ({ version, stage }: { version?: number; stage?: string } = {}): Step =>
  ({ client, SecretId }) => {
    const byId = version !== undefined && { VersionId: token(version) };
    const byLabel = stage !== undefined && { VersionStage: stage };
    const read = client.send(new GetSecretValueCommand({ SecretId, ...byId, ...byLabel }));
    return toldBy(read.then(({ SecretString }) => SecretString));
  };

/** Returns the value, or the name of the exception. */
export const get =
  (wanted?: { version?: number; stage?: string }): Step =>
  async (secret) =>
    String(await tellsValue(wanted)(secret)).split(':')[0];

export const move =
  (VersionStage: string, to?: number, from?: number): Step =>
  ({ client, SecretId }) => {
    const target = to !== undefined && { MoveToVersionId: token(to) };
    const source = from !== undefined && { RemoveFromVersionId: token(from) };
    const input = { SecretId, VersionStage, ...target, ...source };
    return outcomeOf(client.send(new UpdateSecretVersionStageCommand(input)).then(() => 'moved'));
  };

/** @param more the function of the side where it names none */
export const rotate =
  (n: number, more: Partial<RotateSecretCommandInput> = {}): Step =>
  ({ client, SecretId, side }) => {
    const input = { SecretId, ClientRequestToken: token(n), RotationLambdaARN: side.functionArn, ...more };
    return outcomeOf(client.send(new RotateSecretCommand(input)).then(() => 'rotating'));
  };

export const cancel: Step = ({ client, SecretId }) => {
  const canceled = client.send(new CancelRotateSecretCommand({ SecretId }));
  return outcomeOf(canceled.then(({ VersionId }) => `canceled ${numberOf(VersionId)}`));
};

export const describe = ({ client, SecretId }: Secret) =>
  client.send(new DescribeSecretCommand({ SecretId }));

const labelsOf =
  (IncludeDeprecated: boolean): Step =>
  async ({ client, SecretId }) => {
    const listed = await client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }));
    const entries = (listed.Versions ?? []).map(({ VersionId, VersionStages = [] }) => [
      numberOf(VersionId),
      VersionStages.toSorted(),
    ]);
    return Object.fromEntries(entries);
  };
/** Labels by version number, all versions. */
export const labels = labelsOf(true);
/** The same as ListSecretVersionIds shows them unasked. */
export const shownLabels = labelsOf(false);
