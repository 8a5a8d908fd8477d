import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { type Check, statusOf } from './check.ts';
import { freshSecret } from './secret.ts';

/** Where moto strays from what AWS documents. */
export const secretsManagerDifferences: Check[] = [
  {
    title: 'ResourceNotFoundException has the HTTP status 400',
    observe: (side) =>
      statusOf(side.secretsManager.send(new GetSecretValueCommand({ SecretId: 'conformance-nobody' }))),
    documented: 400,
  },
  {
    title: 'The version that RotateSecret staged takes AWSCURRENT from the one before when it is filled',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.rotate(2);
      return [await secret.put(2, 'second', ['AWSCURRENT', 'AWSPENDING']), await secret.labels()];
    },
    documented: ['stored 2', { 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT', 'AWSPENDING'] }],
  },
  {
    title: 'PutSecretValue with the token of a pending version and another value is refused',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return [await secret.put(2, 'other', ['AWSPENDING']), await secret.get({ version: 2 })];
    },
    documented: ['ResourceExistsException', 'second'],
  },
  {
    title: 'A put with two stages takes AWSPENDING from another pending version',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      await secret.put(3, 'third', ['AWSCURRENT', 'AWSPENDING']);
      return secret.labels();
    },
    documented: { 1: ['AWSPREVIOUS'], 2: [], 3: ['AWSCURRENT', 'AWSPENDING'] },
  },
  {
    title: 'PutSecretValue with a known token and the same value moves no label',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return [await secret.put(2, 'second', ['AWSCURRENT']), await secret.labels()];
    },
    documented: ['stored 2', { 1: ['AWSCURRENT'], 2: ['AWSPENDING'] }],
  },
  {
    title: 'RotateSecret is allowed while AWSPENDING is on the current version',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
      return secret.rotate(3);
    },
    documented: 'rotating',
  },
  {
    title: 'RotateSecret is refused while AWSPENDING hangs on a version that is not current',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      return secret.rotate(3);
    },
    documented: 'InvalidRequestException',
  },
  {
    title: 'UpdateSecretVersionStage with an unknown target changes nothing',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.move('AWSCURRENT', 9, 1);
      return secret.labels();
    },
    documented: { 1: ['AWSCURRENT'] },
  },
  {
    title: 'GetSecretValue without a stage reads the new current version after the label moved',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second', ['AWSPENDING']);
      await secret.move('AWSCURRENT', 2, 1);
      return secret.get();
    },
    documented: 'second',
  },
  {
    title: 'RotateSecret without a function is an error and moves nothing',
    observe: async (side) => {
      const secret = await freshSecret(side);
      return [await secret.rotate(2, {}), await secret.labels()];
    },
    documented: ['InvalidRequestException', { 1: ['AWSCURRENT'] }],
  },
  {
    title: 'ListSecretVersionIds hides versions without a label unless asked for them',
    observe: async (side) => {
      const secret = await freshSecret(side);
      await secret.put(2, 'second');
      await secret.put(3, 'third');
      return secret.labels(false);
    },
    documented: { 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] },
  },
];
