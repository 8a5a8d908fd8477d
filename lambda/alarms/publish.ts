import { PublishCommand, type PublishCommandInput, type SNSClient } from '@aws-sdk/client-sns';
import { type CallClock, systemClock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import type { AlarmEvent } from './event.ts';
import { asciiJson } from './json.ts';
import { type Rendered, render } from './render.ts';
import type { Setting } from './setting.ts';

export interface Alarms {
  /**
   * Announces the event. Never throws and never takes longer than `timeoutMs`: an alarm must not break or
   * delay a rotation. A repetition after a lost answer may arrive twice, with the same `id`.
   */
  publish(event: AlarmEvent, limits: { timeoutMs: number }): Promise<'published' | 'failed'>;
}

export type AlarmOptions = Partial<Setting> & {
  /** A client with `maxAttempts: 1`: the repetitions are counted here, within the time that is left. */
  sns: Pick<SNSClient, 'send'>;
  topicArn: string;
  /** @default 3 */
  maxAttempts?: number;
  clock?: CallClock;
  /** Called once per event that was not announced, to log and measure it; its errors are dropped. */
  onFailure?: (event: AlarmEvent, error: AlarmNotPublishedError) => void;
};

/** SNS did not take the alarm. `cause` is the last attempt's error, where there was an attempt. */
export class AlarmNotPublishedError extends PresentableError {
  override readonly name = 'AlarmNotPublishedError';
}

/** SNS answered nothing within the time that the attempt had. */
export class PublishTimeoutError extends PresentableError {
  override readonly name = 'PublishTimeoutError';
}

const pauseMs = 100;

export function createAlarms(options: AlarmOptions): Alarms {
  const { sns, topicArn, maxAttempts = 3, clock = systemClock, onFailure, ...setting } = options;
  return {
    async publish(event, { timeoutMs }) {
      const endsAt = clock.nowMs() + timeoutMs;
      let cause: Error | undefined;
      let attempts = 0;
      try {
        const input = publishInput(topicArn, render(event, setting));
        while (attempts < maxAttempts && endsAt > clock.nowMs()) {
          // An equal share of what is left: one silent attempt must not use up the time of the others.
          const shareMs = (endsAt - clock.nowMs()) / (maxAttempts - attempts);
          attempts += 1;
          cause = await attempt(sns, input, shareMs, clock);
          if (cause === undefined) return 'published';
          if (isFinal(cause)) break;
          const pause = Math.min(pauseMs * 2 ** (attempts - 1), endsAt - clock.nowMs());
          if (attempts < maxAttempts && pause > 0) await clock.sleep(pause);
        }
      } catch (error) {
        cause = asError(error);
      }
      tell(onFailure, event, notPublished(event, attempts, cause));
      return 'failed';
    },
  };
}

function publishInput(topicArn: string, rendered: Rendered): PublishCommandInput {
  const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
  return {
    TopicArn: topicArn,
    Subject: rendered.subject,
    MessageStructure: 'json',
    Message: asciiJson({ default: rendered.json, email: rendered.email, sms: rendered.sms }),
    MessageAttributes: {
      severity: attribute(rendered.attributes.severity),
      event: attribute(rendered.attributes.event),
      credential: attribute(rendered.attributes.credential),
    },
  };
}

/** Resolves to undefined, or to the error. The clock's timer may outlive it, at most by `timeoutMs`. */
async function attempt(
  sns: Pick<SNSClient, 'send'>,
  input: PublishCommandInput,
  timeoutMs: number,
  clock: CallClock,
): Promise<Error | undefined> {
  const abort = new AbortController();
  const sent = Promise.resolve()
    .then(() => sns.send(new PublishCommand(input), { abortSignal: abort.signal }))
    .then(() => undefined, asError);
  const late = clock
    .timeout(timeoutMs)
    .then(() => new PublishTimeoutError(`SNS did not answer within ${Math.round(timeoutMs)} ms.`));
  const result = await Promise.race([sent, late]);
  if (result instanceof PublishTimeoutError) abort.abort();
  return result;
}

/** A request that SNS refused for good (rights, topic, parameters) is refused again; load and clocks pass. */
function isFinal(error: Error): boolean {
  const isClientFault = '$fault' in error && error.$fault === 'client';
  return isClientFault && !/throttl|toomany|expired|timeout/i.test(error.name);
}

function notPublished(event: AlarmEvent, attempts: number, cause: Error | undefined): AlarmNotPublishedError {
  const why =
    cause === undefined
      ? 'no time was left to send it'
      : `${cause.name} at attempt ${attempts}; check the topic, its key and the right to sns:Publish`;
  return new AlarmNotPublishedError(
    `The alarm ${event.event} was not published: ${why}.`,
    cause === undefined ? undefined : { cause },
  );
}

function tell(onFailure: AlarmOptions['onFailure'], event: AlarmEvent, error: AlarmNotPublishedError): void {
  try {
    onFailure?.(event, error);
  } catch {
    // The caller's log failed as well; the rotation continues.
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('not an Error'));
