import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf } from './check.ts';
import { freshSecret } from './secret.ts';

/** What both sides must do alike. */
export const secretsManagerChecks: Check[] = [
  {
    title: 'CreateSecret makes a first version that is current',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.labels(), await secret.get({ stage: 'AWSCURRENT' })];
    },
  },
  {
    title: 'CreateSecret refuses a name that is taken',
    observe: async (side) => {
      const { SecretId } = await freshSecret(side);
      const command = new CreateSecretCommand({ Name: SecretId, SecretString: 'other' });
      return outcomeOf(side.secretsManager.send(command));
    },
  },
  {
    title: 'A secret is found by name, by ARN and by ARN without the suffix',
    observe: async (side) => {
      const { SecretId } = await freshSecret(side);
      const described = await side.secretsManager.send(new DescribeSecretCommand({ SecretId }));
      const arn = described.ARN ?? '';
      const names = [SecretId, arn, arn.slice(0, -7)].map(async (id) => {
        const answer = await side.secretsManager.send(new GetSecretValueCommand({ SecretId: id }));
        return [answer.Name === SecretId, answer.ARN === arn, answer.SecretString];
      });
      return Promise.all(names);
    },
  },
  {
    title: 'An unknown secret is not found',
    observe: async (side) => {
      const SecretId = 'conformance-nobody';
      return [
        await outcomeOf(side.secretsManager.send(new GetSecretValueCommand({ SecretId }))),
        await outcomeOf(side.secretsManager.send(new DescribeSecretCommand({ SecretId }))),
        await outcomeOf(side.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'x' }))),
      ];
    },
  },
  {
    title: 'PutSecretValue makes current and moves AWSPREVIOUS by itself',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.put(2, 'second'), await secret.labels()];
    },
  },
  {
    title: 'PutSecretValue under AWSPENDING leaves what is current',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.put(2, 'second', ['AWSPENDING']), await secret.labels()];
    },
  },
  {
    title: 'PutSecretValue with AWSCURRENT and AWSPENDING stores and makes current in one call',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.put(2, 'second', ['AWSCURRENT', 'AWSPENDING']), await secret.labels()];
    },
  },
  {
    title: 'PutSecretValue with the token and value of the current version is accepted again',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.put(2, 'x'), await secret.put(2, 'x'), await secret.get({ version: 2 })];
    },
  },
  {
    title: 'PutSecretValue with the token of the current version and another value is refused',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.put(1, 'other'), await secret.get({ version: 1 })];
    },
  },
  {
    title: 'PutSecretValue refuses a token of 31 or 65 characters',
    observe: async (side) => {
      const { SecretId } = await freshSecret(side);
      const put = (ClientRequestToken: string) =>
        outcomeOf(
          side.secretsManager.send(
            new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: 'x' }),
          ),
        );
      return [await put('x'.repeat(31)), await put('x'.repeat(65))];
    },
  },
  {
    title: 'PutSecretValue without a value is refused',
    observe: async (side) => {
      const { SecretId } = await freshSecret(side);
      return outcomeOf(side.secretsManager.send(new PutSecretValueCommand({ SecretId })));
    },
  },
  {
    title: 'GetSecretValue reads by label and by version',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return [
        await secret.get({ stage: 'AWSPENDING' }),
        await secret.get({ version: 2 }),
        await secret.get({ version: 2, stage: 'AWSPENDING' }),
        await secret.get({ stage: 'AWSCURRENT' }),
      ];
    },
  },
  {
    title: 'GetSecretValue does not find an unknown version or label',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.get({ version: 9 }), await secret.get({ stage: 'NOBODY' })];
    },
  },
  {
    title: 'UpdateSecretVersionStage moves AWSCURRENT and takes AWSPREVIOUS along',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return [await secret.move('AWSCURRENT', 2, 1), await secret.labels()];
    },
  },
  {
    title: 'UpdateSecretVersionStage removes AWSPENDING',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
      return [await secret.move('AWSPENDING', undefined, 2), await secret.labels()];
    },
  },
  {
    title: 'UpdateSecretVersionStage refuses to move AWSCURRENT from nowhere, or from a wrong version',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return [
        await secret.move('AWSCURRENT', 2),
        await secret.move('AWSCURRENT', 2, 2),
        await secret.labels(),
      ];
    },
  },
  {
    title: 'RotateSecret stages a version that has no value to read',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [
        await secret.rotate(2),
        await secret.labels(),
        await secret.get({ version: 2, stage: 'AWSPENDING' }),
        await secret.get({ version: 1 }),
      ];
    },
  },
  {
    title: 'RotateSecret refuses intervals under 1 and over 1000 days',
    observe: async (side) => {
      const secret = await freshSecret(side);
      const every = (AutomaticallyAfterDays: number) =>
        secret.rotate(2, { RotationLambdaARN: side.functionArn, RotationRules: { AutomaticallyAfterDays } });
      return [await every(0), await every(1001)];
    },
  },
  {
    title: 'DescribeSecret shows rotation, its function and its rules',
    observe: async (side) => {
      const { SecretId, rotate } = await freshSecret(side);
      const RotationRules = { AutomaticallyAfterDays: 90 };
      await rotate(2, { RotationLambdaARN: side.functionArn, RotationRules });
      const described = await side.secretsManager.send(new DescribeSecretCommand({ SecretId }));
      return [
        described.RotationEnabled,
        described.RotationLambdaARN === side.functionArn,
        described.RotationRules,
        described.VersionIdsToStages,
      ];
    },
  },
];
