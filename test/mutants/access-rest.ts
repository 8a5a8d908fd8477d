import type { Mutant } from './mutants.ts';

const REQUEST = 'test/access/rest/request.test.ts';

/** The rules of the access function over REST. */
export const accessRestMutants: Mutant[] = [
  {
    rule: 'a path has nothing to decode',
    file: 'lambda/access/rest/named-operation.ts',
    find: ' || !PATH.test(path)) {',
    replace: ') {',
    noticedBy: REQUEST,
  },
  {
    rule: 'a known path has one spelling',
    file: 'lambda/access/rest/named-operation.ts',
    find: 'if (!template && TEMPLATES.some(',
    replace: 'if ((false as boolean) && TEMPLATES.some(',
    noticedBy: REQUEST,
  },
  {
    rule: 'an operation reads only where its description says so',
    file: 'lambda/access/rest/named-operation.ts',
    find: 'OPERATIONS.get(operation)?.reads === true',
    replace: "method === 'GET'",
    noticedBy: REQUEST,
  },
  {
    rule: 'a member occurs once, in any letter case',
    file: 'lambda/access/rest/body.ts',
    find: 'const folded = name.toLowerCase();',
    replace: 'const folded = name;',
    noticedBy: REQUEST,
  },
  {
    rule: 'names of members are ASCII',
    file: 'lambda/access/rest/body.ts',
    find: 'if (!MEMBER.test(name))',
    replace: 'if (false as boolean)',
    noticedBy: REQUEST,
  },
  {
    rule: 'a body holds no half of a character',
    file: 'lambda/access/rest/body.ts',
    find: 'if (!value.text.isWellFormed())',
    replace: 'if (false as boolean)',
    noticedBy: REQUEST,
  },
  {
    rule: 'a body is read only when it is whole',
    file: 'lambda/access/rest/body.ts',
    find: ' || !root.closed) {',
    replace: ') {',
    noticedBy: REQUEST,
  },
  {
    rule: 'a GET has no body',
    file: 'lambda/access/rest/request.ts',
    find: "if (method === 'GET')",
    replace: 'if (false as boolean)',
    noticedBy: REQUEST,
  },
  {
    rule: 'no header names another method or address',
    file: 'lambda/access/rest/request.ts',
    find: 'if (override !== undefined)',
    replace: 'if (false as boolean)',
    noticedBy: REQUEST,
  },
  {
    rule: 'a session that came with the request is a contradiction',
    file: 'lambda/access/rest/request.ts',
    find: "headers['vz-m2m-token'] !== undefined || ",
    replace: '',
    noticedBy: REQUEST,
  },
  {
    rule: 'a selector is recorded in any letter case',
    file: 'lambda/access/rest/subjects.ts',
    find: 'if (GROUPS.has(folded)) {',
    replace: 'if (GROUPS.has(name)) {',
    noticedBy: REQUEST,
  },
  {
    rule: 'the name of a device is a text',
    file: 'lambda/access/rest/subjects.ts',
    find: "refuseName('another kind of JSON than a text')",
    replace: 'JSON.stringify(value)',
    noticedBy: REQUEST,
  },
  {
    rule: 'a selector at any depth makes a change wide',
    file: 'lambda/access/rest/subjects.ts',
    find: 'if (groups.length > 0 && !(isTop && ',
    replace: 'if (groups.length > 0 && isTop && !(',
    noticedBy: REQUEST,
  },
  {
    rule: 'a device outside the list of its description does not make a change narrow',
    file: 'lambda/access/rest/subjects.ts',
    find: 'wide: found.selecting || !lists,',
    replace: 'wide: found.selecting || found.devices.length === 0,',
    noticedBy: REQUEST,
  },
  {
    rule: 'the account to which devices move restricts no rule',
    file: 'lambda/access/rest/operations.ts',
    find: "'customFields'],\n    target: ACCOUNT,",
    replace: "'customFields'],\n    account: ACCOUNT,",
    noticedBy: REQUEST,
  },
];
