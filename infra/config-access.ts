import * as v from 'valibot';
import { looksLikeByName } from '../lambda/access/by-name.ts';
import { flawOfKind, mayGive } from '../lambda/access/operation-patterns.ts';
import { matches } from '../lambda/access/patterns.ts';
import { IDENTITY_CENTER_ROLES } from '../lambda/access/person.ts';
import { allowsNothing } from '../lambda/access/policy.ts';
import { reliesOnRolePath, withoutRolePath } from '../lambda/access/principal.ts';
import { flawOfPath } from '../lambda/access/rest/pattern-flaw.ts';
import type { Config } from './config.ts';
import { list, object, text, whole } from './config-shapes.ts';
import { userTokensSchema } from './config-user-tokens.ts';

const principal = v.pipe(
  text(
    /^arn:[a-z-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]*\*?[\w+=,.@/-]*$/,
    'write the ARN of a role or a user, such as arn:aws:iam::123456789012:role/fleet-app; its name may hold one asterisk',
  ),
  v.check(
    (pattern) => !reliesOnRolePath(pattern),
    'write the whole name of the role, or leave its path out: AWS names a caller without the path, so this would mean roles of every path',
  ),
);

const namesPersons = v.pipe(
  principal,
  v.check(
    (pattern) => /:role\/(?:.*\/)?[^*/][^/]*$/.test(pattern),
    'write roles whose trust policies fix the name of the session (sts:RoleSessionName), by their names: a user has no session, and any other role lets its callers choose a name',
  ),
);

const operation = v.pipe(
  text(
    /^(?:[A-Za-z0-9*]{1,64}(?:\/[A-Za-z*]{1,32})?|(?:GET|POST|PUT|DELETE|\*) \/m2m\/[\w.{}*/-]{1,180})$/,
    'write reads, the name of an operation, such as ChangeDeviceState, a pattern such as Get*, a name and a kind, such as ChangeDeviceState/Suspend, or over REST a method and a path, such as POST /m2m/v1/devices/actions/suspend',
  ),
  v.check(
    (pattern) => !allowsNothing(pattern),
    'leave it out: log-ins, log-outs and passwords are never forwarded, whatever a rule says',
  ),
  v.check(
    (pattern) => flawOfPath(pattern) === undefined,
    ({ input }) => flawOfPath(input) ?? '',
  ),
  v.check(
    (pattern) => flawOfKind(pattern) === undefined,
    ({ input }) => `leave it out, or write another kind behind the slash: ${flawOfKind(input)}`,
  ),
  v.check(
    (pattern) => looksLikeByName(pattern) === undefined,
    ({ input }) => {
      const name = looksLikeByName(input);
      return `write ${name}, if this is to allow it: ${name} goes by its exact name alone, and ${input} does not give it`;
    },
  ),
);

const atLeastOne = <const T extends v.GenericSchema>(item: T, what: string) =>
  v.pipe(list(item), v.minLength(1, `write at least one ${what}: the rule would allow nothing`));

const selected = text(
  /^[^\p{C}]{1,100}$/u,
  'write the name of an account or a device group, or a pattern of one',
);

const rule = object({
  name: text(/^[A-Za-z0-9][\w-]{0,39}$/, 'write up to 40 letters, digits, - and _'),
  principals: atLeastOne(principal, 'principal'),
  credentials: atLeastOne(
    text(/^[A-Za-z0-9*][\w*-]{0,47}$/, 'write the name of a credential, or a pattern such as *'),
    'credential',
  ),
  operations: atLeastOne(operation, 'operation'),
  services: v.optional(
    atLeastOne(
      text(
        /^[A-Za-z*][A-Za-z0-9*]{0,63}$/,
        'write the name of a service, such as DeviceService, or a pattern of one',
      ),
      'service',
    ),
  ),
  accounts: v.optional(atLeastOne(selected, 'account')),
  groups: v.optional(atLeastOne(selected, 'group')),
  users: v.optional(
    atLeastOne(
      text(
        /^(?!arn:)[\x20-\x2b\x2d-\x7e]{1,128}$/i,
        'write the name of an application user (printable ASCII without commas, no ARN), or a pattern such as *@example.com',
      ),
      'user',
    ),
  ),
  personGroups: v.optional(
    atLeastOne(
      text(/^[^\p{C}]{1,256}$/u, 'write the name of a group, as the tokens name it, or a pattern of one'),
      'group',
    ),
  ),
  persons: v.optional(
    atLeastOne(
      text(
        /^(?:[\w+=,.@-]{2,63}|(?=.*\*)[\w+=,.@*-]{1,63})$/,
        'write the name of a session, which is the person’s user name in IAM Identity Center (2 to 63 letters, digits and +=,.@-_), or a pattern such as *@example.com',
      ),
      'person',
    ),
  ),
});

/** The access function: left out, there is none. */
export const accessSchema = object({
  rules: v.pipe(list(rule), v.minLength(1, 'write at least one rule: everything is denied without')),
  speakers: v.optional(list(principal), []),
  personsBySessionName: v.optional(list(namesPersons)),
  userTokens: v.optional(userTokensSchema(principal)),
  observeOnly: v.optional(v.boolean('write true or false'), false),
  requestsPerMinute: v.optional(whole(1, 100_000, 'of requests'), 600),
  retentionDays: v.optional(whole(1, 3_653, 'of days'), 400),
  reservedConcurrency: v.optional(
    v.union(
      [v.literal('none'), whole(1, 1_000, 'of requests')],
      'write a whole number of requests at once from 1 to 1000, or "none"',
    ),
    'none',
  ),
  deletionProtection: v.optional(v.boolean('write true or false'), false),
  stream: v.optional(v.boolean('write true or false'), false),
});

const BUILT_IN =
  /^(never-forwarded|denied-by-default|speaks-for-others|contradiction|token-expired|token-rejected)$/i;

/** Yields mistakes that no single setting shows; each sentence says what to write. */
export function* accessFits({ access, account, credentials, thingspace }: Config): Generator<string> {
  if (!access) return;
  const { transport } = thingspace;
  const seen = new Set<string>();
  for (const [index, given] of access.rules.entries()) {
    const at = `access.rules[${index}]`;
    const name = given.name.toLowerCase();
    if (seen.has(name)) yield `${at}.name: write another name, records and faults name the rule by it`;
    if (BUILT_IN.test(name))
      yield `${at}.name: write another name, the function has a rule of its own that is called so`;
    seen.add(name);
    for (const [place, pattern] of given.credentials.entries()) {
      const meant = credentials.filter((credential) => matches(pattern, credential.name));
      if (meant.length === 0) {
        yield `${at}.credentials[${place}]: write the name of a credential of this configuration (${credentials.map((one) => one.name).join(', ')}), or a pattern of one`;
      }
      for (const { name: imported, secretArn, adopt } of meant) {
        if (secretArn === undefined || adopt) continue;
        yield `${at}.credentials[${place}]: leave ${imported} out, or adopt its secret: the function could not be named as its reader`;
      }
    }
    yield* ofAccount(`${at}.principals`, given.principals, account);
    if (!given.operations.some((one) => mayGive(one, transport))) {
      yield `${at}.operations: write an operation of ${transport.toUpperCase()}, or reads, or *: the service calls ThingSpace over ${transport.toUpperCase()} (thingspace.transport), and ${given.operations.join(', ')} would allow nothing`;
    }
    if (given.persons && !given.principals.some((one) => mayNamePersons(one, access.personsBySessionName))) {
      yield `${at}.persons: leave it out, or name one of the rule's principals in access.personsBySessionName: the sessions of ${given.principals.join(', ')} name no person`;
    }
    yield* usersFit(at, given, access);
  }
  yield* ofAccount('access.speakers', access.speakers, account);
  yield* ofAccount('access.userTokens.speakers', access.userTokens?.speakers ?? [], account);
  for (const [index, speaker] of (access.userTokens?.speakers ?? []).entries()) {
    if (access.speakers.some((one) => overlap(one, speaker))) {
      yield `access.userTokens.speakers[${index}]: leave it out here or in access.speakers: a principal names its users by tokens, or without`;
    }
  }
  yield* ofAccount('access.personsBySessionName', access.personsBySessionName ?? [], account);
}

type Access = NonNullable<Config['access']>;

function* usersFit(at: string, { users, personGroups, principals }: Access['rules'][number], access: Access) {
  const meets = (speakers: readonly string[] = []) =>
    principals.some((one) => speakers.some((speaker) => overlap(one, speaker)));
  const { speakers, userTokens } = access;
  if (users && !meets(speakers) && !meets(userTokens?.speakers)) {
    yield `${at}.users: leave it out, or name one of the rule's principals in access.speakers: only speakers name the user on whose behalf they act`;
  }
  if (personGroups && (userTokens?.groupsClaim === undefined || !meets(userTokens.speakers))) {
    yield `${at}.personGroups: leave it out, or write access.userTokens with its groupsClaim, and name one of the rule's principals in its speakers: only tokens name groups`;
  }
}

/** Reports whether a principal can be a role whose sessions name persons. Without the setting, IAM Identity Center's are. */
function mayNamePersons(principal: string, trusted: readonly string[] | undefined): boolean {
  const [own = ''] = principal.split(':role/');
  const patterns = trusted ?? [IDENTITY_CENTER_ROLES.replace('arn:*:iam::*', own)];
  return patterns.some((pattern) => overlap(withoutRolePath(principal), withoutRolePath(pattern)));
}

function* ofAccount(path: string, principals: readonly string[], account: string) {
  for (const [index, arn] of principals.entries()) {
    if (arn.split(':')[4] !== account) {
      yield `${path}[${index}]: write a role or user of the account ${account}; callers of another account assume a role of this one`;
    }
  }
}

/** Whether two patterns can mean the same principal, as far as one of them is what the other one says. */
const overlap = (one: string, other: string) => matches(one, other) || matches(other, one);
