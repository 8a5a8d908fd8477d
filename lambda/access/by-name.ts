import { matches } from './patterns.ts';

/** Hands out the session itself. Whoever holds it can do everything that the username can, unseen by this function. */
export const GET_SESSION = 'GetSession';

/** The service of a record about the session itself. No address of a SOAP service has this name. */
export const SESSION_SERVICE = '/session';

/** Operations that a rule allows by their exact names alone: a pattern that was written before them never gives them. */
const BY_NAME: readonly string[] = [
  GET_SESSION,
  // It has reports of an account's devices sent to any address.
  'RegisterCallback',
  // Its answer has the names and passwords of the account's callback listeners.
  'GetCallbackRegistrations',
  // The same over REST.
  'POST /m2m/v1/callbacks/{accountName}',
  'GET /m2m/v1/callbacks/{accountName}',
  // A trigger may have reports of an account sent to any e-mail address.
  'POST /m2m/v2/triggers',
  'PUT /m2m/v2/triggers',
];

/** Whatever else ThingSpace may have at these addresses. Taking a listener away hands nothing out. */
const OF_CALLBACKS = /^(?:GET|POST|PUT) \/m2m\/v\d\/callbacks\b/i;
/** A pattern with this word means operations that go by name. */
const HANDS_OUT = /callbacks|triggers/;

/** Returns the operation that goes by name alone, for its name in any letter case. */
const byNameOf = (operation: string): string | undefined =>
  BY_NAME.find((name) => name.toLowerCase() === operation.toLowerCase());

/** Reports whether an operation goes by name alone. */
export const goesByName = (operation: string): boolean =>
  byNameOf(operation) !== undefined || OF_CALLBACKS.test(operation);

/** Reports whether a pattern of a rule gives an operation. */
export const matchesOperation = (pattern: string, operation: string): boolean =>
  goesByName(operation) ? pattern === operation : matches(pattern, operation);

/**
 * Returns the operation that a pattern looks like and does not give: another letter case, or most of the name beside an
 * asterisk. A short pattern such as `Get*` means other operations too.
 */
export function looksLikeByName(pattern: string): string | undefined {
  const lower = pattern.toLowerCase();
  const name = BY_NAME.find((one) => matches(lower, one.toLowerCase()));
  if (name === undefined || pattern === name) return undefined;
  if (name.includes(' ')) return HANDS_OUT.test(lower) ? name : undefined;
  return 2 * pattern.replaceAll('*', '').length > name.length ? name : undefined;
}
