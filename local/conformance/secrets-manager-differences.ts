import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, sendRaw, statusOf } from './check.ts';
import { BOTH, secretCheck as check, PENDING, token } from './secret.ts';

/** Where moto strays from what AWS documents, or from what was recorded on AWS (docs/aws.md). */
export const secretsManagerDifferences: Check[] = [
  check(
    'ResourceNotFoundException has the HTTP status 400',
    (_, { secretsManager }) =>
      statusOf(secretsManager.send(new GetSecretValueCommand({ SecretId: 'conformance-nobody' }))),
    400,
  ),
  check(
    'The version that RotateSecret staged takes AWSCURRENT from the one before when it is filled',
    async (secret) => [await secret.rotate(2), await secret.put(2, 'second', BOTH), await secret.labels()],
    ['rotating', 'stored 2', { 1: ['AWSPREVIOUS'], 2: BOTH }],
  ),
  check(
    'The version that RotateSecret staged is filled by a put with AWSPENDING alone',
    async (secret) => [
      await secret.rotate(2),
      await secret.put(2, 'second', PENDING),
      await secret.labels(),
      await secret.get(),
    ],
    ['rotating', 'stored 2', { 1: ['AWSCURRENT'], 2: PENDING }, 'first'],
  ),
  check(
    'PutSecretValue with the token of a pending version and another value is refused',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(2, 'other', PENDING),
      await secret.get({ version: 2 }),
    ],
    ['stored 2', 'ResourceExistsException', 'second'],
  ),
  check(
    'A put with two stages takes AWSPENDING from another pending version',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(3, 'third', BOTH),
      await secret.labels(),
    ],
    ['stored 2', 'stored 3', { 1: ['AWSPREVIOUS'], 2: [], 3: BOTH }],
  ),
  check(
    'PutSecretValue with a known token and the same value moves no label',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(2, 'second', ['AWSCURRENT']),
      await secret.labels(),
    ],
    ['stored 2', 'stored 2', { 1: ['AWSCURRENT'], 2: PENDING }],
  ),
  check(
    'RotateSecret is allowed while AWSPENDING is on the current version',
    async (secret) => [await secret.put(2, 'second', BOTH), await secret.rotate(3)],
    ['stored 2', 'rotating'],
  ),
  check(
    'RotateSecret is refused while AWSPENDING hangs on a version that is not current',
    async (secret) => [await secret.put(2, 'second', PENDING), await secret.rotate(3)],
    ['stored 2', 'InvalidRequestException'],
  ),
  check(
    'RotateSecret with a function that cannot be invoked is refused and changes nothing',
    async (secret, side) => [
      await secret.rotate(2, { RotationLambdaARN: side.deniedFunctionArn }),
      (await secret.describe()).RotationEnabled,
      await secret.labels(),
    ],
    ['AccessDeniedException', undefined, { 1: ['AWSCURRENT'] }],
  ),
  check(
    'RotateSecret without a function is an error and moves nothing',
    async (secret) => [await secret.rotate(2, {}), await secret.labels()],
    ['InvalidRequestException', { 1: ['AWSCURRENT'] }],
  ),
  check(
    'RotateSecret that only tests the function leaves no version behind',
    async (secret, { functionArn }) => [
      await secret.rotate(2, { RotationLambdaARN: functionArn, RotateImmediately: false }),
      await secret.labels(),
    ],
    ['rotating', { 1: ['AWSCURRENT'] }],
  ),
  check(
    'CancelRotateSecret leaves the labels, and the next RotateSecret is refused',
    async (secret) => [
      await secret.rotate(2),
      await secret.cancel(),
      await secret.labels(),
      await secret.rotate(3),
    ],
    ['rotating', 'cancelled', { 1: ['AWSCURRENT'], 2: PENDING }, 'InvalidRequestException'],
  ),
  check(
    'UpdateSecretVersionStage with an unknown target changes nothing',
    async (secret) => [await secret.move('AWSCURRENT', 9, 1), await secret.labels()],
    ['ResourceNotFoundException', { 1: ['AWSCURRENT'] }],
  ),
  check(
    'GetSecretValue without a stage reads the new current version after the label moved',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.move('AWSCURRENT', 2, 1),
      await secret.get(),
    ],
    ['stored 2', 'moved', 'second'],
  ),
  check(
    'ListSecretVersionIds hides versions without a label unless asked for them',
    async (secret) => [
      await secret.put(2, 'second'),
      await secret.put(3, 'third'),
      await secret.labels(false),
    ],
    ['stored 2', 'stored 3', { 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] }],
  ),
  check(
    'A name with a character that names may not have is refused as a name',
    async (_, { secretsManager }) => [
      await outcomeOf(secretsManager.send(new GetSecretValueCommand({ SecretId: 'two words' }))),
      await outcomeOf(secretsManager.send(new CreateSecretCommand({ Name: 'two words', SecretString: 'x' }))),
    ],
    ['ValidationException', 'ValidationException'],
  ),
  check(
    'A missing ClientRequestToken is refused where the raw API needs it',
    async ({ SecretId }, side) => [
      await sendRaw(side, 'CreateSecret', { Name: `${SecretId}-raw`, SecretString: 'x' }),
      await sendRaw(side, 'PutSecretValue', { SecretId, SecretString: 'x' }),
      await sendRaw(side, 'RotateSecret', { SecretId, RotationLambdaARN: side.functionArn }),
    ],
    ['InvalidRequestException', 'InvalidRequestException', 'InvalidParameterException'],
  ),
  check(
    'Members without a value are absent from answers',
    async (secret, { secretsManager }) => {
      await secret.put(2, 'second');
      await secret.put(3, 'third');
      const input = { SecretId: secret.SecretId, VersionId: token(1) };
      const { VersionStages } = await secretsManager.send(new GetSecretValueCommand(input));
      const { Tags, RotationEnabled, RotationRules } = await secret.describe();
      return [VersionStages, Tags, RotationEnabled, RotationRules];
    },
    [undefined, undefined, undefined, undefined],
  ),
];
