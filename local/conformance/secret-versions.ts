import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Check, outcomeOf, type Side, sendRaw, statusOf, toldBy } from './check.ts';
import { BOTH, secretCheck as check, nameIn, PENDING, strayCheck, token } from './secret.ts';

const create = ({ secretsManager }: Side, input: CreateSecretCommandInput) =>
  outcomeOf(secretsManager.send(new CreateSecretCommand(input)).then(() => 'created'));

const NOT_FOUND = "ResourceNotFoundException: Secrets Manager can't find the specified secret";

/** How versions are stored, labelled and read. */
export const versionChecks: Check[] = [
  check(
    'CreateSecret makes a first version that is current',
    async (secret) => [await secret.labels(), await secret.get({ stage: 'AWSCURRENT' })],
    [{ 1: ['AWSCURRENT'] }, 'first'],
  ),
  check(
    'CreateSecret refuses a name that is taken',
    ({ SecretId }, side) => create(side, { Name: SecretId, SecretString: 'other' }),
    'ResourceExistsException',
  ),
  check(
    'CreateSecret again takes the same token and value, and refuses another value',
    async ({ SecretId: Name }, side) => {
      const again = (SecretString: string) =>
        create(side, { Name, ClientRequestToken: token(1), SecretString });
      return [await again('first'), await again('other')];
    },
    ['created', 'ResourceExistsException'],
  ),
  check(
    'The first value of a secret without one becomes current, whatever its label',
    async ({ SecretId: of }, { secretsManager }) => {
      const SecretId = `${of}-empty`;
      await secretsManager.send(new CreateSecretCommand({ Name: SecretId }));
      const read = () => toldBy(secretsManager.send(new GetSecretValueCommand({ SecretId })));
      const { VersionIdsToStages } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
      const value = { SecretString: 'value', VersionStages: PENDING };
      const empty = await read();
      const put = await secretsManager.send(new PutSecretValueCommand({ SecretId, ...value }));
      return [VersionIdsToStages, empty, put.VersionStages?.toSorted()];
    },
    [undefined, `${NOT_FOUND} value for staging label: AWSCURRENT`, BOTH],
  ),
  check(
    'A secret is found by name, by ARN and by ARN without the suffix of six characters',
    async (secret, side) => {
      const { ARN = '' } = await secret.describe();
      const names = [secret.SecretId, ARN, ARN.slice(0, -7)].map(async (SecretId) => {
        const answer = await side.secretsManager.send(new GetSecretValueCommand({ SecretId }));
        return [answer.Name === secret.SecretId, answer.ARN === ARN, answer.SecretString];
      });
      return [/:secret:conformance-[\w-]{36}-\w{6}$/.test(ARN), ...(await Promise.all(names))];
    },
    [true, [true, true, 'first'], [true, true, 'first'], [true, true, 'first']],
  ),
  check(
    'An unknown secret is not found, whatever the operation',
    (_, { secretsManager }) => {
      const unknown = { SecretId: 'conformance-nobody' };
      const stage = { ...unknown, VersionStage: 'AWSPENDING' };
      return Promise.all([
        toldBy(secretsManager.send(new GetSecretValueCommand(unknown))),
        toldBy(secretsManager.send(new DescribeSecretCommand(unknown))),
        toldBy(secretsManager.send(new PutSecretValueCommand({ ...unknown, SecretString: 'x' }))),
        toldBy(secretsManager.send(new UpdateSecretVersionStageCommand(stage))),
      ]);
    },
    Array(4).fill(`${NOT_FOUND}.`),
  ),
  strayCheck(
    'The versions of an unknown secret are not found',
    (_, { secretsManager }) =>
      toldBy(secretsManager.send(new ListSecretVersionIdsCommand({ SecretId: 'conformance-nobody' }))),
    `${NOT_FOUND}.`,
  ),
  strayCheck(
    'A name with a character that names may not have, or of 513 characters, is refused as a name',
    async (_, side) => {
      const names = ['two words', 'star*', 'a'.repeat(513)].map(async (name) => [
        await outcomeOf(side.secretsManager.send(new GetSecretValueCommand({ SecretId: name }))),
        await create(side, { Name: name, SecretString: 'x' }),
      ]);
      return (await Promise.all(names)).flat();
    },
    Array(6).fill('ValidationException'),
  ),
  strayCheck(
    'A missing ClientRequestToken is refused by name where the raw API needs it',
    async ({ SecretId }, side) => {
      const call = async (operation: string, input: object) => {
        const { __type, message = '' } = await sendRaw(side, operation, input);
        return [__type, message.includes('ClientRequestToken')];
      };
      return [
        await call('CreateSecret', { Name: `${SecretId}-raw`, SecretString: 'x' }),
        await call('PutSecretValue', { SecretId, SecretString: 'x' }),
        await call('RotateSecret', { SecretId, RotationLambdaARN: side.functionArn }),
      ];
    },
    [
      ['InvalidRequestException', true],
      ['InvalidRequestException', true],
      ['InvalidParameterException', true],
    ],
  ),
  check(
    'PutSecretValue makes current and moves AWSPREVIOUS by itself',
    async (secret) => [
      await secret.put(2, 'second'),
      await secret.labels(),
      await secret.put(3, 'third'),
      await secret.labels(),
    ],
    [
      'stored 2',
      { 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT'] },
      'stored 3',
      { 1: [], 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] },
    ],
  ),
  check(
    'PutSecretValue under AWSPENDING leaves the current version',
    async (secret) => [await secret.put(2, 'second', PENDING), await secret.labels()],
    ['stored 2', { 1: ['AWSCURRENT'], 2: PENDING }],
  ),
  check(
    'PutSecretValue with both labels stores and makes current in one call',
    async (secret) => [await secret.put(2, 'second', BOTH), await secret.labels()],
    ['stored 2', { 1: ['AWSPREVIOUS'], 2: BOTH }],
  ),
  check(
    'A put that takes AWSCURRENT from a version takes its AWSPENDING too',
    async (secret) => [
      await secret.put(2, 'second', BOTH),
      await secret.put(3, 'third'),
      await secret.labels(),
    ],
    ['stored 2', 'stored 3', { 1: [], 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] }],
  ),
  check(
    'A put leaves AWSPENDING on a version that is not current',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(3, 'third'),
      await secret.labels(),
    ],
    ['stored 2', 'stored 3', { 1: ['AWSPREVIOUS'], 2: PENDING, 3: ['AWSCURRENT'] }],
  ),
  strayCheck(
    'A put with two stages takes AWSPENDING from another pending version',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(3, 'third', BOTH),
      await secret.labels(),
    ],
    ['stored 2', 'stored 3', { 1: ['AWSPREVIOUS'], 2: [], 3: BOTH }],
  ),
  check(
    'PutSecretValue with the token and value of the current version is accepted again',
    async (secret) => [await secret.put(2, 'x'), await secret.put(2, 'x'), await secret.get({ version: 2 })],
    ['stored 2', 'stored 2', 'x'],
  ),
  check(
    'PutSecretValue with the token of the current version and another value is refused',
    async (secret) => [await secret.put(1, 'other'), await secret.get({ version: 1 })],
    ['ResourceExistsException', 'first'],
  ),
  strayCheck(
    'PutSecretValue with the token of a pending version and another value is refused',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(2, 'other', PENDING),
      await secret.get({ version: 2 }),
    ],
    ['stored 2', 'ResourceExistsException', 'second'],
  ),
  strayCheck(
    'PutSecretValue with a known token and the same value moves no label',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.put(2, 'second', ['AWSCURRENT']),
      await secret.labels(),
    ],
    ['stored 2', 'stored 2', { 1: ['AWSCURRENT'], 2: PENDING }],
  ),
  check(
    'PutSecretValue takes tokens of 32 to 64 characters, and no others',
    (secret) =>
      Promise.all(
        [31, 32, 64, 65].map(async (length) => {
          const ClientRequestToken = 'x'.repeat(length);
          const ended = await secret.putInput({ ClientRequestToken, SecretString: 'x' });
          return typeof ended === 'string' && ended.startsWith('stored') ? 'stored' : ended;
        }),
      ),
    ['InvalidParameterException', 'stored', 'stored', 'InvalidParameterException'],
  ),
  check(
    'PutSecretValue without a value is refused',
    (secret) => secret.putInput({}),
    'InvalidRequestException',
  ),
  strayCheck(
    'PutSecretValue refuses two values, no stage, and a short RotationToken',
    async (secret) => [
      await secret.putInput({ SecretString: 'x', SecretBinary: Buffer.from('x') }),
      await secret.putInput({ SecretString: 'x', VersionStages: [] }),
      await secret.putInput({ SecretString: 'x', RotationToken: 'short' }),
    ],
    Array(3).fill('InvalidParameterException'),
  ),
  strayCheck(
    'PutSecretValue takes a value of 64 KiB, and none that is larger',
    async (secret) => [await secret.put(2, 'x'.repeat(65_536)), await secret.put(3, 'x'.repeat(65_537))],
    ['stored 2', 'InvalidParameterException'],
  ),
  check(
    'A binary value is kept as bytes',
    async ({ SecretId, putInput }, { secretsManager }) => {
      await putInput({ SecretBinary: Buffer.from([0, 255, 10]) });
      const read = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
      return [[...(read.SecretBinary ?? [])], read.SecretString];
    },
    [[0, 255, 10], undefined],
  ),
  check(
    'GetSecretValue reads by label and by version, and AWSCURRENT by default',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.get({ stage: 'AWSPENDING' }),
      await secret.get({ version: 2 }),
      await secret.get({ version: 2, stage: 'AWSPENDING' }),
      await secret.get({ stage: 'AWSCURRENT' }),
      await secret.get(),
    ],
    ['stored 2', 'second', 'second', 'second', 'first', 'first'],
  ),
  check(
    'GetSecretValue does not find an unknown version or label',
    async (secret) => [
      nameIn(await secret.get({ version: 9 })),
      nameIn(await secret.get({ stage: 'NOBODY' })),
    ],
    ['ResourceNotFoundException', 'ResourceNotFoundException'],
  ),
  strayCheck(
    'GetSecretValue says which version or label it does not find',
    async (secret) => [await secret.get({ version: 9 }), await secret.get({ stage: 'NOBODY' })],
    [`${NOT_FOUND} value for VersionId: ${token(9)}`, `${NOT_FOUND} value for staging label: NOBODY`],
  ),
  check(
    'GetSecretValue refuses a version that does not have the label',
    (secret) => secret.get({ version: 1, stage: 'AWSPENDING' }),
    'InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.',
  ),
  strayCheck(
    'GetSecretValue without a stage reads the new current version after the label moved',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.move('AWSCURRENT', 2, 1),
      await secret.get(),
    ],
    ['stored 2', 'moved', 'second'],
  ),
  strayCheck(
    'Refusals have the HTTP status 400',
    async ({ SecretId }, { secretsManager }) => {
      const put = { SecretId, ClientRequestToken: token(1), SecretString: 'other' };
      return [
        await statusOf(secretsManager.send(new GetSecretValueCommand({ SecretId: 'conformance-nobody' }))),
        await statusOf(secretsManager.send(new PutSecretValueCommand(put))),
      ];
    },
    [400, 400],
  ),
  check(
    'UpdateSecretVersionStage moves AWSCURRENT and takes AWSPREVIOUS along',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.move('AWSCURRENT', 2, 1),
      await secret.labels(),
    ],
    ['stored 2', 'moved', { 1: ['AWSPREVIOUS'], 2: BOTH }],
  ),
  check(
    'UpdateSecretVersionStage leaves AWSPENDING on the version that loses AWSCURRENT',
    async (secret) => [
      await secret.put(2, 'second', BOTH),
      await secret.move('AWSCURRENT', 1, 2),
      await secret.labels(),
    ],
    ['stored 2', 'moved', { 1: ['AWSCURRENT'], 2: ['AWSPENDING', 'AWSPREVIOUS'] }],
  ),
  check(
    'UpdateSecretVersionStage removes AWSPENDING',
    async (secret) => [
      await secret.put(2, 'second', BOTH),
      await secret.move('AWSPENDING', undefined, 2),
      await secret.labels(),
    ],
    ['stored 2', 'moved', { 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT'] }],
  ),
  check(
    'UpdateSecretVersionStage attaches a label that is on no version',
    async (secret) => [await secret.move('AUDITED', 1), await secret.labels()],
    ['moved', { 1: ['AUDITED', 'AWSCURRENT'] }],
  ),
  strayCheck(
    'UpdateSecretVersionStage attaches a label again where it is already',
    async (secret) => [
      await secret.move('AUDITED', 1),
      await secret.move('AUDITED', 1),
      await secret.labels(),
    ],
    ['moved', 'moved', { 1: ['AUDITED', 'AWSCURRENT'] }],
  ),
  check(
    'UpdateSecretVersionStage refuses to move AWSCURRENT from nowhere, or from a wrong version',
    async (secret) => [
      await secret.put(2, 'second', PENDING),
      await secret.move('AWSCURRENT', 2),
      await secret.move('AWSCURRENT', 2, 2),
      await secret.labels(),
    ],
    ['stored 2', 'InvalidParameterException', 'InvalidParameterException', { 1: ['AWSCURRENT'], 2: PENDING }],
  ),
  strayCheck(
    'UpdateSecretVersionStage with an unknown version, or without a target for AWSCURRENT, changes nothing',
    async (secret) => [
      await secret.move('AWSCURRENT', 9, 1),
      await secret.move('AWSCURRENT', 1, 9),
      await secret.move('AWSCURRENT', undefined, 1),
      await secret.move('AWSPENDING'),
      await secret.labels(),
    ],
    [
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      'InvalidParameterException',
      'InvalidParameterException',
      { 1: ['AWSCURRENT'] },
    ],
  ),
  strayCheck(
    'Versions without a label are hidden unless they are asked for',
    async (secret) => {
      await secret.put(2, 'second');
      await secret.put(3, 'third');
      const { VersionIdsToStages } = await secret.describe();
      return [await secret.labels(false), Object.keys(await secret.labels(true)), VersionIdsToStages];
    },
    [
      { 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] },
      ['1', '2', '3'],
      { [token(2)]: ['AWSPREVIOUS'], [token(3)]: ['AWSCURRENT'] },
    ],
  ),
  strayCheck(
    'Versions are listed page by page, and a token that no page gave is refused',
    async ({ SecretId, put }, { secretsManager }) => {
      await put(2, 'second');
      const page = (NextToken?: string) =>
        secretsManager.send(
          new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1, ...(NextToken && { NextToken }) }),
        );
      const first = await page();
      const second = await page(first.NextToken);
      return [
        [first, second].map(({ Versions }) => Versions?.map(({ VersionId }) => VersionId)),
        second.NextToken,
        await outcomeOf(page('99')),
      ];
    },
    [[[token(1)], [token(2)]], undefined, 'InvalidNextTokenException'],
  ),
  strayCheck(
    'Members without a value are absent from answers',
    async (secret, { secretsManager }) => {
      await secret.put(2, 'second');
      await secret.put(3, 'third');
      const input = { SecretId: secret.SecretId, VersionId: token(1) };
      const { VersionStages } = await secretsManager.send(new GetSecretValueCommand(input));
      const described = await secret.describe();
      const absent = ['Tags', 'RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'LastRotatedDate'];
      return [VersionStages, absent.filter((member) => Object.hasOwn(described, member))];
    },
    [undefined, []],
  ),
  strayCheck(
    'A disabled KMS key fails the secrets that it encrypts',
    async ({ SecretId }, side) => {
      const KmsKeyId = await side.freshKey();
      const Name = `${SecretId}-encrypted`;
      await create(side, { Name, KmsKeyId, SecretString: 'x' });
      await side.disableKey(KmsKeyId);
      const put = new PutSecretValueCommand({ SecretId: Name, SecretString: 'y' });
      return [
        await outcomeOf(side.secretsManager.send(new GetSecretValueCommand({ SecretId: Name }))),
        await outcomeOf(side.secretsManager.send(put)),
      ];
    },
    ['DecryptionFailure', 'EncryptionFailure'],
  ),
];
