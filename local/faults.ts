import type { HeadFlaw } from './gateway/flawed-head.ts';
import type { OddAnswer } from './thingspace/rest/odd-answers.ts';

/**
 * The faults of one remote call: one name each, for the gateway, the explorer and the worlds of tests. The text says
 * how an observer sees the fault.
 */
export const FAULTS = {
  'killed-before': 'process killed (SIGKILL) before it was delivered',
  'killed-after': 'took effect; process killed (SIGKILL) before the answer',
  'failed-before': 'not delivered; answered with an error',
  throttled: 'not delivered; throttled',
  denied: 'not delivered; permission denied',
  'request-lost': 'not delivered; connection reset',
  'response-lost': 'took effect; connection reset before a byte came back',
  misreported: 'took effect; answered with an error',
  cut: 'took effect; answer cut off',
  'flawed-head': 'took effect; answered behind a head that breaks HTTP',
  'odd-before': 'not delivered; answered in an odd way',
  'odd-after': 'took effect; answered in an odd way',
  repeated: 'took effect twice; the first answer lost, answered by the second',
  'hung-before': 'not delivered; never answered',
  'hung-after': 'took effect; never answered',
} as const;
export type Fault = keyof typeof FAULTS;

/** An answer that does not come from the service. */
export type Canned = { status: number; headers?: Record<string, string>; body: string };

/** The fate of a call at the gateway; `ok` delivers it. Some faults need more members. */
export type Fate =
  | 'ok'
  | Exclude<Fault, 'failed-before' | 'misreported' | 'cut' | 'flawed-head' | 'odd-before' | 'odd-after'>
  | ({ fault: 'failed-before' } & Canned)
  | ({ fault: 'misreported' } & Canned)
  /** The connection breaks after so many bytes of the answer's body. */
  | { fault: 'cut'; afterBytes: number }
  /** `apart`: the body comes in a packet of its own, after the head. */
  | { fault: 'flawed-head'; flaw: HeadFlaw; apart: boolean }
  /** An answer of the REST API in another form than its own. */
  | { fault: 'odd-before'; odd: OddAnswer }
  | { fault: 'odd-after'; odd: OddAnswer };

export const nameOf = (fate: Fate): Fault | 'ok' => (typeof fate === 'string' ? fate : fate.fault);
