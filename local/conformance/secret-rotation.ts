import type { Check } from './check.ts';
import {
  BOTH,
  CURRENT,
  cancel,
  check,
  describe,
  get,
  labels,
  PENDING,
  PREVIOUS,
  put,
  rotate,
  type Step,
  strayCheck,
  token,
} from './secret.ts';

const rotationEnabled: Step = async (secret) => (await describe(secret)).RotationEnabled;
const withoutFunction = { RotationLambdaARN: undefined };

/** The changes that RotateSecret makes to the versions, before any step of the function runs. */
export const rotationChecks: Check[] = [
  check(
    'RotateSecret stages a version that has no value to read',
    [rotate(2), 'rotating'],
    [labels, { 1: CURRENT, 2: PENDING }],
    [get({ version: 2, stage: 'AWSPENDING' }), 'ResourceNotFoundException'],
    [get({ stage: 'AWSPENDING' }), 'ResourceNotFoundException'],
    [get({ version: 1 }), 'value 1'],
  ),
  strayCheck(
    'The version that RotateSecret staged takes AWSCURRENT from the one before when it is filled, once',
    [rotate(2), 'rotating'],
    [put(2, BOTH), 'stored 2'],
    [labels, { 1: PREVIOUS, 2: BOTH }],
    [put(2, BOTH), 'stored 2'],
    [put(2, BOTH, 'other'), 'ResourceExistsException'],
  ),
  strayCheck(
    'The version that RotateSecret staged is filled by a put with AWSPENDING alone',
    [rotate(2), 'rotating'],
    [put(2, PENDING), 'stored 2'],
    [labels, { 1: CURRENT, 2: PENDING }],
    [get(), 'value 1'],
    [get({ stage: 'AWSPENDING' }), 'value 2'],
  ),
  strayCheck(
    'RotateSecret is allowed while AWSPENDING is on the current version',
    [put(2, BOTH), 'stored 2'],
    [rotate(3), 'rotating'],
    [labels, { 1: PREVIOUS, 2: CURRENT, 3: PENDING }],
  ),
  strayCheck(
    'RotateSecret is refused while AWSPENDING hangs on a version that is not current',
    [put(2, PENDING), 'stored 2'],
    [rotate(3), 'InvalidRequestException'],
  ),
  strayCheck('RotateSecret refuses a token that names a version already', [
    rotate(1),
    'InvalidRequestException',
  ]),
  strayCheck(
    'RotateSecret with a function that cannot be invoked is refused and changes nothing',
    [
      (secret) => rotate(2, { RotationLambdaARN: secret.side.deniedFunctionArn })(secret),
      'AccessDeniedException',
    ],
    [rotationEnabled, undefined],
    [labels, { 1: CURRENT }],
    [rotate(2), 'rotating'],
  ),
  strayCheck(
    'RotateSecret without a function is an error and moves nothing, and later remembers the function',
    [rotate(2, withoutFunction), 'InvalidRequestException'],
    [labels, { 1: CURRENT }],
    [rotate(2), 'rotating'],
    [put(2, BOTH), 'stored 2'],
    [rotate(3, withoutFunction), 'rotating'],
  ),
  check(
    'RotateSecret refuses intervals under 1 and over 1000 days',
    [rotate(2, { RotationRules: { AutomaticallyAfterDays: 0 } }), 'InvalidParameterException'],
    [rotate(2, { RotationRules: { AutomaticallyAfterDays: 1001 } }), 'InvalidParameterException'],
  ),
  strayCheck(
    'RotateSecret refuses a duration and a schedule that are written in words',
    [rotate(2, { RotationRules: { Duration: '3 hours' } }), 'InvalidParameterException'],
    [rotate(2, { RotationRules: { ScheduleExpression: 'every day' } }), 'InvalidParameterException'],
  ),
  strayCheck(
    'RotateSecret that only tests the function leaves no version behind',
    [rotate(2, { RotateImmediately: false }), 'rotating'],
    [labels, { 1: CURRENT }],
  ),
  check(
    'DescribeSecret shows rotation, its function and its rules',
    [rotate(2, { RotationRules: { AutomaticallyAfterDays: 90 } }), 'rotating'],
    [
      async (secret) => {
        const described = await describe(secret);
        const isItsFunction = described.RotationLambdaARN === secret.side.functionArn;
        return [
          described.RotationEnabled,
          isItsFunction,
          described.RotationRules,
          described.VersionIdsToStages,
        ];
      },
      [true, true, { AutomaticallyAfterDays: 90 }, { [token(1)]: CURRENT, [token(2)]: PENDING }],
    ],
  ),
  strayCheck(
    'CancelRotateSecret leaves the labels, is refused a second time, and the next RotateSecret is refused',
    [rotate(2), 'rotating'],
    [cancel, 'canceled 2'],
    [cancel, 'InvalidRequestException'],
    [rotationEnabled, false],
    [labels, { 1: CURRENT, 2: PENDING }],
    [rotate(3), 'InvalidRequestException'],
  ),
];
