import type { Mutant } from './mutants.ts';

const ENVELOPE = 'test/access/envelope.test.ts';
const SERVE = 'test/access/serve.test.ts';
const AWAITS = 'test/access/every-await.test.ts';
const POLICY = 'test/access/policy.test.ts';
const SETTINGS = 'test/access/settings.test.ts';

/** The rules of the access function: who may, one reading of each request, no change without its record. */
export const accessMutants: Mutant[] = [
  {
    rule: 'the caller is whom AWS names, and a direct Invoke is nobody',
    file: 'lambda/access/event.ts',
    find: 'if (!read.success) {',
    replace: 'if (false as boolean) {',
    noticedBy: SERVE,
  },
  {
    rule: 'a session of a role is not taken for another role',
    file: 'lambda/access/principal.ts',
    find: 'assumed[3]',
    replace: "userArn.split('/').at(-1)",
    noticedBy: SERVE,
  },
  {
    rule: 'a pattern does not mean roles of every path',
    file: 'lambda/access/principal.ts',
    find: "path !== undefined && (path.includes('*') || name.startsWith('*'))",
    replace: "path?.includes('*') === true",
    noticedBy: SETTINGS,
  },
  {
    rule: 'only who is trusted to speaks for others',
    file: 'lambda/access/serve.ts',
    find: 'claimedUser === undefined || maySpeak(policy, principal)',
    replace: 'true as boolean',
    noticedBy: SERVE,
  },
  {
    rule: 'a rule for users is for nobody else',
    file: 'lambda/access/policy.ts',
    find: '(users === undefined || (user !== undefined && matchesAny(users, user)))',
    replace: 'true',
    noticedBy: SERVE,
  },
  {
    rule: 'everything is denied that no rule allows',
    file: 'lambda/access/policy.ts',
    find: 'matchesAny(operations, operation) &&',
    replace: '',
    noticedBy: SERVE,
  },
  {
    rule: 'sessions and passwords are never forwarded',
    file: 'lambda/access/policy.ts',
    find: 'if (isNeverForwarded(service, operation)) {',
    replace: 'if (false as boolean) {',
    noticedBy: SERVE,
  },
  {
    rule: 'a pattern is for its whole text',
    file: 'lambda/access/patterns.ts',
    find: 'if (!text.startsWith(first)) return false;',
    replace: '',
    noticedBy: POLICY,
  },
  {
    rule: 'Body and SOAPAction name one operation',
    file: 'lambda/access/serve.ts',
    find: 'if (envelope.operation !== call.operation) throw contradiction();',
    replace: '',
    noticedBy: SERVE,
  },
  {
    rule: 'address and SOAPAction name one service',
    file: 'lambda/access/event.ts',
    find: "if (contract !== service) refuse('its SOAPAction is of another service than its address');",
    replace: '',
    noticedBy: SERVE,
  },
  {
    rule: 'a Body has one element',
    file: 'lambda/access/envelope.ts',
    find: 'if (!payload || more.length > 0)',
    replace: 'if (!payload)',
    noticedBy: ENVELOPE,
  },
  {
    rule: 'a token that came with the request is taken out',
    file: 'lambda/access/envelope.ts',
    find: "localName.toLowerCase() === 'token'",
    replace: "localName === 'token'",
    noticedBy: ENVELOPE,
  },
  {
    rule: 'no attribute stands twice under two prefixes',
    file: 'lambda/access/xml-source.ts',
    find: 'return isDeclaration ? name :',
    replace: "return isDeclaration || prefix !== '' ? name :",
    noticedBy: ENVELOPE,
  },
  {
    rule: 'a request is recorded before it is sent',
    file: 'lambda/access/serve.ts',
    find: '    await begin(services, record);\n',
    replace: '    void begin(services, record).catch(() => undefined);\n',
    noticedBy: AWAITS,
  },
  {
    rule: 'what cannot be recorded is not sent',
    file: 'lambda/access/serve.ts',
    find: "throw new Refusal('NotRecorded', 'Nothing was sent: what cannot be recorded is not sent. Try again.');",
    replace: '',
    noticedBy: AWAITS,
  },
  {
    rule: 'a record can be found as soon as it exists',
    file: 'lambda/access/audit.ts',
    find: '    await table.putAll(',
    replace: '    void table.putAll(',
    noticedBy: AWAITS,
  },
  {
    rule: 'an answer that did not come is unknown, and not repeated',
    file: 'lambda/access/forward.ts',
    find: "if (sent.outcome === 'unknown') return unknown(sent.cause.name, sends);",
    replace: "if (sent.outcome === 'unknown') throw new SessionGoneError();",
    noticedBy: SERVE,
  },
  {
    rule: 'nothing is sent again but what a session that is gone has stopped',
    file: 'lambda/access/forward.ts',
    find: "if (outcome.outcome !== 'refused' || !SESSION_GONE.test(outcome.code)) return judged;",
    replace: "if (outcome.outcome !== 'refused') return judged;",
    noticedBy: SERVE,
  },
  {
    rule: 'an answer that quotes the token is not handed on',
    file: 'lambda/access/forward.ts',
    find: "return shows(body, token) ? 'it quotes the session token' : undefined;",
    replace: 'return undefined;',
    noticedBy: SERVE,
  },
  {
    rule: 'a denial is recorded',
    file: 'lambda/access/serve.ts',
    find: 'await audit\n      .deny(record)',
    replace: 'await Promise.resolve()',
    noticedBy: SERVE,
  },
  {
    rule: 'a caller has so many requests in a minute',
    file: 'lambda/access/serve.ts',
    find: 'if (admitted) return;',
    replace: 'if (admitted || !admitted) return;',
    noticedBy: SERVE,
  },
  {
    rule: 'no more devices are named than are recorded',
    file: 'lambda/access/devices.ts',
    find: 'if (devices.size > MAX_DEVICES || groups.size > MAX_GROUPS) {',
    replace: 'if (false as boolean) {',
    noticedBy: SERVE,
  },
];
