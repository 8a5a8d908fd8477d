import { givesOperation, withKind } from './operation-patterns.ts';
import { matches, matchesAny, matchesAnyName } from './patterns.ts';
import { withoutRolePath } from './principal.ts';
import { type Conditions, fitsConditions } from './rule-conditions.ts';
import type { Subjects } from './subjects.ts';
import type { UserTokens } from './user-tokens.ts';

/** Patterns are texts in which `*` stands for any number of characters; in names of persons it crosses no separator. */
export type Rule = Conditions & {
  /** The name is shown in records and in faults. */
  name: string;
  /** ARNs of IAM users and roles. */
  principals: readonly string[];
  /** Names of credentials. */
  credentials: readonly string[];
  /**
   * Operations, such as `reads`, `ChangeDeviceState/Suspend` and `POST /m2m/v1/devices/actions/suspend`
   * (`operation-patterns.ts`); those in `by-name.ts` only by
   * their exact names.
   */
  operations: readonly string[];
  /** Services of ThingSpace, such as `DeviceService`. Every one where it is left out. */
  services?: readonly string[] | undefined;
  /** Application users. With it, the rule is only for requests on behalf of one of these. */
  users?: readonly string[] | undefined;
  /** Groups of users. With it, the rule is only for users whose tokens name one of these groups. */
  personGroups?: readonly string[] | undefined;
  /** Persons. With it, the rule is only for callers whose session names one of these (`personsBySessionName`). */
  persons?: readonly string[] | undefined;
};

export type Policy = {
  rules: readonly Rule[];
  /** ARNs of the principals that may name the user for whom they act. */
  speakers: readonly string[];
  /** The function denies no request because no rule allows it, and records which rule would deny it (`observe.ts`). */
  observeOnly?: boolean | undefined;
  /** Without it, no token proves a user. */
  userTokens?: UserTokens | undefined;
  /**
   * ARNs of the roles whose sessions name their persons truly. The roles of IAM Identity Center where it is left out
   * (`person.ts`).
   */
  personsBySessionName?: readonly string[] | undefined;
};

/** The parts of a request's body that a policy decides on. */
export type Content = {
  subjects: Subjects;
  /** The kind of a state change; empty for every other request. */
  kind: string;
  /** The selectors that ThingSpace certainly reads, as `ownSelectors` gives them. */
  own: readonly string[];
};

/** The request that the policy decides on. */
export type Asked = {
  /** As `principalOf` gives it. */
  principal: string;
  /** The application user, where a speaker named one. */
  user: string | undefined;
  /** The user's groups, where a token names them. */
  personGroups?: readonly string[] | undefined;
  /** The person that the caller's session names, where the policy trusts it. */
  person?: string | undefined;
  credential: string;
  service: string;
  operation: string;
  /** Whether the operation only reads. */
  reads?: boolean | undefined;
  /** Undefined before the body is read: a rule that may still give the request does. */
  content: Content | undefined;
};

export type Decision = { allowed: true; rule: string } | { allowed: false; rule: string; why: string };

/** The rules that are not configured, by the names under which faults and records show them. */
const NEVER_FORWARDED = 'never-forwarded';
export const DENIED_BY_DEFAULT = 'denied-by-default';
export const SPEAKS_FOR_OTHERS = 'speaks-for-others';

/**
 * Reports whether an operation is about sessions or passwords: only the functions use those, and no policy allows them.
 */
export const isNeverForwarded = (service: string, operation: string): boolean =>
  /^session(?:service)?$/i.test(service) || /password|oauth|(?:^|\/)log(?:in|out)(?:$|\/)/i.test(operation);

/** Reports whether every operation that a pattern matches is never forwarded. */
export const allowsNothing = (pattern: string): boolean =>
  pattern.split('*').some((part) => /password|oauth|\/session(?:\/|$)/i.test(part)) ||
  /(?:^|\/)log(?:in|out)$/i.test(pattern);

export const maySpeak = ({ speakers }: Policy, principal: string): boolean =>
  speakers.some((pattern) => matches(withoutRolePath(pattern), principal));

/** Reports whether a principal names its users by tokens alone. */
export const bringsTokens = ({ userTokens }: Policy, principal: string): boolean =>
  userTokens !== undefined && matchesAny(userTokens.speakers.map(withoutRolePath), principal);

/** Decides on a request: it is denied unless a rule allows it. */
export function decide({ rules }: Policy, asked: Asked): Decision {
  const { principal, user, person, credential, service, operation, content } = asked;
  if (isNeverForwarded(service, operation)) {
    const why = `${operation} of ${service} is about sessions or passwords, which this function keeps to itself`;
    return { allowed: false, rule: NEVER_FORWARDED, why };
  }
  const rule = rules.find((one) => missOf(one, asked) === undefined);
  if (rule) return { allowed: true, rule: rule.name };
  const name = user ?? person;
  const who = name === undefined ? principal : `${name} (through ${principal})`;
  const why = `no rule lets ${who} call ${withKind(operation, content?.kind)} with ${credential}`;
  return { allowed: false, rule: DENIED_BY_DEFAULT, why };
}

/** The parts of a rule that a request can fail, in the order in which they are looked at. */
export type Miss =
  | 'principals'
  | 'credentials'
  | 'services'
  | 'operations'
  | 'users'
  | 'personGroups'
  | 'persons'
  | 'content';

/** Returns the first part of a rule that a request fails; undefined when the rule gives the request. */
export function missOf(rule: Rule, asked: Asked): Miss | undefined {
  const { principal, user, person, credential, service, operation, reads, content } = asked;
  const { principals, credentials, operations, services, users, personGroups, persons } = rule;
  if (!matchesAny(principals.map(withoutRolePath), principal)) return 'principals';
  if (!matchesAny(credentials, credential)) return 'credentials';
  if (services !== undefined && !matchesAny(services, service)) return 'services';
  if (!operations.some((pattern) => givesOperation(pattern, { operation, kind: content?.kind, reads })))
    return 'operations';
  if (users !== undefined && (user === undefined || !matchesAnyName(users, user))) return 'users';
  if (
    personGroups !== undefined &&
    !asked.personGroups?.some((group) => matchesAnyName(personGroups, group))
  ) {
    return 'personGroups';
  }
  if (persons !== undefined && (person === undefined || !matchesAnyName(persons, person))) return 'persons';
  return fitsConditions(rule, content) ? undefined : 'content';
}
