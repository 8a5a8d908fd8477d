import { AwsCallError } from '../../lambda/aws-call.ts';
import type { Fault } from '../../local/faults.ts';

/** The fate of one remote call of an invocation; the faults are those of the gateway. */
export type Fate =
  | 'ok'
  | Extract<Fault, 'killed-before' | 'killed-after' | 'failed-before' | 'request-lost' | 'response-lost'>;

type RemoteCall = { index: number; name: string; fate: Fate };

/** Decides the fate of each call; `index` counts from 1 over the world's life. */
export type Plan = (call: { index: number; name: string }) => Fate;

/** As an AWS client throws it; ThingSpace's client turns it into an outcome. */
export class NetworkError extends AwsCallError {
  constructor(whatHappened: string) {
    super(whatHappened, { name: 'TimeoutError' });
  }
}

/** Thrown inside an invocation that was killed while it did something synchronous. */
export class KilledError extends Error {}

/** One run of the function's process: once it is dead, no call of it continues. */
export type Process = { dead: boolean; die: () => void; died: Promise<'killed'> };

export function startProcess(): Process {
  const { promise, resolve } = Promise.withResolvers<'killed'>();
  const process: Process = {
    dead: false,
    die: () => {
      process.dead = true;
      resolve('killed');
    },
    died: promise,
  };
  return process;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Where a test holds calls back, to force an interleaving. */
export type Gate = {
  before?: ((name: string, process: Process) => Promise<void>) | undefined;
  around?: (name: string, phase: 'begin' | 'end') => void;
  /** The operator's act right before and right after a call takes effect. */
  person?: ((index: number, when: 'before' | 'after') => void | Promise<void>) | undefined;
};

/** Records every remote call and lets the plan decide what becomes of it. */
export function createWire(plan: { decide: Plan }, gate: Gate, afterEach: () => void) {
  const calls: RemoteCall[] = [];
  const begin = (name: string): RemoteCall => {
    const index = calls.length + 1;
    const call = { index, name, fate: plan.decide({ index, name }) };
    calls.push(call);
    return call;
  };
  return {
    calls,
    /** A call over the network; `effect` is what it does at the far end. */
    async remote<T>(process: Process, name: string, effect: () => T | Promise<T>): Promise<T> {
      if (process.dead) return never();
      const { fate, index } = begin(name);
      if (fate === 'killed-before') {
        process.die();
        return never();
      }
      // No turn of the event loop where no operator acts: calls that begin together keep their numbers.
      const acting = gate.person?.(index, 'before');
      if (acting) await acting;
      // The answer comes after the caller has continued: others may run in between.
      await gate.before?.(name, process);
      gate.around?.(name, 'begin');
      if (fate === 'request-lost') throw new NetworkError(`${name} got no answer`);
      if (fate === 'failed-before') throw new NetworkError(`${name} did not arrive`);
      let answer: T;
      try {
        answer = await effect();
      } finally {
        afterEach();
      }
      const acted = gate.person?.(index, 'after');
      if (acted) await acted;
      if (fate === 'killed-after') process.die();
      await Promise.resolve();
      gate.around?.(name, 'end');
      if (process.dead) return never();
      if (fate === 'response-lost') throw new NetworkError(`the answer of ${name} was lost`);
      return answer;
    },
    /** Something synchronous that leaves the process (a line on stdout). */
    local(process: Process, name: string, effect: () => void): void {
      if (process.dead) throw new KilledError();
      const { fate } = begin(name);
      // A process that dies before it wrote the first byte of an answer has not received it.
      if (fate === 'killed-before') {
        process.die();
        throw new KilledError();
      }
      if (fate === 'failed-before') throw new Error(`${name}: the pipe is broken`);
      effect();
      if (fate === 'killed-after') {
        process.die();
        throw new KilledError();
      }
    },
  };
}
export type Wire = ReturnType<typeof createWire>;
