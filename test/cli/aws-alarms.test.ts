import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alarmOf, setAlarmState } from '../../cli/aws-alarms.ts';
import { TESTED_METRIC } from '../../cli/test-through-cloudwatch.ts';
import { clientAt } from '../../local/aws/client.ts';
import { type CloudWatchApi, startCloudWatch } from '../../local/aws/cloudwatch.ts';
import { type Sns, startSns } from '../../local/aws/sns.ts';

let sns: Sns;
let cloudWatch: CloudWatchApi;
beforeEach(async () => {
  const clock = { nowMs: () => 0, advance: () => undefined, aheadMs: 0 };
  const place = { clock: clock as never, region: 'us-east-1', accountId: '111122223333' };
  sns = await startSns(place);
  cloudWatch = await startCloudWatch(place, sns);
});
afterEach(() => Promise.all([sns.close(), cloudWatch.close()]));

const found = () => alarmOf(clientAt(cloudWatch.url), sns.topicArn, TESTED_METRIC);
const set = (name: string, state: 'OK' | 'ALARM') =>
  setAlarmState(clientAt(cloudWatch.url), name, state, 'TEST');

describe('The alarm of a topic in CloudWatch', () => {
  it('is found by its metric and its topic', async () => {
    expect(await found()).toEqual({
      name: expect.stringContaining('NotAnnouncedAlarm'),
      state: 'OK',
      actionsEnabled: true,
    });
  });

  it('is not an alarm of another topic whose name begins alike', async () => {
    for (const alarm of cloudWatch.alarms) alarm.AlarmActions = [`${sns.topicArn}-2`];
    expect(await found()).toBeUndefined();
  });

  it('publishes its name and the reason once when it is set to ALARM and back', async () => {
    const { name = '' } = (await found()) ?? {};
    await set(name, 'ALARM');
    expect((await found())?.state).toBe('ALARM');
    await set(name, 'OK');
    expect((await found())?.state).toBe('OK');
    expect(sns.published).toHaveLength(1);
    expect(sns.published[0]?.subject).toContain(`ALARM: "${name}"`);
    expect(sns.published[0]?.message).toContain('TEST');
  });

  it('rejects a name that no alarm has', async () => {
    await expect(set('another', 'ALARM')).rejects.toThrow(
      /cloudwatch:SetAlarmState failed with ResourceNotFound/,
    );
  });
});
