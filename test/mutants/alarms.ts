import type { Mutant } from './mutants.ts';

const OUTBOX = 'test/ledger/outbox.test.ts';
const TROUBLE = 'test/ledger/trouble.test.ts';
const RENDER = 'test/alarms/render.test.ts';
const CREDENTIAL = 'test/secret/credential.test.ts';
const JSON_TEXT = 'test/secret/json-text.test.ts';

/** The rules of what a person is told, and of what a new password may do to the secret. */
export const alarmMutants: Mutant[] = [
  {
    rule: 'information gives way first',
    file: 'lambda/ledger/outbox.ts',
    find: "dropOldest(state, 'info'));",
    replace: "dropOldest(state, 'warning'));",
    noticedBy: OUTBOX,
  },
  {
    rule: 'what a person must act on is given up only beyond sixty',
    file: 'lambda/ledger/outbox.ts',
    find: 'state.outbox.length > MAX_CRITICAL',
    replace: 'state.outbox.length > MAX_WAITING',
    noticedBy: OUTBOX,
  },
  {
    rule: 'what is given up is counted, also what it was to say of others',
    file: 'lambda/ledger/outbox.ts',
    find: '1 + droppedBefore;',
    replace: '1;',
    noticedBy: OUTBOX,
  },
  {
    rule: 'the next alarm says how many were given up',
    file: 'lambda/ledger/outbox.ts',
    find: 'queued.droppedBefore = state.outboxDropped;',
    replace: '',
    noticedBy: OUTBOX,
  },
  {
    rule: 'an alarm is queued once per id',
    file: 'lambda/ledger/outbox.ts',
    find: 'if (state.outbox.some(({ id }) => id === alarm.id)) return;',
    replace: '',
    noticedBy: OUTBOX,
  },
  {
    rule: 'a trouble that lasts is said again',
    file: 'lambda/ledger/trouble.ts',
    find: 'if (saidAt > 0) return now - saidAt >= AGAIN_MS;',
    replace: 'if (saidAt > 0) return false;',
    noticedBy: TROUBLE,
  },
  {
    rule: 'it is said again only when twenty hours have passed',
    file: 'lambda/ledger/trouble.ts',
    find: 'AGAIN_MS = 20 * HOUR_MS',
    replace: 'AGAIN_MS = 19 * HOUR_MS',
    noticedBy: TROUBLE,
  },
  {
    rule: 'no two announcements of a trouble share an id',
    file: 'lambda/ledger/trouble.ts',
    find: 'const number = Math.floor(lastedMs / AGAIN_MS);',
    replace: 'const number = Math.floor(lastedMs / DAY_MS);',
    noticedBy: TROUBLE,
  },
  {
    rule: 'what has an event of its own is not said twice',
    file: 'lambda/ledger/trouble.ts',
    find: 'if (found.alreadySaid) trouble.saidAt = now;',
    replace: '',
    noticedBy: TROUBLE,
  },
  {
    rule: 'a rotation that fails now and then is no trouble',
    file: 'lambda/ledger/trouble.ts',
    find: "kind !== 'rotation-failing' || failures >= FAILURES",
    replace: "kind !== 'lost' || failures >= FAILURES",
    noticedBy: TROUBLE,
  },
  {
    rule: 'another error of the rotation starts anew',
    file: 'lambda/ledger/trouble.ts',
    find: "found.kind === 'rotation-failing' && standing.errorName !== found.errorName",
    replace: 'false',
    noticedBy: TROUBLE,
  },
  {
    rule: 'a trouble that says why is not replaced by failing steps',
    file: 'lambda/ledger/trouble.ts',
    find: "kind === 'rotation-failing' ? 1 : 2",
    replace: "kind === 'rotation-failing' ? 3 : 2",
    noticedBy: TROUBLE,
  },
  {
    rule: 'a sealed answer that does not open hides no failing rotation',
    file: 'lambda/ledger/trouble.ts',
    find: "if (kind === 'unreadable-envelope') return 0;",
    replace: '',
    noticedBy: TROUBLE,
  },
  {
    rule: 'the end of a trouble that was never said is quiet',
    file: 'lambda/ledger/trouble.ts',
    find: 'if (trouble.saidAt === 0) return;',
    replace: '',
    noticedBy: TROUBLE,
  },
  {
    rule: 'a trouble of a later release makes no item unreadable',
    file: 'lambda/ledger/state.ts',
    find: "v.custom<Trouble>((input) => typeof input === 'string')",
    replace: "v.custom<Trouble>((input) => input === 'lost' || input === 'rotation-failing')",
    noticedBy: TROUBLE,
  },
  {
    rule: 'a refused probe is a warning: what follows has its own message',
    file: 'lambda/alarms/severity.ts',
    find: "if (certainty === 'refused' && purpose === 'probe') return 'warning';",
    replace: '',
    noticedBy: RENDER,
  },
  {
    rule: 'a refused probe sends nobody to do anything',
    file: 'lambda/alarms/advice/failed-log-in.ts',
    find: "=> certainty === 'refused' && purpose === 'probe';",
    replace: "=> certainty === 'unknown' && purpose === 'probe';",
    noticedBy: RENDER,
  },
  {
    rule: 'failures that are only possible are said to be so',
    file: 'lambda/ledger/announce.ts',
    find: 'const possible = Object.keys(state.inFlight).length;',
    replace: 'const possible = 0;',
    noticedBy: 'test/ledger/settle.test.ts',
  },
  {
    rule: 'only the top-level password is replaced',
    file: 'lambda/secret/json-text.ts',
    find: 'if (depth === 1) {',
    replace: 'if (depth >= 1) {',
    noticedBy: JSON_TEXT,
  },
  {
    rule: 'a member’s name is read as JSON reads it',
    file: 'lambda/secret/json-text.ts',
    find: 'if (JSON.parse(member) === name)',
    replace: 'if (member.slice(1, -1) === name)',
    noticedBy: CREDENTIAL,
  },
  {
    rule: 'the secret has room for a new password before one is asked for',
    file: 'lambda/secret/credential.ts',
    find: 'if (bytes + RESERVED_BYTES <= MAX_BYTES) return;',
    replace: 'if (bytes <= MAX_BYTES) return;',
    noticedBy: CREDENTIAL,
  },
  {
    rule: 'sizes are in bytes, not in characters',
    file: 'lambda/secret/credential.ts',
    find: 'const bytes = Buffer.byteLength(value);',
    replace: 'const bytes = value.length;',
    noticedBy: CREDENTIAL,
  },
  {
    rule: 'a password that ThingSpace would refuse is not presented',
    file: 'lambda/secret/credential.ts',
    find: 'if (NEVER_ACCEPTED.test(password)) {',
    replace: "if (password === '<') {",
    noticedBy: CREDENTIAL,
  },
  {
    rule: 'a password that XML cannot carry is not stored',
    file: 'lambda/secret/credential.ts',
    find: 'if (!CARRIED_BY_XML.test(password))',
    replace: 'if (password === null)',
    noticedBy: CREDENTIAL,
  },
];
