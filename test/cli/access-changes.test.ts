import { describe, expect, test } from 'vitest';
import { accessChanges, changesOf } from '../../cli/access-changes.ts';
import { UsageError } from '../../cli/errors.ts';
import type { Policy, Rule } from '../../lambda/access/policy.ts';

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const RULE: Rule = { name: 'a', principals: [role('a')], credentials: ['fleet'], operations: ['Get*'] };
const TOKENS: NonNullable<Policy['userTokens']> = {
  ...{ speakers: [role('web')], issuer: 'https://one', audience: 'web' },
  ...{ userClaim: 'sub', keys: { keys: [] } },
};
const policy = (changes: Partial<Policy> = {}): Policy => ({ rules: [RULE], speakers: [], ...changes });
const withRule = (changes: Partial<Rule>) => policy({ rules: [{ ...RULE, ...changes }] });

describe('the changes of a policy', () => {
  test.each<[string, Policy, Policy, string[]]>([
    ['of the same policy', policy(), policy(), []],
    [
      'of a new rule and one that is gone',
      policy(),
      policy({ rules: [{ ...RULE, name: 'b', users: ['*@x'], persons: ['ann'] }] }),
      [
        `The rule a is gone: it gave Get* with fleet to ${role('a')}.`,
        `The rule b is new: it gives Get* with fleet to ${role('a')}, only for users *@x; persons ann.`,
      ],
    ],
    [
      'of lists',
      withRule({ users: ['x', 'y'] }),
      withRule({ operations: ['Get*', 'MoveDevice'], users: ['y', 'z'] }),
      ['The rule a: operations gains MoveDevice.', 'The rule a: users gains z, and loses x.'],
    ],
    [
      'of a condition that is new',
      policy(),
      withRule({ accounts: ['0342'] }),
      ['The rule a: accounts restricts it now to 0342.'],
    ],
    [
      'of a condition that is gone',
      withRule({ personGroups: ['editors'] }),
      policy(),
      ['The rule a: personGroups no longer restricts it (it was editors): the rule gives more.'],
    ],
    [
      'of an observed policy',
      policy(),
      policy({ observeOnly: true }),
      ['The policy is only observed from now on: no request is denied because no rule allows it.'],
    ],
    [
      'of a policy that is no longer only observed',
      policy({ observeOnly: true }),
      policy({ observeOnly: false }),
      ['The policy denies from now on: it was only observed.'],
    ],
    [
      'of speakers and of roles that name persons',
      policy({ speakers: [role('p')] }),
      policy({ personsBySessionName: [role('staff')] }),
      [
        `The list speakers loses ${role('p')}.`,
        `The list personsBySessionName gains ${role('staff')}, and loses the roles of IAM Identity Center.`,
      ],
    ],
    [
      'of tokens that are new',
      policy(),
      policy({ userTokens: TOKENS }),
      [`Users are proven by tokens of https://one from now on, for ${role('web')}.`],
    ],
    [
      'of tokens that are gone',
      policy({ userTokens: TOKENS }),
      policy(),
      ['Users are no longer proven by tokens of https://one.'],
    ],
    [
      'of other tokens',
      policy({ userTokens: TOKENS }),
      policy({
        userTokens: { ...TOKENS, issuer: 'https://two', groupsClaim: 'groups', speakers: [role('app')] },
      }),
      [
        `The list userTokens.speakers gains ${role('app')}, and loses ${role('web')}.`,
        'The setting userTokens.issuer is https://two now (it was https://one).',
        'The setting userTokens.groupsClaim is groups now (it was left out).',
      ],
    ],
  ])('are sentences: those %s', (_, before, after, sentences) => {
    expect(changesOf(before, after)).toEqual(sentences);
  });
});

describe('the command access-changes', () => {
  function say(before: object, after: object, json = false): string {
    const said: string[] = [];
    const texts = { before: JSON.stringify(before), after: JSON.stringify(after) };
    accessChanges({ say: (text) => void said.push(text) }, texts, { json });
    return said.join();
  }

  test('compares a deployed function with a configuration', () => {
    const access = {
      rules: [{ ...RULE, operations: ['*'] }],
      userTokens: { ...TOKENS, keys: 'web.jwks.json' },
    };
    const deployed = { policy: policy({ userTokens: TOKENS }), secrets: {} };
    expect(say(deployed, { stackName: 'Ours', access }).split('\n')).toEqual([
      'The rule a: operations gains *, and loses Get*.',
      'The keys of the users’ tokens are not compared.',
    ]);
    expect(say({ policy: policy() }, { access: policy() })).toBe('The policy stays as it is.');
    expect(JSON.parse(say({ policy: policy() }, { access }, true)).changes).toHaveLength(2);
  });

  test('names the option whose file has no policy', () => {
    expect(() => say({ policy: policy() }, {})).toThrow(UsageError);
    expect(() => say({ policy: policy() }, {})).toThrow('--after wants the stack’s configuration');
    expect(() => say({}, { policy: policy() })).toThrow('--before wants');
  });
});
