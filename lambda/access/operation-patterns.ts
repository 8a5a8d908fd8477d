import { matchesOperation } from './by-name.ts';
import { matches } from './patterns.ts';
import { hasKinds, isPlain, KINDS, STATE_CHANGE } from './state-change.ts';

/**
 * Reports whether a pattern of a rule gives an operation. A pattern is a name, with `*` for any characters, or a name, a
 * slash, and a kind: `ChangeDeviceState/Suspend`. A name without a kind means the changes that can be taken back, and
 * `*` alone means every change.
 * @param kind of a state change; undefined before the request's body is read, when any kind may still be meant
 */
export function givesOperation(pattern: string, operation: string, kind: string | undefined): boolean {
  const [name = '', ofKind] = pattern.split('/');
  if (!matchesOperation(name, operation)) return false;
  if (!hasKinds(operation)) return ofKind === undefined;
  if (kind === undefined) return true;
  return ofKind === undefined ? pattern === '*' || isPlain(kind) : matches(ofKind, kind);
}

/** Returns what is wrong with the kind in a pattern that can give nothing; undefined when it can. */
export function flawOfKind(pattern: string): string | undefined {
  const [name = '', ofKind] = pattern.split('/');
  if (ofKind === undefined) return undefined;
  if (!matches(name, STATE_CHANGE)) return `only ${STATE_CHANGE} has kinds`;
  return KINDS.some((kind) => matches(ofKind, kind)) ? undefined : `the kinds are ${KINDS.join(', ')}`;
}

/** Returns an operation as rules, denials and the tool write it. */
export const withKind = (operation: string, kind: string | undefined): string =>
  kind === undefined || kind === '' ? operation : `${operation}/${kind}`;
