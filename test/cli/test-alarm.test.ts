import { describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit-codes.ts';
import { exitCodeOf } from '../../cli/failure.ts';
import type { AlarmState, Surroundings, TopicAlarm } from '../../cli/surroundings.ts';
import { testAlarm } from '../../cli/test-alarm.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { startDesk } from './desk.ts';

const ALARM: TopicAlarm = { name: 'stack-NotAnnouncedAlarm', state: 'OK', actionsEnabled: true };
const refused = new AwsCallError('cloudwatch:SetAlarmState', {
  name: 'AccessDeniedException',
  $metadata: { httpStatusCode: 400 },
});
const unanswered = new AwsCallError('cloudwatch:SetAlarmState', { name: 'ECONNRESET' });
/** One state cannot be set. */
const failsAt = (state: AlarmState, failure: Error) => async (given: AlarmState) => {
  if (given === state) throw failure;
};

type Answer = (state: AlarmState) => Promise<void>;

/** `set` answers each SetAlarmState. */
function withAlarm({ alarm = ALARM as TopicAlarm | null, set = (async () => undefined) as Answer } = {}) {
  const { desk, terminal } = startDesk();
  const calls: string[] = [];
  const surroundings: Surroundings = {
    ...desk.surroundings,
    publish: async () => {
      calls.push('publish');
      return 'message-1';
    },
    alarmOf: async () => alarm ?? undefined,
    setAlarmState: async (name, state, reason) => {
      calls.push(`${name} ${state}`);
      if (state === 'ALARM') expect(reason).toMatch(/^TEST by "ann": there is no fault/);
      await set(state);
    },
  };
  const run = (options = {}) =>
    testAlarm({ ...desk, surroundings }, { actor: 'ann', ...options }).catch((failure: Error) => failure);
  return { terminal, calls, run };
}

const both = ['publish', `${ALARM.name} ALARM`];

describe('The command test-alarm', () => {
  it('asks first, publishes, and sets CloudWatch’s alarm to ALARM and back', async () => {
    const { terminal, calls, run } = withAlarm();
    expect(await run()).toBeUndefined();
    expect(terminal.asked).toEqual(['Publish it?']);
    expect(calls).toEqual([...both, `${ALARM.name} OK`]);
    expect(terminal.said[1]).toContain('message-1');
  });

  it('says of neither message that it arrived, or that CloudWatch could publish', async () => {
    const { terminal, run } = withAlarm();
    await run();
    expect(terminal.said[1]).toContain('Ask each receiver whether it came');
    expect(terminal.said[2]).toMatch(/does not see whether CloudWatch could publish it\. Ask each receiver/);
    expect(terminal.said.join(' ')).not.toMatch(/arrived|delivered/);
  });

  it('puts the alarm back to INSUFFICIENT_DATA where it came from there', async () => {
    const { calls, run } = withAlarm({ alarm: { ...ALARM, state: 'INSUFFICIENT_DATA' } });
    await run();
    expect(calls.at(-1)).toBe(`${ALARM.name} INSUFFICIENT_DATA`);
  });

  it.each([
    ['no alarm of the topic is found', null, /no alarm on the metric AlarmPublishFailed publishes to arn:/],
    ['its actions are disabled', { ...ALARM, actionsEnabled: false }, /actions .* are disabled/],
    [
      'it is in ALARM already',
      { ...ALARM, state: 'ALARM' as const },
      /is in ALARM already\. The function could not publish/,
    ],
  ])('publishes, sets no alarm and exits with 1 when %s', async (_, alarm, says) => {
    const { calls, run } = withAlarm({ alarm });
    const ended = await run();
    expect(exitCodeOf(ended)).toBe(EXIT.act);
    expect(String(ended)).toMatch(says);
    expect(calls).toEqual(['publish']);
  });

  it('exits with 4 and has nothing to put back when AWS denies the call', async () => {
    const { calls, terminal, run } = withAlarm({ set: failsAt('ALARM', refused) });
    expect(exitCodeOf(await run())).toBe(EXIT.denied);
    expect(calls).toEqual(both);
    expect(terminal.warned).toEqual([]);
    expect(terminal.said).toHaveLength(2);
  });

  it('puts the state back, and exits with 4, when no answer came', async () => {
    const { calls, terminal, run } = withAlarm({ set: failsAt('ALARM', unanswered) });
    expect(exitCodeOf(await run())).toBe(EXIT.denied);
    expect(calls).toEqual([...both, `${ALARM.name} OK`]);
    expect(terminal.warned.join()).toMatch(/was in ALARM is unknown\. It is back in OK\.$/);
    expect(terminal.said).toHaveLength(2);
  });

  it('says that CloudWatch sets the true state when the tool could not', async () => {
    const { terminal, run } = withAlarm({ set: failsAt('OK', unanswered) });
    expect(exitCodeOf(await run())).toBe(EXIT.denied);
    expect(terminal.warned.join()).toMatch(/may be in ALARM by this test.* CloudWatch sets its true state/);
  });

  it('puts the state back before Ctrl-C ends the process', async () => {
    let interrupt: () => unknown = () => undefined;
    let words: unknown;
    const { calls, terminal, run } = withAlarm({
      async set(state) {
        await undefined;
        if (state === 'ALARM') words = interrupt();
      },
    });
    terminal.onInterrupt = (given) => {
      interrupt = given;
      return () => undefined;
    };
    await run();
    expect(await words).toBe(`The alarm ${ALARM.name} is back in OK.`);
    expect(calls).toEqual([...both, `${ALARM.name} OK`]);
  });
});
