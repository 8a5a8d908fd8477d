import { GetFunctionConfigurationCommand, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  paginateListSecrets,
  type SecretListEntry,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { awsCall } from '../lambda/aws-call.ts';
import { rotationStarter } from '../lambda/secret/start-rotation.ts';
import type { Account, Invoked, SecretFacts } from './account.ts';
import { pagesOf } from './pages.ts';

/** @param lambda its request timeout must be longer than an invocation, and it must not repeat a call */
export function awsAccount(
  secretsManager: SecretsManagerClient,
  lambda: LambdaClient,
  place: string,
): Account {
  return {
    place,

    async secret(secretId) {
      const output = await awsCall('secretsmanager:DescribeSecret', () =>
        secretsManager.send(new DescribeSecretCommand({ SecretId: secretId })),
      );
      return factsOf(output, secretId);
    },

    async secrets() {
      const paginator = paginateListSecrets({ client: secretsManager, pageSize: 100 }, {});
      const pages = await pagesOf('secretsmanager:ListSecrets', paginator);
      return pages
        .flatMap(({ SecretList = [] }) => SecretList)
        .filter(({ RotationLambdaARN }) => RotationLambdaARN)
        .map((entry) => factsOf(entry, entry.ARN ?? ''));
    },

    async function(functionArn) {
      const output = await awsCall('lambda:GetFunctionConfiguration', () =>
        lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionArn })),
      );
      return {
        arn: output.FunctionArn ?? functionArn,
        role: output.Role,
        environment: output.Environment?.Variables ?? {},
        logGroup: output.LoggingConfig?.LogGroup,
        timeoutSeconds: output.Timeout,
        modifiedAt: output.LastModified,
        state: output.State,
      };
    },

    ...rotationStarter(secretsManager),

    async invoke(functionArn, event) {
      const output = await awsCall('lambda:InvokeFunction', () =>
        lambda.send(
          new InvokeCommand({
            FunctionName: functionArn,
            InvocationType: 'RequestResponse',
            Payload: Buffer.from(JSON.stringify(event)),
          }),
        ),
      );
      return output.FunctionError === undefined ? { ok: true } : failureIn(output.Payload);
    },
  };
}

function factsOf(entry: DescribeSecretCommandOutput | SecretListEntry, secretId: string): SecretFacts {
  return {
    arn: entry.ARN ?? secretId,
    name: entry.Name ?? secretId,
    createdAt: entry.CreatedDate?.getTime(),
    rotationEnabled: entry.RotationEnabled ?? false,
    functionArn: entry.RotationLambdaARN,
    lastRotatedAt: entry.LastRotatedDate?.getTime(),
    nextRotationAt: entry.NextRotationDate?.getTime(),
    deletedAt: entry.DeletedDate?.getTime(),
    primaryRegion: entry.PrimaryRegion,
    replicas: ('ReplicationStatus' in entry ? (entry.ReplicationStatus ?? []) : []).map(
      ({ Region = '', Status = 'unknown', StatusMessage: message }) => ({
        region: Region,
        status: Status,
        message,
      }),
    ),
  };
}

function failureIn(payload: Uint8Array | undefined): Invoked {
  let told: { errorType?: unknown; errorMessage?: unknown } = {};
  try {
    told = JSON.parse(Buffer.from(payload ?? []).toString()) ?? {};
  } catch {
    // A payload that is not JSON names no error.
  }
  return {
    ok: false,
    errorName: typeof told.errorType === 'string' ? told.errorType : 'UnknownError',
    message: typeof told.errorMessage === 'string' ? told.errorMessage : 'it gave no reason',
  };
}
