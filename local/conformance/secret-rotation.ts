import type { Check } from './check.ts';
import { BOTH, secretCheck as check, nameIn, PENDING, strayCheck, token } from './secret.ts';

/** The changes that RotateSecret makes to the versions, before any step of the function runs. */
export const rotationChecks: Check[] = [
  check(
    'RotateSecret stages a version that has no value to read',
    async (secret) => [
      await secret.rotate(2),
      await secret.labels(),
      nameIn(await secret.get({ version: 2, stage: 'AWSPENDING' })),
      nameIn(await secret.get({ stage: 'AWSPENDING' })),
      await secret.get({ version: 1 }),
    ],
    [
      'rotating',
      { 1: ['AWSCURRENT'], 2: PENDING },
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      'first',
    ],
  ),
  strayCheck(
    'The version that RotateSecret staged takes AWSCURRENT from the one before when it is filled, once',
    async (secret) => [
      await secret.rotate(2),
      await secret.put(2, 'second', BOTH),
      await secret.labels(),
      await secret.put(2, 'second', BOTH),
      await secret.put(2, 'third', BOTH),
    ],
    ['rotating', 'stored 2', { 1: ['AWSPREVIOUS'], 2: BOTH }, 'stored 2', 'ResourceExistsException'],
  ),
  strayCheck(
    'The version that RotateSecret staged is filled by a put with AWSPENDING alone',
    async (secret) => [
      await secret.rotate(2),
      await secret.put(2, 'second', PENDING),
      await secret.labels(),
      await secret.get(),
      await secret.get({ stage: 'AWSPENDING' }),
    ],
    ['rotating', 'stored 2', { 1: ['AWSCURRENT'], 2: PENDING }, 'first', 'second'],
  ),
  strayCheck(
    'RotateSecret is allowed while AWSPENDING is on the current version',
    async (secret) => [await secret.put(2, 'second', BOTH), await secret.rotate(3), await secret.labels()],
    ['stored 2', 'rotating', { 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT'], 3: PENDING }],
  ),
  strayCheck(
    'RotateSecret is refused while AWSPENDING hangs on a version that is not current',
    async (secret) => [await secret.put(2, 'second', PENDING), await secret.rotate(3)],
    ['stored 2', 'InvalidRequestException'],
  ),
  strayCheck(
    'RotateSecret refuses a token that names a version already',
    (secret) => secret.rotate(1),
    'InvalidRequestException',
  ),
  strayCheck(
    'RotateSecret with a function that cannot be invoked is refused and changes nothing',
    async (secret, side) => [
      await secret.rotate(2, { RotationLambdaARN: side.deniedFunctionArn }),
      (await secret.describe()).RotationEnabled,
      await secret.labels(),
      await secret.rotate(2),
    ],
    ['AccessDeniedException', undefined, { 1: ['AWSCURRENT'] }, 'rotating'],
  ),
  strayCheck(
    'RotateSecret without a function is an error and moves nothing, and later remembers the function',
    async (secret) => [
      await secret.rotate(2, {}),
      await secret.labels(),
      await secret.rotate(2),
      await secret.put(2, 'second', BOTH),
      await secret.rotate(3, {}),
    ],
    ['InvalidRequestException', { 1: ['AWSCURRENT'] }, 'rotating', 'stored 2', 'rotating'],
  ),
  check(
    'RotateSecret refuses intervals under 1 and over 1000 days',
    async (secret, side) => {
      const every = (AutomaticallyAfterDays: number) =>
        secret.rotate(2, { RotationLambdaARN: side.functionArn, RotationRules: { AutomaticallyAfterDays } });
      return [await every(0), await every(1001)];
    },
    ['InvalidParameterException', 'InvalidParameterException'],
  ),
  strayCheck(
    'RotateSecret refuses a duration and a schedule that are written in words',
    async (secret, side) => {
      const by = (RotationRules: object) =>
        secret.rotate(2, { RotationLambdaARN: side.functionArn, RotationRules });
      return [await by({ Duration: '3 hours' }), await by({ ScheduleExpression: 'every day' })];
    },
    ['InvalidParameterException', 'InvalidParameterException'],
  ),
  strayCheck(
    'RotateSecret that only tests the function leaves no version behind',
    async (secret, { functionArn }) => [
      await secret.rotate(2, { RotationLambdaARN: functionArn, RotateImmediately: false }),
      await secret.labels(),
    ],
    ['rotating', { 1: ['AWSCURRENT'] }],
  ),
  check(
    'DescribeSecret shows rotation, its function and its rules',
    async (secret, { functionArn }) => {
      await secret.rotate(2, {
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 90 },
      });
      const described = await secret.describe();
      return [
        described.RotationEnabled,
        described.RotationLambdaARN === functionArn,
        described.RotationRules,
        described.VersionIdsToStages,
      ];
    },
    [true, true, { AutomaticallyAfterDays: 90 }, { [token(1)]: ['AWSCURRENT'], [token(2)]: PENDING }],
  ),
  strayCheck(
    'CancelRotateSecret leaves the labels, is refused a second time, and the next RotateSecret is refused',
    async (secret) => [
      await secret.rotate(2),
      await secret.cancel(),
      await secret.cancel(),
      (await secret.describe()).RotationEnabled,
      await secret.labels(),
      await secret.rotate(3),
    ],
    [
      'rotating',
      'canceled 2',
      'InvalidRequestException',
      false,
      { 1: ['AWSCURRENT'], 2: PENDING },
      'InvalidRequestException',
    ],
  ),
];
