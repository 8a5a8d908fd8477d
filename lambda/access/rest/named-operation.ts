import { notSent } from '../refusal.ts';
import { NAMES, recordable } from '../subjects.ts';
import { OPERATIONS } from './operations.ts';

/** An operation as rules and records name it. */
export type Named = {
  operation: string;
  /** The first part of the path behind the version: `devices`. */
  service: string;
  /** Whether it only reads. An operation that is not described may do anything. */
  reads: boolean;
  /** The account and the group in the path, as `Subjects` has them. */
  groups: string[];
};

const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);
/** No dots: servers may take `deactivate.json` for `deactivate`. */
const PATH = /^\/m2m\/v[12](?:\/[\w-]+)+$/;
const MAX_PATH_CHARS = 200;
const PARAMETER = /^\{(\w+)\}$/;
/** Parameters of a path that are selectors; the others (a request, a trigger) select no device. */
const SELECTORS = new Set(['accountName', 'groupName']);

/** The paths of the description, each once; those with more fixed parts come first. */
const TEMPLATES: readonly string[][] = [
  ...new Set([...OPERATIONS.keys()].map((name) => name.split(' ')[1] ?? '')),
]
  .map((path) => path.split('/'))
  .sort((one, other) => parametersIn(one) - parametersIn(other));

function parametersIn(parts: readonly string[]): number {
  return parts.filter((part) => PARAMETER.test(part)).length;
}

/**
 * Returns the operation of a method and a path. A path that the description does not have stands for itself. Every
 * character of a path is itself: none is encoded, so that a proxy has nothing to decode.
 * @throws Refusal
 */
export function namedOperation(method: string, path: string): Named {
  if (!METHODS.has(method)) throw notSent('its method is not GET, POST, PUT or DELETE');
  if (path.length > MAX_PATH_CHARS || !PATH.test(path)) {
    throw notSent(
      'its address is not /<credential>/m2m/v1/… (or v2) with letters, digits, - and _ alone between the slashes',
    );
  }
  const parts = path.split('/');
  const template = TEMPLATES.find((one) => fits(one, parts, (written, fixed) => written === fixed));
  if (!template && TEMPLATES.some((one) => fits(one, parts, isSameInAnyCase))) {
    throw notSent('its address is one of ThingSpace’s in other capital or small letters');
  }
  const service = parts[3] ?? '';
  if (!template) return { operation: `${method} ${path}`, service, reads: false, groups: [] };
  const groups = template.flatMap((part, at) => {
    const [, name = ''] = PARAMETER.exec(part) ?? [];
    return SELECTORS.has(name) ? [`${name} ${recordable(parts[at] ?? '', NAMES.group)}`] : [];
  });
  const operation = `${method} ${template.join('/')}`;
  return { operation, service, reads: OPERATIONS.get(operation)?.reads === true, groups };
}

const isSameInAnyCase = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const fits = (
  template: readonly string[],
  parts: readonly string[],
  isSame: (written: string, fixed: string) => boolean,
): boolean =>
  template.length === parts.length &&
  template.every((part, at) => PARAMETER.test(part) || isSame(parts[at] ?? '', part));
