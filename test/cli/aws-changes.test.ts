import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesReader } from '../../cli/aws-changes.ts';
import { FUNCTION_KEY } from '../../local/aws/access-keys.ts';
import { clientAt } from '../../local/aws/client.ts';
import { type CloudTrail, startCloudTrail } from '../../local/aws/cloudtrail.ts';

const NAME = 'thingspace/fleet';
const ARN = `arn:aws:secretsmanager:us-east-1:111122223333:secret:${NAME}-AbC123`;
const START_MS = Date.UTC(2026, 0, 5, 3);

let trail: CloudTrail;
let nowMs: number;
beforeEach(async () => {
  nowMs = START_MS;
  const clock = { nowMs: () => nowMs, advance: () => undefined, aheadMs: 0 };
  trail = await startCloudTrail({ clock: clock as never, region: 'us-east-1', accountId: '111122223333' });
});
afterEach(() => trail.close());

const note = (name: string, SecretId = ARN, ClientRequestToken = 'version-1') =>
  trail.note({ name, input: { SecretId, ClientRequestToken }, accessKey: FUNCTION_KEY, userAgent: '' });
const found = (sinceMs = START_MS) => changesReader(clientAt(trail.url))({ arn: ARN, name: NAME }, sinceMs);

describe('The changes of a secret in CloudTrail', () => {
  it('are those that named it by ARN, by a part of the ARN, or by name, and no other secret’s', async () => {
    for (const named of [ARN, ARN.slice(0, -7), NAME, `${NAME}-2`, ARN.replace('fleet', 'other')]) {
      note('PutSecretValue', named, named);
    }
    expect((await found()).map(({ versionId }) => versionId)).toEqual([ARN, ARN.slice(0, -7), NAME]);
  });

  it('stand in the order of a rotation within one second, and of their times else', async () => {
    note('RotateSecret');
    note('PutSecretValue', ARN, 'first');
    note('PutSecretValue', ARN, 'second');
    note('UpdateSecretVersionStage');
    nowMs += 1_000;
    note('CancelRotateSecret');
    expect((await found()).map(({ what, versionId }) => `${what} ${versionId}`)).toEqual([
      'RotateSecret version-1',
      'PutSecretValue first',
      'PutSecretValue second',
      'UpdateSecretVersionStage version-1',
      'CancelRotateSecret version-1',
    ]);
  });

  it('are looked up once for many secrets', async () => {
    const read = changesReader(clientAt(trail.url));
    note('PutSecretValue');
    const [one, other] = [
      { arn: ARN, name: NAME },
      { arn: ARN.replace('fleet', 'other'), name: 'thingspace/other' },
    ];
    expect(await Promise.all([read(one, START_MS), read(other, START_MS)])).toMatchObject([
      [{ what: 'PutSecretValue' }],
      [],
    ]);
    // CloudTrail is gone, and nothing is asked again.
    await trail.close();
    expect(await read(one, START_MS)).toHaveLength(1);
  });

  it('are none before the time that is asked for', async () => {
    note('PutSecretValue');
    expect(await found(START_MS + 1_000)).toEqual([]);
  });
});
