import fc from 'fast-check';
import { type AlarmEvent, troubles } from '../../lambda/alarms/event.ts';

/** Any text that could reach an alarm: control characters, lone surrogates, very long, empty. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    ' ',
    '\r\n',
    '\u0000',
    '\ud800',
    '\u202e',
    '%',
    '"'.repeat(5000),
    '\ud83d\ude00'.repeat(40_000),
  ),
);
const at = fc.oneof(fc.integer(), fc.double());
const about = { id: text, at, credential: text, username: text, secretArn: text };
const standing = {
  exposure: fc.nat(9),
  limit: fc.integer({ min: 2, max: 9 }),
  budget: fc.integer({ min: 1, max: 8 }),
};
const token = text;
const sealedAnswer = fc.boolean();

const withOptional = <Required extends object, Optional extends object>(
  required: { [Key in keyof Required]: fc.Arbitrary<Required[Key]> },
  optional: { [Key in keyof Optional]: fc.Arbitrary<Optional[Key]> },
) =>
  fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([all, some]) => ({ ...all, ...some }) as Required & Partial<Optional>);

/** Events of one name, with the members that each has and those that it may have. The message's schema holds their shape. */
const of = <Name extends AlarmEvent['event']>(
  event: Name,
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) =>
  withOptional({ ...about, event: fc.constant(event), ...required }, optional) as unknown as fc.Arbitrary<
    Extract<AlarmEvent, { event: Name }>
  >;

const ofOneKind: fc.Arbitrary<AlarmEvent> = fc.oneof(
  of(
    'failed-log-in',
    {
      ...standing,
      actor: fc.oneof(text, fc.constant('rotation')),
      purpose: fc.constantFrom('log-in', 'exchange', 'test', 'probe', 'trial'),
      certainty: fc.constantFrom('refused', 'unknown'),
      versionId: text,
    },
    { code: text, replaced: fc.constant(true), possible: fc.nat(9) },
  ),
  of('guard-closed', standing, { countUnknown: fc.constant(true) }),
  of('password-unknown', { token, settlesAt: at, sealedAnswer }),
  of(
    'password-lost',
    { token, sealedAnswer },
    { refused: fc.record({ ...standing, code: text, versionId: text }) },
  ),
  of('superseded', { token }),
  of(
    'rolled-forward',
    { token, sealedUnder: text },
    { notStoredSince: at, alreadyCurrent: fc.constant(true) },
  ),
  of('password-rotated', { token }),
  of('put-back', { versionId: text, replacedVersionId: text }),
  of('kept-aside', { token }),
  of(
    'standing-trouble',
    { trouble: fc.constantFrom(...troubles), since: at, days: fc.nat() },
    {
      ...{ errorName: text, versionId: text, token },
      holder: fc.record({ username: text, secretArn: text, why: text, since: at }),
    },
  ),
  of('trouble-over', { trouble: fc.constantFrom(...troubles), since: at }),
  of('exchanges-resume', { held: fc.nat(), how: fc.constantFrom('settled', 'released') }),
  of('sealed-answer-opened', {
    ...{ actor: text, token, answers: fc.nat() },
    to: fc.constantFrom('terminal', 'file'),
  }),
  of(
    'rotation-soon',
    {
      dueAt: at,
      readers: fc.oneof(
        fc.record({ notListed: text }),
        fc.record({
          listed: fc.array(fc.record({ principal: text, lastReadAt: at }), { maxLength: 3 }),
          more: fc.nat(),
          sinceMs: at,
        }),
      ),
    },
    { window: text, opensAt: at },
  ),
  of('secret-read', { who: text, from: text, agent: text, readAt: at }),
  of(
    'pause-over',
    { since: at, until: at, actor: text, reason: text, owed: fc.boolean() },
    { endedBy: text },
  ),
);

const lastAct = withOptional({ command: text, actor: text, at }, { reason: text });

export const arbitraryEvent: fc.Arbitrary<AlarmEvent> = fc
  .tuple(ofOneKind, fc.record({ droppedBefore: fc.nat(), lastAct }, { requiredKeys: [] }))
  .map(([event, more]) => ({ ...event, ...more }));
