import { expect, test } from 'vitest';
import { alarmsOf } from '../../../local/cloudwatch/alarm.ts';
import { createCloudWatch } from '../../../local/cloudwatch/cloudwatch.ts';
import { embeddedMetrics } from '../../../local/cloudwatch/embedded-metrics.ts';
import { matcherOf } from '../../../local/cloudwatch/filter-pattern.ts';

const line = JSON.stringify({
  _aws: {
    Timestamp: 1_000,
    CloudWatchMetrics: [
      {
        Namespace: 'N',
        Dimensions: [['Service'], ['Service', 'Credential']],
        Metrics: [{ Name: 'Age', Unit: 'None' }],
      },
    ],
  },
  Service: 's',
  Credential: 'c',
  Age: 90.5,
});

test('a line of metrics counts once for each set of dimensions; other lines count for nothing', () => {
  const datapoint = { namespace: 'N', name: 'Age', atMs: 1_000, value: 90.5 };
  expect(embeddedMetrics(line)).toEqual([
    { ...datapoint, dimensions: 'Service=s' },
    { ...datapoint, dimensions: 'Credential=c,Service=s' },
  ]);
  expect(embeddedMetrics('START RequestId')).toEqual([]);
  expect(embeddedMetrics('{"_aws": broken')).toEqual([]);
});

test('a pattern over JSON wants every condition, of alternatives one; a pattern of texts any of them', () => {
  const json = matcherOf('{ $.level = "ERROR" && ($.errorName = "One" || $.errorName = "Other") }');
  const log = (record: object) => JSON.stringify(record);
  expect(json(log({ level: 'ERROR', errorName: 'Other' }))).toBe(true);
  expect(json(log({ level: 'ERROR', errorName: 'Known' }))).toBe(false);
  expect(json(log({ level: 'INFO', errorName: 'Other' }))).toBe(false);
  expect(json('no JSON')).toBe(false);
  const text = matcherOf('?"timed out" ?"exited"');
  expect(text('Task timed out after 900 s')).toBe(true);
  expect(text('all is well')).toBe(false);
  expect(() => matcherOf('[a, b]')).toThrow(/Not modelled/);
});

const topic = { Ref: 'Topic' };
const resources = {
  Late: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Namespace: 'N',
      MetricName: 'Age',
      Dimensions: [{ Name: 'Service', Value: 's' }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
      AlarmActions: [topic],
      AlarmDescription: 'It is late.',
    },
  },
  Both: {
    Type: 'AWS::CloudWatch::CompositeAlarm',
    Properties: {
      AlarmRule: { 'Fn::Join': ['', ['ALARM("', { 'Fn::GetAtt': ['Late', 'Arn'] }, '")']] },
      OKActions: [topic],
    },
  },
};

test('an alarm sends once when its state begins, and only where it has an action', () => {
  const cloudWatch = createCloudWatch(resources, 0);
  // Also the first OK, out of INSUFFICIENT_DATA, is a change.
  expect(cloudWatch.advance(60_000).map(({ alarm, state }) => [alarm, state])).toEqual([['Both', 'OK']]);
  cloudWatch.ingest(line.replace('1000', '60001'), 60_001);
  expect(cloudWatch.advance(300_000)).toEqual([
    { atMs: 120_000, alarm: 'Late', state: 'ALARM', description: 'It is late.' },
  ]);
  expect(cloudWatch.stateOf('Both')).toBe('ALARM');
  cloudWatch.ingest(line.replace('1000', '300001').replace('90.5', '1'), 300_001);
  expect(cloudWatch.advance(360_000).map(({ alarm, state }) => [alarm, state])).toEqual([['Both', 'OK']]);
});

test('metric math that is not modelled is refused', () => {
  const Metrics = [{ Id: 'e', Expression: 'SUM(METRICS())', ReturnData: true }];
  expect(() => alarmsOf({ A: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics } } })).toThrow(
    /Not modelled/,
  );
});
