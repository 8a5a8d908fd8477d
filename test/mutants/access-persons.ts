import type { Mutant } from './mutants.ts';

const PERSON = 'test/access/person.test.ts';
const POLICY = 'test/access/policy.test.ts';
const TOKEN = 'test/access/user-token.test.ts';
const OBSERVE = 'test/access/observe.test.ts';
const LOG = 'test/cli/access-log.test.ts';

/** The rules by which the access function tells persons apart, and the tool finds them. */
export const personMutants: Mutant[] = [
  {
    rule: 'a session names a person only where its role is trusted',
    file: 'lambda/access/person.ts',
    find: 'personsBySessionName.some((pattern) => matches(withoutRolePath(pattern), principal))',
    replace: "principal !== ''",
    noticedBy: PERSON,
  },
  {
    rule: 'a session name that may be cut is not a person',
    file: 'lambda/access/person.ts',
    find: '{2,63}',
    replace: '{2,64}',
    noticedBy: PERSON,
  },
  {
    rule: 'a rule for persons is not for a caller without a person',
    file: 'lambda/access/policy.ts',
    find: 'person === undefined || !matchesAnyName(persons, person)',
    replace: 'person !== undefined && !matchesAnyName(persons, person)',
    noticedBy: PERSON,
  },
  {
    rule: 'an asterisk in the pattern of a user crosses no separator',
    file: 'lambda/access/policy.ts',
    find: '!matchesAnyName(users, user)',
    replace: '!matchesAny(users, user)',
    noticedBy: POLICY,
  },
  {
    rule: 'an asterisk in the pattern of a person crosses no separator',
    file: 'lambda/access/policy.ts',
    find: '!matchesAnyName(persons, person)',
    replace: '!matchesAny(persons, person)',
    noticedBy: POLICY,
  },
  {
    rule: 'a guest of another directory is not one of its own persons',
    file: 'lambda/access/patterns.ts',
    find: '[@\\\\/:|#!%]',
    replace: '[@]',
    noticedBy: POLICY,
  },
  {
    rule: 'a request that a person made for a user is found by the person',
    file: 'lambda/access/audit.ts',
    find: ': pointersTo(record, [spokenByPerson(record.person)]);',
    replace: ': [];',
    noticedBy: LOG,
  },
  {
    rule: 'a session of a role that names no person is not taken for the person',
    file: 'cli/access-records.ts',
    find: '  [user, person, caller, principal].some(',
    replace: "  [user, caller.split('/').at(-1), caller, principal].some(",
    noticedBy: LOG,
  },
  {
    rule: 'a token is signed by a key that no caller has',
    file: 'lambda/access/user-token.ts',
    find: '      algorithms: [...TOKEN_ALGORITHMS],\n',
    replace: '',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token names its key',
    file: 'lambda/access/user-token.ts',
    find: "if (typeof header.kid !== 'string') throw new KeyUnnamedError();",
    replace: '',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token ends',
    file: 'lambda/access/user-token.ts',
    find: "requiredClaims: ['exp'],",
    replace: '',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token is of the configured issuer',
    file: 'lambda/access/user-token.ts',
    find: 'issuer: settings.issuer,',
    replace: '',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token is for this app',
    file: 'lambda/access/user-token.ts',
    find: 'audience: settings.audience,',
    replace: '',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token of another type proves no user',
    file: 'lambda/access/user-token.ts',
    find: '!TYPE.test(protectedHeader.typ)',
    replace: '(false as boolean)',
    noticedBy: TOKEN,
  },
  {
    rule: 'an address that is not verified names no user',
    file: 'lambda/access/user-token.ts',
    find: "userClaim === 'email' &&",
    replace: '(false as boolean) &&',
    noticedBy: TOKEN,
  },
  {
    rule: 'a name in a token is as strict as one in a header',
    file: 'lambda/access/user-token.ts',
    find: 'if (flaw !== undefined) return',
    replace: 'if (false as boolean) return',
    noticedBy: TOKEN,
  },
  {
    rule: 'a caller that brings tokens cannot name a user without one',
    file: 'lambda/access/who-speaks.ts',
    find: '  if (name !== undefined) {',
    replace: '  if (false as boolean) {',
    noticedBy: TOKEN,
  },
  {
    rule: 'a token is read of listed callers alone',
    file: 'lambda/access/who-speaks.ts',
    find: '  if (!bringsTokens(policy, principal)) {',
    replace: '  if (policy.userTokens === undefined) {',
    noticedBy: TOKEN,
  },
  {
    rule: 'a rule for groups is only for users of one of them',
    file: 'lambda/access/policy.ts',
    find: '!asked.personGroups?.some((group) => matchesAnyName(personGroups, group))',
    replace: '(false as boolean)',
    noticedBy: TOKEN,
  },
  {
    rule: 'a record says that a token proved the user',
    file: 'lambda/access/permit.ts',
    find: 'userBy === undefined ? {} : { userBy }',
    replace: '{}',
    noticedBy: TOKEN,
  },
  {
    rule: 'a policy denies unless it is only observed',
    file: 'lambda/access/observe.ts',
    find: 'observeOnly === true &&',
    replace: 'observeOnly !== false &&',
    noticedBy: OBSERVE,
  },
  {
    rule: 'an observed policy gives no right that goes by name',
    file: 'lambda/access/observe.ts',
    find: '!goesByName(operation) &&',
    replace: '',
    noticedBy: OBSERVE,
  },
  {
    rule: 'an observed policy forwards nothing about sessions and passwords',
    file: 'lambda/access/observe.ts',
    find: '!isNeverForwarded(service, operation);',
    replace: 'true;',
    noticedBy: OBSERVE,
  },
  {
    rule: 'an observed policy lets no contradiction be recorded as let pass',
    file: 'lambda/access/serve.ts',
    find: '        observed: undefined,\n',
    replace: '',
    noticedBy: OBSERVE,
  },
];
