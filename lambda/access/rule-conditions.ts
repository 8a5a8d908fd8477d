import { matchesAny } from './patterns.ts';
import type { Subjects } from './subjects.ts';

/** Conditions of a rule on the request's body. */
export type Conditions = {
  /** Names of accounts. With it, the rule is only for requests that name accounts, all of them among these. */
  accounts?: readonly string[] | undefined;
  /** Names of device groups, likewise. A name is unique in its account alone. */
  groups?: readonly string[] | undefined;
};

const ACCOUNT = /^account/i;
const GROUP = /group/i;

/**
 * Reports whether a request fits the conditions of a rule. A request that names a device fits none: the documentation
 * does not say whether an account or a group beside a list of devices restricts it.
 * @param content undefined before the body is read, when the conditions may still be met
 */
export function fitsConditions({ accounts, groups }: Conditions, content: Named | undefined): boolean {
  if (content === undefined || (accounts === undefined && groups === undefined)) return true;
  if (content.subjects.devices.length > 0) return false;
  return areOnly(accounts, content, ACCOUNT) && areOnly(groups, content, GROUP);
}

/** `own`: the selectors that ThingSpace certainly reads. One of them must restrict the request. */
type Named = { subjects: Subjects; own: readonly string[] };

const areOnly = (
  patterns: readonly string[] | undefined,
  { subjects, own }: Named,
  element: RegExp,
): boolean =>
  patterns === undefined ||
  (own.some((localName) => element.test(localName)) &&
    namesIn(subjects, element).every((name) => matchesAny(patterns, name)));

/** The name of an element stands before the first blank. */
const namesIn = ({ groups }: Subjects, element: RegExp): string[] =>
  groups
    .map((group) => [group.slice(0, group.indexOf(' ')), group.slice(group.indexOf(' ') + 1)] as const)
    .filter(([localName]) => element.test(localName))
    .map(([, name]) => name);
