import { expect, test } from 'vitest';
import { CLAIMS } from '../../../local/judge/claims.ts';
import { falsehoods } from '../../../local/judge/falsehoods.ts';
import type { Answer, Moment } from '../../../local/judge/moment.ts';
import { claimsIn } from '../../../local/judge/words.ts';

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

type Planted = {
  claim: string;
  text: string;
  wrongAt: Moment;
  trueAt: Moment;
  facts?: Record<string, unknown>;
};

const PLANTED: readonly Planted[] = [
  { claim: 'lost', text: 'The password of fleet-api is lost.', wrongAt: SEALED, trueAt: LOST },
  { claim: 'lost', text: 'CRITICAL: password lost, a person must reset it.', wrongAt: HEALTHY, trueAt: LOST },
  { claim: 'not read', text: 'No answer that holds it could be read so far.', wrongAt: SEALED, trueAt: LOST },
  { claim: 'lost', text: 'Nobody has the new one.', wrongAt: HEALTHY, trueAt: LOST },
  { claim: 'lost', text: 'The password of fleet-api is lost.', wrongAt: LATE, trueAt: LOST },
  { claim: 'no copy', text: 'There is no copy of the new password anywhere.', wrongAt: SEALED, trueAt: LOST },
  { claim: 'no copy', text: 'The new one never reached us.', wrongAt: SEALED, trueAt: LOST },
  { claim: 'not found', text: 'No copy of the new password has been found.', wrongAt: SEALED, trueAt: LATE },
  {
    claim: 'not found',
    text: 'The password is lost, and no copy of the new one has been found.',
    wrongAt: UNREAD,
    trueAt: LOST,
  },
  { claim: 'not found', text: 'No copy of the new one is known.', wrongAt: UNREAD, trueAt: LOST },
  { claim: 'did not arrive', text: 'Unknown: its answer did not arrive.', wrongAt: UNREAD, trueAt: LOST },
  { claim: 'nothing is lost', text: 'Nothing is begun and nothing is lost.', wrongAt: LOST, trueAt: SEALED },
  {
    claim: 'refused',
    text: 'ThingSpace has refused the password of fleet-api in version v1.',
    wrongAt: HEALTHY,
    trueAt: LOST,
  },
  { claim: 'refused', text: 'It was refused.', facts: { versionId: 'v1' }, wrongAt: HEALTHY, trueAt: LOST },
  { claim: 'refuses both', text: 'ThingSpace refuses both.', wrongAt: SEALED, trueAt: LOST },
  { claim: 'dead', text: 'AWSCURRENT does not work: apps cannot log in.', wrongAt: HEALTHY, trueAt: LOST },
  { claim: 'dead', text: 'CRITICAL: AWSCURRENT holds a dead password.', wrongAt: HEALTHY, trueAt: SEALED },
  { claim: 'works', text: 'ThingSpace accepted one log-in with it.', wrongAt: LOST, trueAt: HEALTHY },
  { claim: 'works', text: 'It works.', wrongAt: { ...HEALTHY, locked: true }, trueAt: HEALTHY },
  { claim: 'over', text: 'That is over.', facts: OVER, wrongAt: LOST, trueAt: HEALTHY },
  {
    claim: 'over',
    text: 'That is over.',
    facts: { ...OVER, trouble: 'held' },
    wrongAt: { ...HEALTHY, held: true },
    trueAt: HEALTHY,
  },
  {
    claim: 'over',
    text: 'That is over.',
    facts: { ...OVER, since: new Date(T0 + 60_000).toISOString() },
    wrongAt: HEALTHY,
    trueAt: { ...HEALTHY, answers: [{ ...answer('new', true), atMs: T0 + 60_000 }] },
  },
  {
    claim: 'over',
    text: 'That is over.',
    facts: { ...OVER, trouble: 'guard-closed' },
    wrongAt: { ...HEALTHY, exposure: 2 },
    trueAt: HEALTHY,
  },
  {
    claim: 'over',
    text: 'That is over.',
    facts: { ...OVER, trouble: 'rotation-failing' },
    wrongAt: { ...HEALTHY, answers: [answer('new', true)] },
    trueAt: HEALTHY,
  },
  {
    claim: 'locked',
    text: 'The username is probably locked.',
    wrongAt: HEALTHY,
    trueAt: { ...HEALTHY, locked: true },
  },
  {
    claim: 'nothing was sent',
    text: 'Nothing was sent to ThingSpace.',
    wrongAt: { ...HEALTHY, ofInvocation: [answer('new', true)] },
    trueAt: HEALTHY,
  },
  {
    claim: 'nothing was sent',
    text: 'No new password is asked for, and no log-in was spent: another one is unknown.',
    wrongAt: { ...HEALTHY, ofInvocation: [answer('new', true)] },
    trueAt: HEALTHY,
  },
  {
    claim: 'no new password was asked for',
    text: 'ThingSpace was asked for nothing again.',
    wrongAt: { ...HEALTHY, ofInvocation: [answer('old', true, 'GetNewPassword')] },
    trueAt: HEALTHY,
  },
  { claim: 'sealed', text: 'It is received and sealed.', wrongAt: LOST, trueAt: SEALED },
  { claim: 'not stored yet', text: 'It is not yet in the secret.', wrongAt: HEALTHY, trueAt: SEALED },
  {
    claim: 'stopped',
    text: 'The rotation and every app present no password any more.',
    wrongAt: HEALTHY,
    trueAt: { ...HEALTHY, exposure: 2 },
  },
];

test.each(PLANTED)('finds “$text” ($claim) only when it is wrong', (planted) => {
  const { claim, text, wrongAt, trueAt, facts = {} } = planted;
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
  const planted = new Set(PLANTED.map(({ claim }) => claim));
  expect(CLAIMS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
});

test('reads no claim in a condition, a quotation, or a command', () => {
  expect(
    claimsIn('If it is refused, the username is locked. See "password lost" and `is lost`. Nothing else.'),
  ).toEqual(['See "…" and "…".', 'Nothing else.']);
});
