import { contradiction } from '../refusal.ts';
import { KINDS } from '../state-change.ts';
import type { SourceElement } from './xml-source.ts';

const NAMED = new Map(
  KINDS.flatMap((kind) =>
    ['', 'Device', 'DeviceRequest'].map((end) => [`${kind}${end}`.toLowerCase(), kind] as const),
  ),
);

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
