// A function that does what its event's token asks for, so that the conductor can be watched at work.
import { writeSync } from 'node:fs';

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
    case 'leave running':
      setInterval(() => {}, 1000);
      return 'done';
    default:
      if (event.Step && process.env.FAIL_STEP === event.Step) throw new Error(`${event.Step} fails`);
      return null;
  }
};
