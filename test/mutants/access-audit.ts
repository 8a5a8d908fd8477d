import type { Mutant } from './mutants.ts';

const ADMISSION = 'test/access/admission.test.ts';
const AUDIT = 'test/access/audit.test.ts';
const DEVICES = 'test/access/devices.test.ts';
const ENVELOPE = 'test/access/envelope.test.ts';
const POLICY = 'test/access/policy.test.ts';
const SERVE = 'test/access/serve.test.ts';
const STATE = 'test/access/state-change.test.ts';
const TABLE = 'test/access/audit-table.test.ts';

/** The rules of the audit of requests: what was done, to what, and how it is found; and finer rights. */
export const auditMutants: Mutant[] = [
  {
    rule: 'every filter is recorded',
    file: 'lambda/access/devices.ts',
    find: 'const FILTER = /Filter$/;',
    replace: 'const FILTER = /NameFilter$/;',
    noticedBy: DEVICES,
  },
  {
    rule: 'a change is wide unless a list of devices is its only selector',
    file: 'lambda/access/reach.ts',
    find: 'groups.length > 0 || devices.length === 0;',
    replace: 'devices.length === 0;',
    noticedBy: DEVICES,
  },
  {
    rule: 'an identifier is recorded as it is sent',
    file: 'lambda/access/devices.ts',
    find: 'const IDENTIFIER = /^[\\x21-\\x7e]*$/;',
    replace: 'const IDENTIFIER = /^[^\\p{C}\\p{Z}]*$/u;',
    noticedBy: DEVICES,
  },
  {
    rule: 'a name holds no elements',
    file: 'lambda/access/devices.ts',
    find: 'children.length > 0 ? refuse',
    replace: '(false as boolean) ? refuse',
    noticedBy: DEVICES,
  },
  {
    rule: 'an element that is marked nil and holds something is there',
    file: 'lambda/access/xml-source.ts',
    find: 'isNil === true && ended.children.length === 0 && isBlank(ended.text)',
    replace: 'isNil === true',
    noticedBy: DEVICES,
  },
  {
    rule: 'a state change hides at no depth',
    file: 'lambda/access/state-change.ts',
    find: '      visit(child);\n',
    replace: '',
    noticedBy: STATE,
  },
  {
    rule: 'a request holds one state change',
    file: 'lambda/access/state-change.ts',
    find: 'if (others.length === 0) return kind;',
    replace: 'if (kind !== undefined) return kind;',
    noticedBy: STATE,
  },
  {
    rule: 'a pattern without a kind does not give a deactivation',
    file: 'lambda/access/operation-patterns.ts',
    find: "pattern === '*' || isPlain(kind)",
    replace: 'true',
    noticedBy: POLICY,
  },
  {
    rule: 'the kind of a state change is decided on',
    file: 'lambda/access/serve.ts',
    find: '...(await ask(content)),',
    replace: '...unread,',
    noticedBy: SERVE,
  },
  {
    rule: 'callbacks go by name alone',
    file: 'lambda/access/by-name.ts',
    find: "  'RegisterCallback',\n",
    replace: '',
    noticedBy: POLICY,
  },
  {
    rule: 'a rule for accounts is not for devices by name',
    file: 'lambda/access/rule-conditions.ts',
    find: 'if (subjects.devices.length > 0) return false;',
    replace: '',
    noticedBy: POLICY,
  },
  {
  {
    rule: 'the caller of a day is kept as long as its last record',
    file: 'lambda/access/audit.ts',
    find: 'const leading = { expiresAt: kept.expiresAt + DAY_SECONDS };',
    replace: 'const leading = kept;',
    noticedBy: AUDIT,
  },
  {
    rule: 'earlier releases’ callers with the session are found',
    file: 'cli/access-records.ts',
    find: "before.filter(({ outcome }) => outcome === 'handed-out')",
    replace: 'before.filter(() => false)',
    noticedBy: TABLE,
  },
  {
    rule: 'an account outside the members of Input restricts nothing',
    file: 'lambda/access/own-selectors.ts',
    find: "input?.localName !== 'Input' || input.namespace !== V2 || others.length > 0",
    replace: 'input === undefined',
    noticedBy: OWN,
  },
  {
    rule: 'earlier releases’ callers with the session are found',
    file: 'cli/access-records.ts',
    find: "before.filter(({ outcome }) => outcome === 'handed-out')",
    replace: 'before.filter(() => false)',
    noticedBy: TABLE,
  },
    rule: 'a rule for accounts is only for requests that name one',
    file: 'lambda/access/rule-conditions.ts',
    find: '(names.length > 0 && names.every(',
    replace: '(names.every(',
    noticedBy: POLICY,
  },
  {
    rule: 'a rule for accounts does not hand out the session',
    file: 'lambda/access/session-door.ts',
    find: "const content = { subjects: { devices: [], groups: [] }, kind: '' };",
    replace: 'const content = undefined;',
    noticedBy: 'test/access/session-door.test.ts',
  },
  {
    rule: 'a contradiction is recorded',
    file: 'lambda/access/serve.ts',
    find: 'failure instanceof Refusal && failure.rule === CONTRADICTION',
    replace: 'false as boolean',
    noticedBy: SERVE,
  },
  {
    rule: 'a second token is a contradiction',
    file: 'lambda/access/envelope.ts',
    find: 'blocks.filter(isToken).length > 1',
    replace: 'false as boolean',
    noticedBy: ENVELOPE,
  },
  {
    rule: 'no header of WS-Addressing passes',
    file: 'lambda/access/envelope.ts',
    find: 'ADDRESSING.test(namespace)',
    replace: "namespace === 'http://www.w3.org/2005/08/addressing'",
    noticedBy: ENVELOPE,
  },
  {
    rule: 'a wide change is found for each device',
    file: 'lambda/access/audit.ts',
    find: 'isWide(record) ? pointersTo(record, [wideOfMonth(record.at)]) : []',
    replace: '[]',
    noticedBy: TABLE,
  },
  {
    rule: 'a caller is named on each day',
    file: 'lambda/access/audit.ts',
    find: '!written.has(textOf(item))',
    replace: 'written.size === 0',
    noticedBy: AUDIT,
  },
  {
    rule: 'a caller is not taken for named before it is',
    file: 'lambda/access/audit.ts',
    find: '    const leads = [',
    replace: '    queueMicrotask(() => written.add(textOf(callerOfDay(record))));\n    const leads = [',
    noticedBy: AUDIT,
  },
  {
    rule: 'a reading request that was refused does not read as answered',
    file: 'lambda/access/audit.ts',
    find: "if (outcome.outcome === 'done' && isRead(record)) return;",
    replace: 'if (isRead(record)) return;',
    noticedBy: AUDIT,
  },
  {
    rule: 'records of releases before are found',
    file: 'cli/access-records.ts',
    find: '    ...(await wideBefore(reader, wanted)),\n',
    replace: '',
    noticedBy: TABLE,
  },
  {
    rule: 'a process counts in advance no more than a quarter of what it has used',
    file: 'lambda/access/admission.ts',
    find: 'const AHEAD = 1 / 4;',
    replace: 'const AHEAD = 4;',
    noticedBy: ADMISSION,
  },
  {
    rule: 'the first request of a process is counted at once',
    file: 'lambda/access/admission.ts',
    find: 'last === undefined || requestsPerMinute === 1 ? 0 : 1',
    replace: 'requestsPerMinute === 1 ? 0 : 1',
    noticedBy: ADMISSION,
  },
  {
    rule: 'a request that was let pass uncounted is counted with the next',
    file: 'lambda/access/admission.ts',
    find: 'count(key, lease + uncounted,',
    replace: 'count(key, lease,',
    noticedBy: ADMISSION,
  },
  {
    rule: 'a token that markup splits is found',
    file: 'lambda/access/withheld.ts',
    find: 'kept = text.slice(-wanted.length);',
    replace: "kept = '';",
    noticedBy: 'test/access/withheld.test.ts',
  },
  {
    rule: 'the outcome of a long answer is that of its envelope',
    file: 'lambda/access/answer-outline.ts',
    find: "closed(element), closed('Body'), closed('Envelope'), '$'",
    replace: 'closed(element)',
    noticedBy: 'test/access/answer-outline.test.ts',
  },
];
