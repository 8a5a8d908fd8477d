import type { Policy, Rule } from '../lambda/access/policy.ts';
import { policyIn } from './access-policy-file.ts';
import type { Terminal } from './desk.ts';
import type { Options } from './options.ts';

/** The files' texts: the stack's configuration, or the access.json of a deployed function. */
export type ChangedPolicy = { before: string; after: string };

/**
 * Prints the changes of a policy, a sentence each. It calls no service.
 * @throws UsageError
 */
export function accessChanges(
  terminal: Pick<Terminal, 'say'>,
  { before, after }: ChangedPolicy,
  options: Pick<Options, 'json'>,
): void {
  const [old, now] = [policyIn(before, '--before'), policyIn(after, '--after')];
  const changes = changesOf(old, now);
  if (options.json) {
    terminal.say(JSON.stringify({ changes }, null, 2));
    return;
  }
  const keys = now.userTokens && old.userTokens ? ['The keys of the users’ tokens are not compared.'] : [];
  terminal.say([...(changes.length === 0 ? ['The policy stays as it is.'] : changes), ...keys].join('\n'));
}

/** Members of a rule without which it would give nothing. */
const NEEDED = ['principals', 'credentials', 'operations'] as const;
/** Members that restrict a rule: without one, the rule is wider. */
const CONDITIONS = ['services', 'accounts', 'groups', 'users', 'personGroups', 'persons'] as const;

/** Returns a sentence for each change, those of whole policies first. */
export function changesOf(before: Policy, after: Policy): string[] {
  return [
    ...observing(before.observeOnly === true, after.observeOnly === true),
    ...[...ruleNames(before, after)].flatMap((name) =>
      ofRule(name, ruleOf(before, name), ruleOf(after, name)),
    ),
    ...ofList('The list speakers', before.speakers, after.speakers),
    ...ofList(
      'The list personsBySessionName',
      before.personsBySessionName ?? [STANDARD],
      after.personsBySessionName ?? [STANDARD],
    ),
    ...ofTokens(before.userTokens, after.userTokens),
  ];
}

const STANDARD = 'the roles of IAM Identity Center';

const ruleNames = (before: Policy, after: Policy): Set<string> =>
  new Set([...before.rules, ...after.rules].map(({ name }) => name));

const ruleOf = ({ rules }: Policy, wanted: string): Rule | undefined =>
  rules.find(({ name }) => name === wanted);

function observing(before: boolean, after: boolean): string[] {
  if (before === after) return [];
  return after
    ? ['The policy is only observed from now on: no request is denied because no rule allows it.']
    : ['The policy denies from now on: it was only observed.'];
}

function ofRule(name: string, before: Rule | undefined, after: Rule | undefined): string[] {
  const what = `The rule ${name}`;
  if (before === undefined) return after === undefined ? [] : [`${what} is new: it gives ${wordsOf(after)}.`];
  if (after === undefined) return [`${what} is gone: it gave ${wordsOf(before)}.`];
  return [
    ...NEEDED.flatMap((member) => ofList(`${what}: ${member}`, before[member], after[member])),
    ...CONDITIONS.flatMap((member) => ofCondition(`${what}: ${member}`, before[member], after[member])),
  ];
}

function wordsOf(rule: Rule): string {
  const { principals, credentials, operations } = rule;
  const only = CONDITIONS.flatMap((member) =>
    rule[member] === undefined ? [] : [`${member} ${rule[member].join(', ')}`],
  );
  const given = `${operations.join(', ')} with ${credentials.join(', ')} to ${principals.join(', ')}`;
  return only.length === 0 ? given : `${given}, only for ${only.join('; ')}`;
}

type Names = readonly string[];

function ofCondition(what: string, before: Names | undefined, after: Names | undefined): string[] {
  if (before === undefined && after !== undefined)
    return [`${what} restricts it now to ${after.join(', ')}.`];
  if (before !== undefined && after === undefined) {
    return [`${what} no longer restricts it (it was ${before.join(', ')}): the rule gives more.`];
  }
  return ofList(what, before ?? [], after ?? []);
}

function ofList(what: string, before: Names, after: Names): string[] {
  const gained = after.filter((name) => !before.includes(name));
  const lost = before.filter((name) => !after.includes(name));
  const parts = [
    ...(gained.length === 0 ? [] : [`gains ${gained.join(', ')}`]),
    ...(lost.length === 0 ? [] : [`loses ${lost.join(', ')}`]),
  ];
  return parts.length === 0 ? [] : [`${what} ${parts.join(', and ')}.`];
}

const TOKEN_MEMBERS = ['issuer', 'audience', 'userClaim', 'groupsClaim'] as const;

function ofTokens(before: Policy['userTokens'], after: Policy['userTokens']): string[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) {
    return [`Users are proven by tokens of ${after?.issuer} from now on, for ${after?.speakers.join(', ')}.`];
  }
  if (after === undefined) return [`Users are no longer proven by tokens of ${before.issuer}.`];
  return [
    ...ofList('The list userTokens.speakers', before.speakers, after.speakers),
    ...TOKEN_MEMBERS.filter((member) => before[member] !== after[member]).map(
      (member) =>
        `The setting userTokens.${member} is ${after[member] ?? 'left out'} now (it was ${before[member] ?? 'left out'}).`,
    ),
  ];
}
