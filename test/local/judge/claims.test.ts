import { expect, test } from 'vitest';
import { CLAIMS } from '../../../local/judge/claims.ts';
import { falsehoods } from '../../../local/judge/falsehoods.ts';
import type { Answer, Moment } from '../../../local/judge/moment.ts';
import { claimsIn, type Said } from '../../../local/judge/words.ts';

const T0 = Date.UTC(2026, 0, 5);
const answer = (password: string, accepted: boolean, operation: Answer['operation'] = 'LogIn'): Answer => ({
  atMs: T0,
  operation,
  password,
  accepted,
});

/** AWSCURRENT is on `v2`, whose password an exchange has made; `v1` holds the one that it replaced. */
const HEALTHY: Moment = {
  live: 'new',
  locked: false,
  current: 'new',
  stored: new Map([
    ['v1', 'old'],
    ['v2', 'new'],
  ]),
  sealed: new Map([['attempt-1', 'new']]),
  sealedLate: new Map(),
  sealedAnswers: 1,
  openAnswer: false,
  made: ['new'],
  answers: [answer('old', true), answer('old', true, 'GetNewPassword'), answer('new', true)],
  ofInvocation: [],
  exposure: 0,
  rotationBudget: 2,
  held: false,
};
/** The answer did not arrive: AWSCURRENT is still on `v1`, which ThingSpace has refused. */
const LOST: Moment = {
  ...HEALTHY,
  current: 'old',
  stored: new Map([['v1', 'old']]),
  sealed: new Map(),
  sealedAnswers: 0,
  answers: [...HEALTHY.answers.slice(0, 2), answer('old', false)],
  exposure: 1,
};
const SEALED: Moment = { ...LOST, sealed: HEALTHY.sealed, sealedAnswers: 1 };
/** The answer lies in a line of the log that no search finds yet. */
const LATE: Moment = { ...LOST, sealedLate: HEALTHY.sealed, sealedAnswers: 1 };
/** An answer that could not be read is sealed in the journal. */
const UNREAD: Moment = { ...LOST, openAnswer: true, sealedAnswers: 1 };
const OVER = { trouble: 'stored-password-refused', since: new Date(T0).toISOString() };

/** A text, its claim, a moment at which that is wrong, one at which it is true, and the facts of the message. */
type Planted = [text: string, claim: string, wrongAt: Moment, trueAt: Moment, facts?: Said['facts']];

const PLANTED: readonly Planted[] = [
  ['The password of fleet-api is lost.', 'lost', SEALED, LOST],
  ['CRITICAL: password lost, a person must reset it.', 'lost', HEALTHY, LOST],
  ['No answer that holds it could be read so far.', 'not read', SEALED, LOST],
  ['Nobody has the new one.', 'lost', HEALTHY, LOST],
  ['The password of fleet-api is lost.', 'lost', LATE, LOST],
  ['There is no copy of the new password anywhere.', 'no copy', SEALED, LOST],
  ['The new one never reached us.', 'no copy', SEALED, LOST],
  ['No copy of the new password has been found.', 'not found', SEALED, LATE],
  ['The password is lost, and no copy of the new one has been found.', 'not found', UNREAD, LOST],
  ['No copy of the new one is known.', 'not found', UNREAD, LOST],
  ['Unknown: its answer did not arrive.', 'did not arrive', UNREAD, LOST],
  ['Nothing is begun and nothing is lost.', 'nothing is lost', LOST, SEALED],
  ['ThingSpace has refused the password of fleet-api in version v1.', 'refused', HEALTHY, LOST],
  ['It was refused.', 'refused', HEALTHY, LOST, { versionId: 'v1' }],
  ['ThingSpace refuses both.', 'refuses both', SEALED, LOST],
  ['AWSCURRENT does not work: apps cannot log in.', 'dead', HEALTHY, LOST],
  ['CRITICAL: AWSCURRENT holds a dead password.', 'dead', HEALTHY, SEALED],
  ['ThingSpace accepted one log-in with it.', 'works', LOST, HEALTHY],
  ['It works.', 'works', { ...HEALTHY, locked: true }, HEALTHY],
  ['That is over.', 'over', LOST, HEALTHY, OVER],
  ['That is over.', 'over', { ...HEALTHY, held: true }, HEALTHY, { ...OVER, trouble: 'held' }],
  [
    'That is over.',
    'over',
    HEALTHY,
    { ...HEALTHY, answers: [{ ...answer('new', true), atMs: T0 + 60_000 }] },
    { ...OVER, since: new Date(T0 + 60_000).toISOString() },
  ],
  ['That is over.', 'over', { ...HEALTHY, exposure: 2 }, HEALTHY, { ...OVER, trouble: 'guard-closed' }],
  [
    'That is over.',
    'over',
    { ...HEALTHY, answers: [answer('new', true)] },
    HEALTHY,
    { ...OVER, trouble: 'rotation-failing' },
  ],
  ['The username is probably locked.', 'locked', HEALTHY, { ...HEALTHY, locked: true }],
  [
    'Nothing was sent to ThingSpace.',
    'nothing was sent',
    { ...HEALTHY, ofInvocation: [answer('new', true)] },
    HEALTHY,
  ],
  [
    'No new password is asked for, and no log-in was spent: another one is unknown.',
    'nothing was sent',
    { ...HEALTHY, ofInvocation: [answer('new', true)] },
    HEALTHY,
  ],
  [
    'ThingSpace was asked for nothing again.',
    'no new password was asked for',
    { ...HEALTHY, ofInvocation: [answer('old', true, 'GetNewPassword')] },
    HEALTHY,
  ],
  ['It is received and sealed.', 'sealed', LOST, SEALED],
  ['It is not yet in the secret.', 'not stored yet', HEALTHY, SEALED],
  [
    'The rotation and every app present no password any more.',
    'stopped',
    HEALTHY,
    { ...HEALTHY, exposure: 2 },
  ],
];

test.each(PLANTED)('finds “%s” (%s) only when it is wrong', (text, claim, wrongAt, trueAt, facts = {}) => {
  const said = { by: 'a message', text, facts };
  expect(falsehoods(said, [wrongAt]).join()).toContain(`claims "${claim}"`);
  expect(falsehoods(said, [trueAt])).toEqual([]);
  // The moment before an act outside is enough: the text cannot know of the act.
  expect(falsehoods(said, [wrongAt, trueAt])).toEqual([]);
});

test('accepts a loss claim about a late line in a text that promises another search', () => {
  const said = (text: string) => falsehoods({ by: 'a message', text, facts: {} }, [LATE]);
  expect(said('The password is lost. Each retry searches the log again.')).toEqual([]);
  expect(said('The password is lost. See the log.')).toHaveLength(1);
});

test('plants a wrong text for each claim of the table', () => {
  const planted = new Set(PLANTED.map(([, claim]) => claim));
  expect(CLAIMS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
});

test('reads no claim in a condition, a quotation, or a command', () => {
  expect(
    claimsIn('If it is refused, the username is locked. See "password lost" and `is lost`. Nothing else.'),
  ).toEqual(['See "…" and "…".', 'Nothing else.']);
});
