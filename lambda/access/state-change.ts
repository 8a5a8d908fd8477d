import { contradiction } from './soap/envelope.ts';
import type { SourceElement } from './soap/xml-source.ts';

/**
 * The operation that changes the state of a line of service. One element in it says how: `Activate`, `Deactivate`, and so
 * on; its type is `ActivateDeviceRequest` (docs/thingspace-api.md, "Devices").
 */
export const STATE_CHANGE = 'ChangeDeviceState';
export const KINDS = ['Activate', 'Deactivate', 'Suspend', 'Restore', 'Reconnect'];
const NAMED = new Map(
  KINDS.flatMap((kind) =>
    ['', 'Device', 'DeviceRequest'].map((end) => [`${kind}${end}`.toLowerCase(), kind] as const),
  ),
);
/** Changes that can be taken back without a fee. Every other one is allowed only by a rule that names it. */
const REVERSIBLE = new Set(['Activate', 'Suspend', 'Restore', 'Reconnect']);

/** Reports whether requests of this operation, in any letter case, are told apart by their kinds. */
export const hasKinds = (operation: string): boolean =>
  operation.toLowerCase() === STATE_CHANGE.toLowerCase();

/** Reports whether a pattern without a kind means this one. `''` is the kind of a request that names none. */
export const isPlain = (kind: string): boolean => REVERSIBLE.has(kind);

/**
 * Returns the kind of a state change, such as `Deactivate`, and `''` when the request names none that is published.
 * Elements are looked for at every depth and in any letter case: none may hide from the policy.
 * @throws Refusal when it names more than one
 */
export function kindIn(payload: SourceElement): string {
  const found: string[] = [];
  const visit = (element: SourceElement): void => {
    for (const child of element.children) {
      const kind = NAMED.get(child.localName.toLowerCase());
      if (kind !== undefined && !child.isAbsent) found.push(kind);
      visit(child);
    }
  };
  visit(payload);
  const [kind = '', ...others] = found;
  if (others.length === 0) return kind;
  throw contradiction(
    `it holds ${found.length} changes of state (${[...new Set(found)].join(', ')}); send each by itself`,
  );
}
