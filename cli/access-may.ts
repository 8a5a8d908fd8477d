import { passesObserved } from '../lambda/access/observe.ts';
import { isOfRest } from '../lambda/access/operation-patterns.ts';
import { personOf } from '../lambda/access/person.ts';
import {
  type Asked,
  bringsTokens,
  decide,
  type Miss,
  maySpeak,
  missOf,
  type Policy,
  type Rule,
  SPEAKS_FOR_OTHERS,
} from '../lambda/access/policy.ts';
import { principalOf } from '../lambda/access/principal.ts';
import { notSent, Refusal } from '../lambda/access/refusal.ts';
import { namedOperation } from '../lambda/access/rest/named-operation.ts';
import { OPERATIONS } from '../lambda/access/rest/operations.ts';
import { hasKinds, KINDS } from '../lambda/access/state-change.ts';
import { policyIn } from './access-policy-file.ts';
import { inColumns } from './columns.ts';
import type { Terminal } from './desk.ts';
import { NotWellError, UsageError } from './errors.ts';
import type { Options } from './options.ts';

type Answer = {
  allowed: boolean;
  /** The rule that decides, of the policy or of the function itself. */
  rule: string;
  why?: string;
  /** Set when the function lets a denied request pass, because the policy is only observed. */
  observed?: true;
  /** The rules of the policy that do not give the request, each with the part that it fails. */
  others: { rule: string; fails: Miss; allows: readonly string[] }[];
  /** The only services for which rules give it, where the request was asked for without one. */
  services?: readonly string[];
};

/**
 * Prints whether a policy gives a request, with the function's own code. It reads no audit and calls no service.
 * @param text the stack's configuration, or the access.json of a deployed function
 * @throws UsageError; NotWellError when the request is denied
 */
export function accessMay(terminal: Pick<Terminal, 'say'>, text: string, options: Options): void {
  const policy = policyIn(text, '--policy');
  const asked = askedBy(policy, options);
  const isAnyService = options.service === undefined && asked.service === '';
  const answer = isAnyService ? forAnyService(policy, asked) : answerTo(policy, asked);
  terminal.say(options.json ? JSON.stringify(answer, null, 2) : wordsOf(answer));
  if (!answer.allowed) throw new NotWellError(1);
}

const withoutServices = (rule: Rule): Rule => ({ ...rule, services: undefined });

/** The request was asked for without a service: the rules that give it may be for some alone. */
function forAnyService(policy: Policy, asked: Asked): Answer {
  const { rules } = policy;
  const answer = answerTo({ ...policy, rules: rules.map(withoutServices) }, asked);
  const giving = rules.filter((rule) => missOf(withoutServices(rule), asked) === undefined);
  if (!answer.allowed || giving.some(({ services }) => services === undefined)) return answer;
  return { ...answer, services: giving.flatMap(({ services = [] }) => services) };
}

function askedBy(policy: Policy, options: Options): Asked {
  const { as = '', user, personGroup: personGroups, credential = '' } = options;
  const { operation, kind, service, reads, groups, selects } = operationIn(options);
  const { device = [], account = [], group = [] } = options;
  const subjects = {
    devices: device.map((identifier) => ({ kind: '', identifier })),
    groups: [
      ...groups,
      ...account.map((name) => `accountName ${name}`),
      ...group.map((name) => `groupName ${name}`),
    ],
  };
  const own = subjects.groups
    .map((one) => one.split(' ')[0] ?? '')
    .filter((name) => selects?.includes(name) ?? true);
  const content = { subjects, kind, own };
  const person = personOf(policy, as);
  if (personGroups !== undefined && (user === undefined || !bringsTokens(policy, principalOf(as)))) {
    throw new UsageError(
      '--person-group wants --user, and a caller of access.userTokens.speakers: only tokens name groups.',
    );
  }
  return {
    ...{ principal: principalOf(as), user, personGroups, person },
    ...{ credential, service, operation, reads, content },
  };
}

type Operation = {
  operation: string;
  kind: string;
  service: string;
  reads: boolean;
  groups: string[];
  /** The selectors that ThingSpace certainly reads; undefined where every one may be meant. */
  selects?: string[];
};

/** Reads `--operation`, and what a path says beside it. @throws UsageError */
function operationIn({ operation: given = '', service = '' }: Options): Operation {
  if (isOfRest(given)) return operationOfRest(given);
  const [operation = '', kind, ...more] = given.split('/');
  if (!/^\w+$/.test(operation) || more.length > 0 || (kind !== undefined && !hasKinds(operation))) {
    throw new UsageError(
      '--operation wants one name, such as GetDeviceList, ChangeDeviceState/Suspend, or a method and a path, such as "POST /m2m/v1/devices/actions/suspend"; no pattern.',
    );
  }
  if (hasKinds(operation) && (kind === undefined || !KINDS.includes(kind))) {
    throw new UsageError(`--operation wants the kind as well: ${operation}/ and ${KINDS.join(', ')}.`);
  }
  return { operation, kind: kind ?? '', service, reads: operation.startsWith('Get'), groups: [] };
}

/** A path may be written as rules have it, or with the account and the group of a request. @throws UsageError */
function operationOfRest(given: string): Operation {
  const [method = '', path = '', ...more] = given.split(' ');
  try {
    if (more.length > 0) throw notSent('it holds more than one blank');
    const named = namedOperation(method, path.replace(/\{\w+\}/g, 'x'));
    const groups = path.includes('{') ? [] : named.groups;
    return { ...named, kind: '', groups, selects: selectorsOf(named.operation) };
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    throw new UsageError(`--operation is not a request that the function sends on. ${failure.message}`);
  }
}

/** Another selector than these restricts nothing, so it meets no condition of a rule. */
function selectorsOf(operation: string): string[] {
  const { selects = [], account = [] } = OPERATIONS.get(operation) ?? {};
  const inPath = [...operation.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return [...selects, ...account, ...inPath];
}

function answerTo(policy: Policy, asked: Asked): Answer {
  const others = policy.rules.flatMap((rule) => {
    const fails = missOf(rule, asked);
    return fails === undefined ? [] : [{ rule: rule.name, fails, allows: allowedBy(rule, fails) }];
  });
  const speaks = maySpeak(policy, asked.principal) || bringsTokens(policy, asked.principal);
  if (asked.user !== undefined && !speaks) {
    const why = `${asked.principal} may not speak for others`;
    return {
      allowed: false,
      rule: SPEAKS_FOR_OTHERS,
      why,
      ...observed(policy, asked, SPEAKS_FOR_OTHERS),
      others,
    };
  }
  const decision = decide(policy, asked);
  return { ...decision, ...(decision.allowed ? {} : observed(policy, asked, decision.rule)), others };
}

const observed = (policy: Policy, asked: Asked, rule: string) =>
  passesObserved(policy, asked, rule) ? { observed: true as const } : {};

function allowedBy(rule: Rule, miss: Miss): readonly string[] {
  if (miss !== 'content') return rule[miss] ?? [];
  const named = (what: string, names: readonly string[] = []) => names.map((name) => `${what} ${name}`);
  return [...named('account', rule.accounts), ...named('group', rule.groups)];
}

function wordsOf({ allowed, rule, why, observed: passes, others, services }: Answer): string {
  const only = services === undefined ? '' : ` for the services ${services.join(', ')} alone (--service)`;
  const denied = `Denied (${rule}): ${why}.${passes ? ' The policy is only observed: the function lets the request pass, and records it.' : ''}`;
  const decision = allowed ? `Allowed by the rule ${rule}${only}.` : denied;
  if (others.length === 0) return decision;
  return [
    decision,
    '',
    ...inColumns([
      ['OTHER RULE', 'FAILS FOR ITS', 'WHICH ARE'],
      ...others.map(({ rule: name, fails, allows }) => [name, FAILS[fails], allows.join(', ')]),
    ]),
  ].join('\n');
}

const FAILS: Record<Miss, string> = {
  principals: 'principals',
  credentials: 'credentials',
  services: 'services',
  operations: 'operations',
  users: 'users',
  personGroups: 'groups of persons',
  persons: 'persons',
  content: 'accounts and groups',
};
