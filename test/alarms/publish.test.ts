import type { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { type AlarmOptions, createAlarms } from '../../lambda/alarms/publish.ts';
import { render } from '../../lambda/alarms/render.ts';
import type { CallClock } from '../../lambda/clock.ts';
import { arbitraryEvent } from './arbitrary-event.ts';
import { examples } from './examples.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms';
const event = examples[0]?.event as AlarmEvent;

/** Time stands still until everybody waits; then it jumps to the next one who is due. */
function fakeClock() {
  let nowMs = 1000;
  const sleepers: { at: number; wake: () => void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((wake) => {
      sleepers.push({ at: nowMs + ms, wake });
      sleepers.sort((one, other) => one.at - other.at);
    });
  const clock: CallClock = { nowMs: () => nowMs, sleep, timeout: sleep };
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    while (!done) {
      // A full turn of the event loop: everything that can go on without time passing has gone on.
      await new Promise((resolve) => setImmediate(resolve));
      const next = done ? undefined : sleepers.shift();
      if (next !== undefined) {
        nowMs = Math.max(nowMs, next.at);
        next.wake();
      }
    }
    return finished;
  };
  return { clock, run, elapsedMs: () => nowMs - 1000 };
}

type Answer = Error | 'taken' | 'silence';

/** An SNS client that gives these answers, the last one for ever, and keeps the commands and signals. */
function fakeSns(...answers: Answer[]) {
  const sent: PublishCommand['input'][] = [];
  const signals: AbortSignal[] = [];
  const send = (command: PublishCommand, { abortSignal }: { abortSignal: AbortSignal }) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push(command.input);
    signals.push(abortSignal);
    if (answer === 'silence') return new Promise(() => {});
    return answer === 'taken' ? Promise.resolve({ MessageId: 'm-1' }) : Promise.reject(answer);
  };
  return { sns: { send } as unknown as Pick<SNSClient, 'send'>, sent, signals };
}

const fault = (name: string, side: 'client' | 'server') =>
  Object.assign(new Error('from SNS'), { name, $fault: side });

async function publishing(answers: Answer[], options: Partial<AlarmOptions> = {}, timeoutMs = 3000) {
  const world = { ...fakeClock(), ...fakeSns(...answers) };
  const failures: Error[] = [];
  const alarms = createAlarms({
    sns: world.sns,
    topicArn,
    clock: world.clock,
    onFailure: (_event, error) => failures.push(error),
    ...options,
  });
  const outcome = await world.run(alarms.publish(event, { timeoutMs }));
  return { ...world, outcome, failures };
}

describe('Publishing an alarm', () => {
  it('sends one message with a text per kind of receiver and attributes to filter on', async () => {
    const { sent, outcome, failures } = await publishing(['taken']);
    const { email, sms, json, subject } = render(event);

    expect(outcome).toBe('published');
    expect(failures).toEqual([]);
    expect(sent).toEqual([
      {
        TopicArn: topicArn,
        Subject: subject,
        MessageStructure: 'json',
        Message: expect.any(String),
        MessageAttributes: {
          severity: { DataType: 'String', StringValue: 'critical' },
          event: { DataType: 'String', StringValue: 'failed-log-in' },
          credential: { DataType: 'String', StringValue: 'acme-uws' },
        },
      },
    ]);
    expect(JSON.parse(sent[0]?.Message ?? '')).toEqual({ default: json, email, sms });
  });

  it('renders with the runbook and the support contact of its options', async () => {
    const { sent } = await publishing(['taken'], {
      runbookUrl: 'https://wiki.example/r',
      supportContact: 'Ann',
    });
    const { email } = JSON.parse(sent[0]?.Message ?? '');
    expect(email).toContain('https://wiki.example/r#failed-log-in');
    expect(email).toContain('Support (Ann)');
  });

  it('sends the same message again after a throttle and a server fault', async () => {
    const { sent, outcome, failures } = await publishing([
      fault('ThrottledException', 'client'),
      fault('InternalErrorException', 'server'),
      'taken',
    ]);
    expect(outcome).toBe('published');
    expect(failures).toEqual([]);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((input) => input.Message)).size).toBe(1);
  });

  it('aborts an attempt that is not answered and leaves time for the others', async () => {
    const { sent, signals, outcome, elapsedMs } = await publishing(['silence', 'taken'], {}, 3000);
    expect(outcome).toBe('published');
    expect(sent).toHaveLength(2);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    expect(elapsedMs()).toBe(1100); // a third of the time, and a pause of 100 ms
  });

  it('stops after the last attempt, and reports the cause once', async () => {
    const last = fault('InternalErrorException', 'server');
    const { sent, outcome, failures } = await publishing([last], { maxAttempts: 4 });
    expect(outcome).toBe('failed');
    expect(sent).toHaveLength(4);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ name: 'AlarmNotPublishedError', cause: last });
    expect(failures[0]?.message).toContain('InternalErrorException at attempt 4');
  });

  it.each(['AuthorizationErrorException', 'NotFoundException', 'InvalidParameterException'])(
    'does not repeat a message that SNS rejects for good (%s)',
    async (name) => {
      const { sent, outcome, failures } = await publishing([fault(name, 'client')]);
      expect([outcome, sent.length, failures.length]).toEqual(['failed', 1, 1]);
    },
  );

  it('takes no longer than its time when SNS is silent', async () => {
    const { sent, outcome, elapsedMs, signals, failures } = await publishing(['silence'], {}, 3000);
    expect(outcome).toBe('failed');
    expect(sent).toHaveLength(3);
    expect(elapsedMs()).toBe(3000);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
    expect(failures[0]?.cause).toMatchObject({ name: 'PublishTimeoutError' });
  });

  it.each([0, -5])('sends nothing when %i ms are left', async (timeoutMs) => {
    const { sent, outcome, failures } = await publishing(['taken'], {}, timeoutMs);
    expect([outcome, sent.length]).toEqual(['failed', 0]);
    expect(failures[0]?.message).toContain('no time was left');
  });

  it('waits for an answer by a timeout, never by a sleep', async () => {
    const { clock } = fakeClock();
    const answered = Promise.withResolvers<void>();
    setImmediate(answered.resolve);
    const sns = { send: () => answered.promise } as unknown as Pick<SNSClient, 'send'>;
    const alarms = createAlarms({ sns, topicArn, clock: { ...clock, sleep: async () => undefined } });
    await expect(alarms.publish(event, { timeoutMs: 1000 })).resolves.toBe('published');
  });

  it('does not throw when the client or the failure callback throws', async () => {
    const clock = fakeClock();
    const send = () => {
      throw new TypeError('no region');
    };
    const alarms = createAlarms({
      sns: { send } as unknown as Pick<SNSClient, 'send'>,
      topicArn,
      clock: clock.clock,
      onFailure: () => {
        throw new Error('the log is full');
      },
    });
    await expect(clock.run(alarms.publish(event, { timeoutMs: 1000 }))).resolves.toBe('failed');
  });

  it('keeps every request below 256 KiB, in characters that SNS accepts', async () => {
    const world = fakeSns('taken');
    const { clock } = fakeClock();
    const alarms = createAlarms({ sns: world.sns, topicArn, clock });
    await fc.assert(
      fc.asyncProperty(arbitraryEvent, async (anyEvent) => {
        expect(await alarms.publish(anyEvent, { timeoutMs: 1000 })).toBe('published');
        const { Message = '', MessageAttributes } = world.sent.at(-1) ?? {};
        expect(Message.length + JSON.stringify(MessageAttributes).length).toBeLessThan(262_144);
        expect(Message).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 300 },
    );
  });
});
