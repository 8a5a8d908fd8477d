import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, sendRaw, statusOf, toldBy } from './check.ts';
import {
  BOTH,
  CURRENT,
  check,
  describe,
  get,
  labels,
  move,
  PENDING,
  PREVIOUS,
  put,
  putInput,
  type Step,
  shownLabels,
  strayCheck,
  tellsValue,
  token,
} from './secret.ts';

/** @param input the name of the check's secret where it has none */
const create =
  (input: Partial<CreateSecretCommandInput>): Step =>
  ({ client, SecretId }) =>
    outcomeOf(client.send(new CreateSecretCommand({ Name: SecretId, ...input })).then(() => 'created'));

const raw =
  (operation: string, input: object): Step =>
  async ({ side, SecretId }) => {
    const { __type, message = '' } = await sendRaw(side, operation, { SecretId, ...input });
    return [__type, message.includes('ClientRequestToken')];
  };

/** Puts a version with a token of so many characters. */
const putToken =
  (length: number): Step =>
  async (secret) =>
    String(await putInput({ ClientRequestToken: 'x'.repeat(length), SecretString: 'x' })(secret)).split(
      ' ',
    )[0];

const NOT_FOUND = "ResourceNotFoundException: Secrets Manager can't find the specified secret";
const UNKNOWN = { SecretId: 'conformance-nobody' };

/** How versions are stored, labelled and read. */
export const versionChecks: Check[] = [
  check(
    'CreateSecret makes a first version that is current',
    [labels, { 1: CURRENT }],
    [get({ stage: 'AWSCURRENT' }), 'value 1'],
  ),
  check('CreateSecret refuses a name that is taken', [
    create({ SecretString: 'other' }),
    'ResourceExistsException',
  ]),
  check(
    'CreateSecret again takes the same token and value, and refuses another value',
    [create({ ClientRequestToken: token(1), SecretString: 'value 1' }), 'created'],
    [create({ ClientRequestToken: token(1), SecretString: 'other' }), 'ResourceExistsException'],
  ),
  check('The first value of a secret without one becomes current, whatever its label', [
    async ({ SecretId: of, client }) => {
      const SecretId = `${of}-empty`;
      await client.send(new CreateSecretCommand({ Name: SecretId }));
      const read = await toldBy(client.send(new GetSecretValueCommand({ SecretId })));
      const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }));
      const value = { SecretString: 'value', VersionStages: PENDING };
      const stored = await client.send(new PutSecretValueCommand({ SecretId, ...value }));
      return [VersionIdsToStages, read, stored.VersionStages?.toSorted()];
    },
    [undefined, `${NOT_FOUND} value for staging label: AWSCURRENT`, BOTH],
  ]),
  check('A secret is found by name, by ARN and by ARN without the suffix of six characters', [
    async (secret) => {
      const { ARN = '' } = await describe(secret);
      const names = [secret.SecretId, ARN, ARN.slice(0, -7)].map(async (SecretId) => {
        const answer = await secret.client.send(new GetSecretValueCommand({ SecretId }));
        return answer.Name === secret.SecretId && answer.ARN === ARN && answer.SecretString;
      });
      return [/:secret:conformance-[\w-]{36}-\w{6}$/.test(ARN), ...(await Promise.all(names))];
    },
    [true, 'value 1', 'value 1', 'value 1'],
  ]),
  check(
    'An unknown secret is not found, whatever the operation',
    [({ client }) => toldBy(client.send(new GetSecretValueCommand(UNKNOWN))), `${NOT_FOUND}.`],
    [({ client }) => toldBy(client.send(new DescribeSecretCommand(UNKNOWN))), `${NOT_FOUND}.`],
    [putInput({ ...UNKNOWN, SecretString: 'x' }), 'ResourceNotFoundException'],
    [
      ({ client }) =>
        toldBy(client.send(new UpdateSecretVersionStageCommand({ ...UNKNOWN, VersionStage: 'X' }))),
      `${NOT_FOUND}.`,
    ],
  ),
  strayCheck('The versions of an unknown secret are not found', [
    ({ client }) => toldBy(client.send(new ListSecretVersionIdsCommand(UNKNOWN))),
    `${NOT_FOUND}.`,
  ]),
  ...['two words', 'star*', 'a'.repeat(513)].map((name) =>
    strayCheck(
      `A name with a character that names may not have, or of 513 characters, is refused: ${name.slice(0, 9)}`,
      [
        ({ client }) => outcomeOf(client.send(new GetSecretValueCommand({ SecretId: name }))),
        'ValidationException',
      ],
      [create({ Name: name, SecretString: 'x' }), 'ValidationException'],
    ),
  ),
  strayCheck(
    'A missing ClientRequestToken is refused by name where the raw API needs it',
    [raw('CreateSecret', { Name: 'raw', SecretString: 'x' }), ['InvalidRequestException', true]],
    [raw('PutSecretValue', { SecretString: 'x' }), ['InvalidRequestException', true]],
    [raw('RotateSecret', {}), ['InvalidParameterException', true]],
  ),
  check(
    'PutSecretValue makes current and moves AWSPREVIOUS by itself',
    [put(2), 'stored 2'],
    [labels, { 1: PREVIOUS, 2: CURRENT }],
    [put(3), 'stored 3'],
    [labels, { 1: [], 2: PREVIOUS, 3: CURRENT }],
  ),
  check(
    'PutSecretValue under AWSPENDING leaves the current version',
    [put(2, PENDING), 'stored 2'],
    [labels, { 1: CURRENT, 2: PENDING }],
  ),
  check(
    'PutSecretValue with both labels stores and makes current in one call',
    [put(2, BOTH), 'stored 2'],
    [labels, { 1: PREVIOUS, 2: BOTH }],
  ),
  check(
    'A put that takes AWSCURRENT from a version takes its AWSPENDING too',
    [put(2, BOTH), 'stored 2'],
    [put(3), 'stored 3'],
    [labels, { 1: [], 2: PREVIOUS, 3: CURRENT }],
  ),
  check(
    'A put leaves AWSPENDING on a version that is not current',
    [put(2, PENDING), 'stored 2'],
    [put(3), 'stored 3'],
    [labels, { 1: PREVIOUS, 2: PENDING, 3: CURRENT }],
  ),
  strayCheck(
    'A put with two stages takes AWSPENDING from another pending version',
    [put(2, PENDING), 'stored 2'],
    [put(3, BOTH), 'stored 3'],
    [labels, { 1: PREVIOUS, 2: [], 3: BOTH }],
  ),
  check(
    'PutSecretValue with the token and value of the current version is accepted again',
    [put(2), 'stored 2'],
    [put(2), 'stored 2'],
    [get({ version: 2 }), 'value 2'],
  ),
  check(
    'PutSecretValue with the token of the current version and another value is refused',
    [put(1, undefined, 'other'), 'ResourceExistsException'],
    [get({ version: 1 }), 'value 1'],
  ),
  strayCheck(
    'PutSecretValue with the token of a pending version and another value is refused',
    [put(2, PENDING), 'stored 2'],
    [put(2, PENDING, 'other'), 'ResourceExistsException'],
    [get({ version: 2 }), 'value 2'],
  ),
  strayCheck(
    'PutSecretValue with a known token and the same value moves no label',
    [put(2, PENDING), 'stored 2'],
    [put(2, CURRENT), 'stored 2'],
    [labels, { 1: CURRENT, 2: PENDING }],
  ),
  check(
    'PutSecretValue takes tokens of 32 to 64 characters, and no others',
    [putToken(31), 'InvalidParameterException'],
    [putToken(32), 'stored'],
    [putToken(64), 'stored'],
    [putToken(65), 'InvalidParameterException'],
  ),
  check('PutSecretValue without a value is refused', [putInput({}), 'InvalidRequestException']),
  strayCheck(
    'PutSecretValue refuses two values, no stage, and a short RotationToken',
    [putInput({ SecretString: 'x', SecretBinary: Buffer.from('x') }), 'InvalidParameterException'],
    [putInput({ SecretString: 'x', VersionStages: [] }), 'InvalidParameterException'],
    [putInput({ SecretString: 'x', RotationToken: 'short' }), 'InvalidParameterException'],
  ),
  strayCheck(
    'PutSecretValue takes a value of 64 KiB, and none that is larger',
    [put(2, PENDING, 'x'.repeat(65_536)), 'stored 2'],
    [put(3, PENDING, 'x'.repeat(65_537)), 'InvalidParameterException'],
  ),
  check(
    'A binary value is kept as bytes',
    [putInput({ ClientRequestToken: token(2), SecretBinary: Buffer.from([0, 255, 10]) }), 'stored 2'],
    [
      async ({ client, SecretId }) => {
        const read = await client.send(new GetSecretValueCommand({ SecretId }));
        return [[...(read.SecretBinary ?? [])], read.SecretString];
      },
      [[0, 255, 10], undefined],
    ],
  ),
  check(
    'GetSecretValue reads by label and by version, and AWSCURRENT by default',
    [put(2, PENDING), 'stored 2'],
    [get({ stage: 'AWSPENDING' }), 'value 2'],
    [get({ version: 2 }), 'value 2'],
    [get({ version: 2, stage: 'AWSPENDING' }), 'value 2'],
    [get({ stage: 'AWSCURRENT' }), 'value 1'],
    [get(), 'value 1'],
  ),
  check(
    'GetSecretValue does not find an unknown version or label',
    [get({ version: 9 }), 'ResourceNotFoundException'],
    [get({ stage: 'NOBODY' }), 'ResourceNotFoundException'],
  ),
  strayCheck(
    'GetSecretValue says which version or label it does not find',
    [tellsValue({ version: 9 }), `${NOT_FOUND} value for VersionId: ${token(9)}`],
    [tellsValue({ stage: 'NOBODY' }), `${NOT_FOUND} value for staging label: NOBODY`],
  ),
  check('GetSecretValue refuses a version that does not have the label', [
    tellsValue({ version: 1, stage: 'AWSPENDING' }),
    'InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.',
  ]),
  strayCheck(
    'GetSecretValue without a stage reads the new current version after the label moved',
    [put(2, PENDING), 'stored 2'],
    [move('AWSCURRENT', 2, 1), 'moved'],
    [get(), 'value 2'],
  ),
  strayCheck(
    'Refusals have the HTTP status 400',
    [({ client }) => statusOf(client.send(new GetSecretValueCommand(UNKNOWN))), 400],
    [
      ({ client, SecretId }) => {
        const other = { SecretId, ClientRequestToken: token(1), SecretString: 'other' };
        return statusOf(client.send(new PutSecretValueCommand(other)));
      },
      400,
    ],
  ),
  check(
    'UpdateSecretVersionStage moves AWSCURRENT and takes AWSPREVIOUS along',
    [put(2, PENDING), 'stored 2'],
    [move('AWSCURRENT', 2, 1), 'moved'],
    [labels, { 1: PREVIOUS, 2: BOTH }],
  ),
  check(
    'UpdateSecretVersionStage leaves AWSPENDING on the version that loses AWSCURRENT',
    [put(2, BOTH), 'stored 2'],
    [move('AWSCURRENT', 1, 2), 'moved'],
    [labels, { 1: CURRENT, 2: ['AWSPENDING', 'AWSPREVIOUS'] }],
  ),
  check(
    'UpdateSecretVersionStage removes AWSPENDING',
    [put(2, BOTH), 'stored 2'],
    [move('AWSPENDING', undefined, 2), 'moved'],
    [labels, { 1: PREVIOUS, 2: CURRENT }],
  ),
  check(
    'UpdateSecretVersionStage attaches a label that is on no version',
    [move('AUDITED', 1), 'moved'],
    [labels, { 1: ['AUDITED', 'AWSCURRENT'] }],
  ),
  strayCheck(
    'UpdateSecretVersionStage attaches a label again where it is already',
    [move('AUDITED', 1), 'moved'],
    [move('AUDITED', 1), 'moved'],
    [labels, { 1: ['AUDITED', 'AWSCURRENT'] }],
  ),
  check(
    'UpdateSecretVersionStage refuses to move AWSCURRENT from nowhere, or from a wrong version',
    [put(2, PENDING), 'stored 2'],
    [move('AWSCURRENT', 2), 'InvalidParameterException'],
    [move('AWSCURRENT', 2, 2), 'InvalidParameterException'],
    [labels, { 1: CURRENT, 2: PENDING }],
  ),
  strayCheck(
    'UpdateSecretVersionStage with an unknown version, or without a target for AWSCURRENT, changes nothing',
    [move('AWSCURRENT', 9, 1), 'ResourceNotFoundException'],
    [move('AWSCURRENT', 1, 9), 'ResourceNotFoundException'],
    [move('AWSCURRENT', undefined, 1), 'InvalidParameterException'],
    [move('AWSPENDING'), 'InvalidParameterException'],
    [labels, { 1: CURRENT }],
  ),
  strayCheck(
    'Versions without a label are hidden unless they are asked for',
    [put(2), 'stored 2'],
    [put(3), 'stored 3'],
    [shownLabels, { 2: PREVIOUS, 3: CURRENT }],
    [labels, { 1: [], 2: PREVIOUS, 3: CURRENT }],
    [
      async (secret) => (await describe(secret)).VersionIdsToStages,
      { [token(2)]: PREVIOUS, [token(3)]: CURRENT },
    ],
  ),
  strayCheck(
    'Versions are listed page by page, and a token that no page gave is refused',
    [put(2), 'stored 2'],
    [
      async ({ client, SecretId }) => {
        const page = (more: { NextToken?: string }) =>
          client.send(new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1, ...more }));
        const first = await page({});
        const second = await page(first.NextToken === undefined ? {} : { NextToken: first.NextToken });
        const ids = [first, second].map(({ Versions }) => Versions?.map(({ VersionId }) => VersionId));
        return [ids, second.NextToken, await outcomeOf(page({ NextToken: '99' }))];
      },
      [[[token(1)], [token(2)]], undefined, 'InvalidNextTokenException'],
    ],
  ),
  strayCheck(
    'Members without a value are absent from answers',
    [put(2), 'stored 2'],
    [put(3), 'stored 3'],
    [
      async (secret) => {
        const { SecretId, client } = secret;
        const read = await client.send(new GetSecretValueCommand({ SecretId, VersionId: token(1) }));
        const described = await describe(secret);
        const absent = ['Tags', 'RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'LastRotatedDate'];
        return [read.VersionStages, absent.filter((member) => Object.hasOwn(described, member))];
      },
      [undefined, []],
    ],
  ),
  strayCheck('A disabled KMS key fails the secrets that it encrypts', [
    async (secret) => {
      const { side, SecretId: of } = secret;
      const KmsKeyId = await side.freshKey();
      const SecretId = `${of}-encrypted`;
      await create({ Name: SecretId, KmsKeyId, SecretString: 'x' })(secret);
      await side.disableKey(KmsKeyId);
      const encrypted = { ...secret, SecretId };
      return [await get()(encrypted), await put(2)(encrypted)];
    },
    ['DecryptionFailure', 'EncryptionFailure'],
  ]),
];
