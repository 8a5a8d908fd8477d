import { expect, it } from 'vitest';
import { explanationOf } from '../../cli/explain.ts';
import { widgets } from '../../infra/dashboard-page.ts';
import { situations } from '../../lambda/situations/all.ts';
import { configWith, synthesize } from './synthesize.ts';

const arn = 'arn:aws:iam::123456789012:role/operations';
const rule = { name: 'operations', principals: [arn], credentials: ['fleet'], operations: ['Get*'] };
const { resources } = synthesize(configWith({ access: { rules: [rule], speakers: [arn] } }));
const alarms = Object.entries(resources).filter(([, { Type }]) => /^AWS::CloudWatch::\w*Alarm$/.test(Type));

it.each(alarms)(
  'explains the alarm %s by its name, its description, and its message',
  (name, { Properties }) => {
    const [, id = ''] = /^(?:Service|Access)(\w+Alarm)/.exec(name) ?? [];
    const { AlarmDescription } = Properties;
    const message = {
      AlarmName: `ThingSpaceRotation-${name}-5E6F`,
      AlarmDescription,
      Trigger: { MetricName: 'Errors' },
    };
    expect(situations[id]).toBeDefined();
    for (const shown of [name, AlarmDescription, JSON.stringify(message)]) {
      expect(explanationOf(shown)?.situation, shown).toBe(situations[id]);
    }
  },
);

const measured = [...JSON.stringify(resources).matchAll(/"MetricName":"(\w+)"/g)].map(
  ([, name = '']) => name,
);
const drawn = widgets().flatMap(({ properties }) => (properties.metrics ?? []).map(([, name]) => `${name}`));

it.each([...new Set([...measured, ...drawn, 'AccessDenied', 'AccessFailed'])])(
  'explains the metric %s',
  (name) => {
    const own = [...new Set(Object.values(situations))].filter(({ names = [] }) => names.includes(name));
    expect(own).toHaveLength(1);
    expect(explanationOf(name)?.situation).toBe(own[0]);
  },
);
