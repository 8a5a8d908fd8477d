import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorld, token, type World } from './world.ts';

let world: World;
let client: SecretsManagerClient;
let SecretId: string;
let arn: string;
let secrets = 0;

beforeAll(async () => {
  world = await startWorld();
  client = new SecretsManagerClient();
});
afterAll(() => world.close());

beforeEach(async () => {
  secrets += 1;
  SecretId = `thingspace/department-${secrets}`;
  const created = await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString: 'first' }),
  );
  arn = created.ARN ?? '';
});

const put = (n: number, SecretString: string, VersionStages?: string[]) =>
  client.send(
    new PutSecretValueCommand({
      SecretId,
      ClientRequestToken: token(n),
      SecretString,
      ...(VersionStages && { VersionStages }),
    }),
  );
const get = (wanted: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...wanted }));
const move = (VersionStage: string, to?: number, from?: number) =>
  client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage,
      ...(to !== undefined && { MoveToVersionId: token(to) }),
      ...(from !== undefined && { RemoveFromVersionId: token(from) }),
    }),
  );
/** Labels by the number of the version, as the stand-in truly holds them. */
const labels = () =>
  Object.fromEntries(
    world.aws.secretsManager.versions(SecretId).map(({ id, stages }) => [Number(id.slice(-12)), stages]),
  );

describe('CreateSecret', () => {
  test('makes a first version that is current, under an ARN with six characters behind the name', async () => {
    expect(arn).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:\\d{12}:secret:${SecretId}-\\w{6}$`));
    expect(labels()).toEqual({ 1: ['AWSCURRENT'] });
  });

  test('again with the same token and value changes nothing; with another value it is refused', async () => {
    const again = (SecretString: string) =>
      client.send(new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString }));
    expect((await again('first')).ARN).toBe(arn);
    await expect(again('other')).rejects.toMatchObject({
      name: 'ResourceExistsException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('without a value makes no version; the first value that is put becomes current', async () => {
    SecretId = `${SecretId}-empty`;
    await client.send(new CreateSecretCommand({ Name: SecretId }));
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await put(7, 'value', ['AWSPENDING']);
    expect(labels()).toEqual({ 7: ['AWSPENDING', 'AWSCURRENT'] });
  });
});

describe('a secret is addressed', () => {
  test('by name, by full ARN and by ARN without the suffix', async () => {
    for (const address of [SecretId, arn, arn.slice(0, -7)]) {
      const answer = await client.send(new GetSecretValueCommand({ SecretId: address }));
      expect(answer).toMatchObject({ ARN: arn, Name: SecretId, SecretString: 'first' });
    }
  });

  test('and an unknown one is not found, whatever the operation', async () => {
    const unknown = { SecretId: 'nobody' };
    for (const command of [
      () => client.send(new GetSecretValueCommand(unknown)),
      () => client.send(new DescribeSecretCommand(unknown)),
      () => client.send(new ListSecretVersionIdsCommand(unknown)),
      () => client.send(new PutSecretValueCommand({ ...unknown, SecretString: 'x' })),
      () => client.send(new UpdateSecretVersionStageCommand({ ...unknown, VersionStage: 'AWSPENDING' })),
    ]) {
      await expect(command()).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: "Secrets Manager can't find the specified secret.",
      });
    }
  });

  test('and one with a character that no name has is refused as a name', async () => {
    const refused = { name: 'ValidationException', message: expect.stringContaining('Invalid name.') };
    for (const name of ['two words', 'star*', 'a'.repeat(513)]) {
      await expect(client.send(new DescribeSecretCommand({ SecretId: name }))).rejects.toMatchObject(refused);
      const create = new CreateSecretCommand({ Name: name, SecretString: 'x' });
      await expect(client.send(create)).rejects.toMatchObject(refused);
    }
  });
});

test('the raw API wants a ClientRequestToken, which the SDKs fill in', async () => {
  const url = world.aws.env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '';
  const call = async (operation: string, input: object) => {
    const headers = { 'x-amz-target': `secretsmanager.${operation}` };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
    const { __type, message } = (await answer.json()) as { __type: string; message: string };
    expect(message).toContain('ClientRequestToken');
    return __type;
  };
  expect(await call('CreateSecret', { Name: 'raw', SecretString: 'x' })).toBe('InvalidRequestException');
  expect(await call('PutSecretValue', { SecretId, SecretString: 'x' })).toBe('InvalidRequestException');
  expect(await call('RotateSecret', { SecretId })).toBe('InvalidParameterException');
  expect(labels()).toEqual({ 1: ['AWSCURRENT'] });
});

describe('PutSecretValue', () => {
  test('without stages makes the value current and moves AWSPREVIOUS by itself', async () => {
    expect(await put(2, 'second')).toMatchObject({ VersionId: token(2), VersionStages: ['AWSCURRENT'] });
    expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT'] });
    await put(3, 'third');
    expect(labels()).toEqual({ 1: [], 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] });
  });

  test('stores under AWSPENDING without touching what is current', async () => {
    await put(2, 'second', ['AWSPENDING']);
    expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  });

  test('with AWSCURRENT and AWSPENDING stores and makes current in one call', async () => {
    await put(2, 'pending', ['AWSPENDING']);
    await put(3, 'both', ['AWSCURRENT', 'AWSPENDING']);
    expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: [], 3: ['AWSCURRENT', 'AWSPENDING'] });
  });

  test('with a known token and the same value does nothing, and moves no label either', async () => {
    await put(2, 'second', ['AWSPENDING']);
    const again = await put(2, 'second', ['AWSCURRENT']);
    expect(again).toMatchObject({ VersionId: token(2), VersionStages: ['AWSPENDING'] });
    expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  });

  test('with a known token and another value is refused, also while the version is pending', async () => {
    await put(2, 'second', ['AWSPENDING']);
    for (const n of [1, 2]) {
      await expect(put(n, 'other', ['AWSPENDING'])).rejects.toMatchObject({
        name: 'ResourceExistsException',
        $metadata: { httpStatusCode: 400 },
      });
    }
    expect((await get({ VersionId: token(2) })).SecretString).toBe('second');
  });

  test('takes AWSPENDING from the version that loses AWSCURRENT', async () => {
    await put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
    await put(3, 'third');
    expect(labels()).toEqual({ 1: [], 2: ['AWSPREVIOUS'], 3: ['AWSCURRENT'] });
  });

  test('leaves AWSPENDING on a version that is not current, unless a put is to abandon the rotation', async () => {
    await put(2, 'second', ['AWSPENDING']);
    await put(3, 'third');
    expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: ['AWSPENDING'], 3: ['AWSCURRENT'] });
    world.aws.secretsManager.putAbandonsRotation = true;
    try {
      await put(4, 'fourth');
    } finally {
      world.aws.secretsManager.putAbandonsRotation = false;
    }
    expect(labels()).toEqual({ 1: [], 2: [], 3: ['AWSPREVIOUS'], 4: ['AWSCURRENT'] });
  });

  test('refuses no value, two values, a short or long token and an empty list of stages', async () => {
    const refused = async (input: object, name: string) => {
      const command = new PutSecretValueCommand({ SecretId, ...input });
      await expect(client.send(command)).rejects.toMatchObject({ name });
    };
    await refused({}, 'InvalidRequestException');
    await refused({ SecretString: 'x', SecretBinary: Buffer.from('x') }, 'InvalidParameterException');
    await refused({ SecretString: 'x', ClientRequestToken: 'x'.repeat(31) }, 'InvalidParameterException');
    await refused({ SecretString: 'x', ClientRequestToken: 'x'.repeat(65) }, 'InvalidParameterException');
    await refused({ SecretString: 'x', VersionStages: [] }, 'InvalidParameterException');
    await refused({ SecretString: 'x'.repeat(65_537) }, 'InvalidParameterException');
    await refused({ SecretString: 'x', RotationToken: 'short' }, 'InvalidParameterException');
  });

  test('takes tokens of 32 and 64 characters and a value of 64 KiB', async () => {
    for (const ClientRequestToken of ['x'.repeat(32), 'x'.repeat(64)]) {
      const command = new PutSecretValueCommand({
        SecretId,
        ClientRequestToken,
        SecretString: 'x'.repeat(65_536),
      });
      expect((await client.send(command)).VersionId).toBe(ClientRequestToken);
    }
  });

  test('accepts a RotationToken and the stand-in keeps it for inspection', async () => {
    const RotationToken = '0123456789abcdef0123456789abcdef-0123';
    const versionId = token(900 + secrets);
    const command = new PutSecretValueCommand({
      SecretId,
      SecretString: 'x',
      ClientRequestToken: versionId,
      RotationToken,
    });
    await client.send(command);
    expect(world.aws.secretsManager.rotationTokens).toContainEqual({
      secretArn: arn,
      versionId,
      rotationToken: RotationToken,
    });
  });

  test('keeps a binary value as bytes', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    await client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: token(2), SecretBinary: bytes }),
    );
    const read = await get();
    expect(Buffer.from(read.SecretBinary ?? [])).toEqual(bytes);
    expect(read.SecretString).toBeUndefined();
  });
});

describe('GetSecretValue', () => {
  beforeEach(async () => {
    await put(2, 'second', ['AWSPENDING']);
  });

  test('reads AWSCURRENT by default, another label or a version when asked', async () => {
    expect(await get()).toMatchObject({ VersionId: token(1), SecretString: 'first' });
    expect(await get({ VersionStage: 'AWSPENDING' })).toMatchObject({ SecretString: 'second' });
    expect(await get({ VersionId: token(2) })).toMatchObject({ VersionStages: ['AWSPENDING'] });
  });

  test('after the label moved, reads the new current version without being told the stage', async () => {
    await move('AWSCURRENT', 2, 1);
    expect((await get()).SecretString).toBe('second');
  });

  test('with version and stage wants both to match', async () => {
    expect(await get({ VersionId: token(2), VersionStage: 'AWSPENDING' })).toMatchObject({
      SecretString: 'second',
    });
    await expect(get({ VersionId: token(2), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  test('does not find an unknown version or label, and says which', async () => {
    await expect(get({ VersionId: token(9) })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${token(9)}`,
    });
    await expect(get({ VersionStage: 'NOBODY' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: NOBODY",
    });
  });
});

describe('UpdateSecretVersionStage', () => {
  beforeEach(async () => {
    await put(2, 'second', ['AWSPENDING']);
  });

  test('moves AWSCURRENT and takes AWSPREVIOUS along', async () => {
    await move('AWSCURRENT', 2, 1);
    expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: ['AWSPENDING', 'AWSCURRENT'] });
  });

  test('removes a label', async () => {
    await move('AWSPENDING', undefined, 2);
    expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: [] });
  });

  test('leaves AWSPENDING where AWSCURRENT was, unless it is to follow', async () => {
    const moveBack = async () => {
      await move('AWSCURRENT', 2, 1);
      await move('AWSCURRENT', 1, 2);
      return labels();
    };
    expect(await moveBack()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING', 'AWSPREVIOUS'] });
    world.aws.secretsManager.pendingFollowsCurrent = 'put and move';
    try {
      expect(await moveBack()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPREVIOUS'] });
    } finally {
      world.aws.secretsManager.pendingFollowsCurrent = 'put';
    }
  });

  test('attaches a label that is on no version, and attaches it there again without harm', async () => {
    await move('AUDITED', 2);
    await move('AUDITED', 2);
    expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING', 'AUDITED'] });
  });

  test.each([
    ['an unknown target', 'AWSCURRENT', 9, 1, 'ResourceNotFoundException'],
    ['an unknown source', 'AWSCURRENT', 2, 9, 'ResourceNotFoundException'],
    ['a source that does not hold the label', 'AWSCURRENT', 2, 2, 'InvalidParameterException'],
    ['no source though the label is attached', 'AWSCURRENT', 2, undefined, 'InvalidParameterException'],
    ['AWSCURRENT without a target', 'AWSCURRENT', undefined, 1, 'InvalidParameterException'],
    ['neither source nor target', 'AWSPENDING', undefined, undefined, 'InvalidParameterException'],
  ])('refuses %s and changes nothing', async (_what, label, to, from, name) => {
    await expect(move(label, to, from)).rejects.toMatchObject({ name });
    expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  });
});

describe('DescribeSecret and ListSecretVersionIds', () => {
  test('hide versions without a label unless they are asked for', async () => {
    await put(2, 'second');
    await put(3, 'third');
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described.VersionIdsToStages).toEqual({ [token(2)]: ['AWSPREVIOUS'], [token(3)]: ['AWSCURRENT'] });
    const ids = async (IncludeDeprecated?: boolean) => {
      const command = new ListSecretVersionIdsCommand({
        SecretId,
        ...(IncludeDeprecated !== undefined && { IncludeDeprecated }),
      });
      return (await client.send(command)).Versions?.map(({ VersionId }) => VersionId);
    };
    expect(await ids()).toEqual([token(2), token(3)]);
    expect(await ids(true)).toEqual([token(1), token(2), token(3)]);
  });

  test('leave out what has no value: tags, labels, rotation', async () => {
    await put(2, 'second');
    await put(3, 'third');
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    const absent = ['Tags', 'RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'LastRotatedDate'];
    for (const member of absent) expect(described).not.toHaveProperty(member);
    const command = new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true });
    const [first] = (await client.send(command)).Versions ?? [];
    expect(first).not.toHaveProperty('VersionStages');
    expect(await get({ VersionId: token(1) })).not.toHaveProperty('VersionStages');
    await client.send(new CreateSecretCommand({ Name: `${SecretId}-empty` }));
    const empty = await client.send(new DescribeSecretCommand({ SecretId: `${SecretId}-empty` }));
    expect(empty).not.toHaveProperty('VersionIdsToStages');
  });

  test('list page by page, and refuse a token they did not give', async () => {
    await put(2, 'second');
    const page = (NextToken?: string) =>
      client.send(
        new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1, ...(NextToken && { NextToken }) }),
      );
    const first = await page();
    const second = await page(first.NextToken);
    expect([first.Versions?.length, second.Versions?.length, second.NextToken]).toEqual([1, 1, undefined]);
    await expect(page('99')).rejects.toMatchObject({ name: 'InvalidNextTokenException' });
  });

  test('describe key, description, tags and the moment of the last change by the world’s clock', async () => {
    const Name = `${SecretId}-described`;
    const Tags = [{ Key: 'department', Value: 'field' }];
    const { kms } = world.aws;
    await client.send(
      new CreateSecretCommand({
        Name,
        Description: 'of the field',
        KmsKeyId: kms.keyArn,
        Tags,
        SecretString: '1',
      }),
    );
    const before = await client.send(new DescribeSecretCommand({ SecretId: Name }));
    expect(before).toMatchObject({ Description: 'of the field', KmsKeyId: kms.keyArn, Tags });
    expect(before.RotationEnabled).toBeFalsy();
    world.clock.advance(3_600_000);
    await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: '2' }));
    const after = await client.send(new DescribeSecretCommand({ SecretId: Name }));
    const passedMs = Number(after.LastChangedDate) - Number(before.LastChangedDate);
    expect(passedMs).toBeGreaterThanOrEqual(3_600_000);
  });
});

describe('with stale reads', () => {
  // Longer than the machine can stand still between two calls; the product is tried with 3000.
  const staleForMs = 3_600_000;
  beforeEach(() => {
    world.clock.advance(staleForMs);
    world.aws.secretsManager.staleForMs = staleForMs;
  });
  afterEach(() => {
    world.aws.secretsManager.staleForMs = 0;
  });

  test('reads see the state before a write until world time has passed, and writes see the truth', async () => {
    await put(2, 'second');
    expect((await get()).SecretString).toBe('first');
    await expect(get({ VersionId: token(2) })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(put(2, 'other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    world.clock.advance(staleForMs);
    expect((await get()).SecretString).toBe('second');
  });

  test('shows the one of two writes that is older than the delay', async () => {
    await put(2, 'second');
    world.clock.advance(staleForMs / 2);
    await put(3, 'third');
    world.clock.advance(staleForMs / 2);
    expect((await get()).SecretString).toBe('second');
    world.clock.advance(staleForMs / 2);
    expect((await get()).SecretString).toBe('third');
  });

  test('a new secret is not found at first', async () => {
    const Name = `${SecretId}-new`;
    await client.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    const read = () => client.send(new GetSecretValueCommand({ SecretId: Name }));
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    world.clock.advance(staleForMs);
    expect((await read()).SecretString).toBe('x');
  });
});

test('a disabled KMS key fails the secrets that it encrypts', async () => {
  const { kms } = world.aws;
  const Name = `${SecretId}-encrypted`;
  await client.send(new CreateSecretCommand({ Name, KmsKeyId: kms.keyArn, SecretString: 'x' }));
  kms.disable();
  try {
    await expect(client.send(new GetSecretValueCommand({ SecretId: Name }))).rejects.toMatchObject({
      name: 'DecryptionFailure',
    });
    await expect(
      client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'y' })),
    ).rejects.toMatchObject({ name: 'EncryptionFailure' });
  } finally {
    kms.enable();
  }
});

test('an operation that the stand-in does not know is refused by name', async () => {
  const url = world.aws.env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '';
  const headers = { 'x-amz-target': 'secretsmanager.NoSuchThing' };
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  expect([answer.status, await answer.json()]).toMatchObject([400, { __type: 'UnknownOperationException' }]);
});

test('a request of a wrong shape is refused without an echo of what it held', async () => {
  const command = new PutSecretValueCommand({
    SecretId,
    SecretString: 'k7Marker'.repeat(9000),
  });
  const error = await client.send(command).catch((refused: Error) => refused);
  expect(String(error)).toContain('SecretString');
  expect(String(error)).not.toContain('k7Marker');
});
