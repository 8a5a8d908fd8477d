import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { awsError } from '../../../local/gateway/protocols.ts';
import { startWorld, type World } from '../aws/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
afterEach(() => {
  world.gateway.decide = () => 'ok';
});

/** One harmless call of each service. */
const callOf: Record<string, () => Promise<unknown>> = {
  secretsmanager: () => new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: 'x' })),
  kms: () => new KMSClient().send(new DescribeKeyCommand({ KeyId: 'x' })),
  sns: () => new SNSClient().send(new PublishCommand({ TopicArn: 'x', Message: 'x' })),
  dynamodb: () =>
    new DynamoDBClient().send(
      new GetItemCommand({ TableName: 'ledger', Key: { credential: { S: 'x' }, item: { S: 'x' } } }),
    ),
  logs: () => new CloudWatchLogsClient().send(new FilterLogEventsCommand({ logGroupName: 'x' })),
};
const failingWith = (name: string, status?: number) => {
  world.gateway.decide = ({ service }) => ({
    fault: 'failed-before',
    ...awsError(service, name, 'said <so> & "quoted"', status),
  });
};
function countBy(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test.each([
  ['secretsmanager', 'GetSecretValue', { SecretId: 'x' }],
  ['kms', 'DescribeKey', { KeyId: 'x' }],
  ['sns', 'Publish', { TopicArn: 'x' }],
  ['dynamodb', 'GetItem', { TableName: 'ledger' }],
  ['logs', 'FilterLogEvents', { logGroupName: 'x' }],
])('calls of %s are recorded as %s with harmless facts', async (service, operation, detail) => {
  await callOf[service]?.().catch(() => {});
  expect(world.gateway.calls.at(-1)).toMatchObject({ service, operation, detail, fate: 'ok' });
});

test.each([
  ['secretsmanager', 'InternalServiceError', 'InternalServiceError'],
  ['kms', 'KMSInternalException', 'KMSInternalException'],
  ['sns', 'AuthorizationErrorException', 'AuthorizationError'],
  ['dynamodb', 'ResourceNotFoundException', 'ResourceNotFoundException'],
  ['logs', 'ServiceUnavailableException', 'ServiceUnavailableException'],
])('an exception of %s arrives in the SDK as a %s', async (service, name, recorded) => {
  failingWith(name);
  await expect(callOf[service]?.()).rejects.toMatchObject({ name, message: 'said <so> & "quoted"' });
  expect(world.gateway.calls.at(-1)).toMatchObject({ errorName: recorded, httpStatus: 400 });
});

test('the SDK repeats a call of a throttled service, but not of one that denies', async () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
  const callsWith = async (name: string) => {
    failingWith(name);
    const before = world.gateway.calls.length;
    const answers = await Promise.allSettled(Object.values(callOf).map((call) => call()));
    expect(answers.map(({ status }) => status)).toEqual(Object.keys(callOf).fill('rejected'));
    return countBy(world.gateway.calls.slice(before).map(({ service }) => service));
  };
  const each = (times: number) => Object.fromEntries(Object.keys(callOf).map((service) => [service, times]));
  expect(await callsWith('ThrottlingException')).toEqual(each(2));
  expect(await callsWith('AccessDeniedException')).toEqual(each(1));
});

test('made-up answers of DynamoDB carry the world’s time, those of the others the machine’s', async () => {
  world.clock.advance(3 * 3_600_000);
  world.gateway.decide = () => ({ fault: 'failed-before', status: 400, body: '{}' });
  const hoursAhead = async (url: string | undefined) => {
    const answer = await fetch(String(url), { method: 'POST', body: '{}' });
    const aheadMs = Date.parse(String(answer.headers.get('date'))) - Date.now();
    return (aheadMs / 3_600_000).toFixed(0).replace('-0', '0');
  };
  expect(await hoursAhead(world.aws.env.AWS_ENDPOINT_URL_DYNAMODB)).toBe('3');
  expect(await hoursAhead(world.aws.env.AWS_ENDPOINT_URL_KMS)).toBe('0');
});
