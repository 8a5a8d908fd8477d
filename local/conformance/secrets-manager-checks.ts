import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf } from './check.ts';
import { BOTH, secretCheck as check, PENDING } from './secret.ts';

/** The checks that both sides must pass alike. */
export const secretsManagerChecks: Check[] = [
  check('CreateSecret makes a first version that is current', async (secret) => [
    await secret.labels(),
    await secret.get({ stage: 'AWSCURRENT' }),
  ]),
  check('CreateSecret refuses a name that is taken', ({ SecretId }, { secretsManager }) =>
    outcomeOf(secretsManager.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'other' }))),
  ),
  check('A secret is found by name, by ARN and by ARN without the suffix', async (secret, side) => {
    const { ARN = '' } = await secret.describe();
    const names = [secret.SecretId, ARN, ARN.slice(0, -7)].map(async (SecretId) => {
      const answer = await side.secretsManager.send(new GetSecretValueCommand({ SecretId }));
      return [answer.Name === secret.SecretId, answer.ARN === ARN, answer.SecretString];
    });
    return Promise.all(names);
  }),
  check('An unknown secret is not found', async (_, { secretsManager }) => {
    const SecretId = 'conformance-nobody';
    return [
      await outcomeOf(secretsManager.send(new GetSecretValueCommand({ SecretId }))),
      await outcomeOf(secretsManager.send(new DescribeSecretCommand({ SecretId }))),
      await outcomeOf(secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'x' }))),
    ];
  }),
  check('PutSecretValue makes current and moves AWSPREVIOUS by itself', async (secret) => [
    await secret.put(2, 'second'),
    await secret.labels(),
  ]),
  check('PutSecretValue under AWSPENDING leaves what is current', async (secret) => [
    await secret.put(2, 'second', PENDING),
    await secret.labels(),
  ]),
  check('PutSecretValue with both labels stores and makes current in one call', async (secret) => [
    await secret.put(2, 'second', BOTH),
    await secret.labels(),
  ]),
  check('A put that takes AWSCURRENT from a version takes its AWSPENDING too', async (secret) => [
    await secret.put(2, 'second', BOTH),
    await secret.put(3, 'third'),
    await secret.labels(),
  ]),
  check(
    'PutSecretValue with the token and value of the current version is accepted again',
    async (secret) => [await secret.put(2, 'x'), await secret.put(2, 'x'), await secret.get({ version: 2 })],
  ),
  check(
    'PutSecretValue with the token of the current version and another value is refused',
    async (secret) => [await secret.put(1, 'other'), await secret.get({ version: 1 })],
  ),
  check('PutSecretValue refuses a token of 31 or 65 characters', ({ SecretId }, { secretsManager }) => {
    const put = (ClientRequestToken: string) =>
      outcomeOf(
        secretsManager.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: 'x' })),
      );
    return Promise.all([put('x'.repeat(31)), put('x'.repeat(65))]);
  }),
  check('PutSecretValue without a value is refused', ({ SecretId }, { secretsManager }) =>
    outcomeOf(secretsManager.send(new PutSecretValueCommand({ SecretId }))),
  ),
  check('GetSecretValue reads by label and by version', async (secret) => [
    await secret.put(2, 'second', PENDING),
    await secret.get({ stage: 'AWSPENDING' }),
    await secret.get({ version: 2 }),
    await secret.get({ version: 2, stage: 'AWSPENDING' }),
    await secret.get({ stage: 'AWSCURRENT' }),
  ]),
  check('GetSecretValue does not find an unknown version or label', async (secret) => [
    await secret.get({ version: 9 }),
    await secret.get({ stage: 'NOBODY' }),
  ]),
  check('UpdateSecretVersionStage moves AWSCURRENT and takes AWSPREVIOUS along', async (secret) => [
    await secret.put(2, 'second', PENDING),
    await secret.move('AWSCURRENT', 2, 1),
    await secret.labels(),
  ]),
  check('UpdateSecretVersionStage removes AWSPENDING', async (secret) => [
    await secret.put(2, 'second', BOTH),
    await secret.move('AWSPENDING', undefined, 2),
    await secret.labels(),
  ]),
  check(
    'UpdateSecretVersionStage refuses to move AWSCURRENT from nowhere, or from a wrong version',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.move('AWSCURRENT', 2),
      await secret.move('AWSCURRENT', 2, 2),
      await secret.labels(),
    ],
  ),
  check('RotateSecret stages a version that has no value to read', async (secret) => [
    await secret.rotate(2),
    await secret.labels(),
    await secret.get({ version: 2, stage: 'AWSPENDING' }),
    await secret.get({ version: 1 }),
  ]),
  check('RotateSecret refuses intervals under 1 and over 1000 days', async (secret, side) => {
    const every = (AutomaticallyAfterDays: number) =>
      secret.rotate(2, { RotationLambdaARN: side.functionArn, RotationRules: { AutomaticallyAfterDays } });
    return [await every(0), await every(1001)];
  }),
  check('DescribeSecret shows rotation, its function and its rules', async (secret, { functionArn }) => {
    await secret.rotate(2, { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 90 } });
    const described = await secret.describe();
    return [
      described.RotationEnabled,
      described.RotationLambdaARN === functionArn,
      described.RotationRules,
      described.VersionIdsToStages,
    ];
  }),
];
