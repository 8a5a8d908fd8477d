import type { Transport } from '../thingspace/api.ts';
import { GET_SESSION, goesByName, matchesOperation } from './by-name.ts';
import { matches } from './patterns.ts';
import { hasKinds, isPlain, KINDS, STATE_CHANGE } from './state-change.ts';

/** Every operation that only reads, over both APIs, except those that go by name. */
const READS = 'reads';

/** An operation of REST has its method before its path, and so has a pattern of one. */
export const isOfRest = (operation: string): boolean => / \//.test(operation);

/** A change that may cost a fee, or cannot be taken back; the state that `gotostate` leads to may be such a one. */
const FINAL = /\/(?:deactivate|delete|gotostate)$/i;

/** A change of this kind is given by its own last word, or by `*` alone: `…/actions/*` does not mean it. */
function givesOfRest(pattern: string, operation: string): boolean {
  if (pattern !== '*' && !isOfRest(pattern)) return false;
  if (!matchesOperation(pattern, operation)) return false;
  const [last = ''] = pattern.split('/').slice(-1);
  return pattern === '*' || !FINAL.test(operation) || !last.includes('*');
}

/**
 * Reports whether a pattern of a rule gives an operation. A pattern is `reads`, or a name, with `*` for any characters, or
 * over SOAP a name, a slash, and a kind: `ChangeDeviceState/Suspend`. A name without a kind means the changes that can
 * be taken back, and `*` alone means every change.
 * `kind` is that of a state change; undefined before the request's body is read, when any kind may still be meant
 */
export function givesOperation(
  pattern: string,
  {
    operation,
    kind,
    reads = false,
  }: { operation: string; kind: string | undefined; reads?: boolean | undefined },
): boolean {
  if (pattern === READS) return reads && !goesByName(operation);
  if (isOfRest(operation)) return givesOfRest(pattern, operation);
  const [name = '', ofKind] = pattern.split('/');
  if (!matchesOperation(name, operation)) return false;
  if (!hasKinds(operation)) return ofKind === undefined;
  if (kind === undefined) return true;
  return ofKind === undefined ? pattern === '*' || isPlain(kind) : matches(ofKind, kind);
}

/** Reports whether a pattern can give an operation of this API. The session goes by one name over both. */
export const mayGive = (pattern: string, transport: Transport): boolean =>
  /^(?:\*+|reads)$/.test(pattern) || pattern === GET_SESSION || isOfRest(pattern) === (transport === 'rest');

/** Returns what is wrong with the kind in a pattern that can give nothing; undefined when it can. */
export function flawOfKind(pattern: string): string | undefined {
  const [name = '', ofKind] = pattern.split('/');
  if (ofKind === undefined || isOfRest(pattern)) return undefined;
  if (!matches(name, STATE_CHANGE)) return `only ${STATE_CHANGE} has kinds`;
  return KINDS.some((kind) => matches(ofKind, kind)) ? undefined : `the kinds are ${KINDS.join(', ')}`;
}

/** Returns an operation as rules, denials and the tool write it. */
export const withKind = (operation: string, kind: string | undefined): string =>
  kind === undefined || kind === '' ? operation : `${operation}/${kind}`;
