// A function that does what its event's token asks for, so that the conductor can be watched at work.
import { writeSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HOUR_MS = 3_600_000;

/** In which order a sleep and something else end. */
const order = async (...named) => {
  const ended = [];
  await Promise.all(named.map(([name, promise]) => promise.then(() => ended.push(name))));
  return ended;
};

const answerOf = (url) =>
  new Promise((resolve, reject) => {
    get(url, (response) => response.resume().on('end', resolve)).on('error', reject);
  });

export const handler = async (event, context) => {
  const does = event.ClientRequestToken ?? event.does ?? 'recover';
  console.log(JSON.stringify({ does, step: event.Step ?? null, recover: event.Recover ?? null }));
  switch (does) {
    case 'environment':
      return process.env;
    case 'context': {
      const { functionName, awsRequestId, logGroupName } = context;
      return { functionName, awsRequestId, logGroupName, remainingMs: context.getRemainingTimeInMillis() };
    }
    case 'process':
      return process.pid;
    case 'two streams':
      writeSync(1, 'out one\nout two\n');
      console.error('err one');
      writeSync(1, 'not ended by a line feed');
      return;
    case 'throw': {
      const error = new RangeError('It went wrong.');
      error.name = 'NamedError';
      throw error;
    }
    case 'throw late':
      setImmediate(() => {
        throw new TypeError('Nobody caught this.');
      });
      return new Promise(() => {});
    case 'exit':
      return process.exit(7);
    case 'hang':
      return new Promise(() => setInterval(() => {}, 1000));
    case 'sleep': {
      const startedAtMs = performance.now();
      const before = context.getRemainingTimeInMillis();
      await sleep(event.ms ?? HOUR_MS);
      return {
        sleptMs: performance.now() - startedAtMs,
        usedMs: before - context.getRemainingTimeInMillis(),
      };
    }
    case 'sleep beside a timer':
      return order(['slept', sleep(HOUR_MS)], ['timer', new Promise((resolve) => setTimeout(resolve, 50))]);
    case 'sleep beside a request':
      return order(['slept', sleep(HOUR_MS)], ['answer', answerOf(event.url)]);
    case 'sleep twice':
      return order(['long', sleep(2 * HOUR_MS)], ['short', sleep(HOUR_MS)]);
    case 'work':
      return new Promise((resolve) => setTimeout(resolve, 200));
    case 'leave running':
      setInterval(() => {}, 1000);
      return 'done';
    default:
      if (event.Step && process.env.FAIL_STEP === event.Step) throw new Error(`${event.Step} fails`);
      return null;
  }
};
