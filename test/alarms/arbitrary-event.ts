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

const ofOneKind: fc.Arbitrary<AlarmEvent> = fc.oneof(
  withOptional(
    {
      ...about,
      ...standing,
      event: fc.constant('failed-log-in' as const),
      actor: fc.oneof(text, fc.constant('rotation')),
      purpose: fc.constantFrom(
        'log-in' as const,
        'exchange' as const,
        'test' as const,
        'probe' as const,
        'trial' as const,
      ),
      certainty: fc.constantFrom('refused' as const, 'unknown' as const),
      versionId: text,
    },
    { code: text, replaced: fc.constant(true) },
  ),
  fc.record({ ...about, ...standing, event: fc.constant('guard-closed' as const) }),
  fc.record({
    ...about,
    event: fc.constant('password-unknown' as const),
    token,
    settlesAt: at,
    sealedAnswer,
  }),
  withOptional(
    { ...about, event: fc.constant('password-lost' as const), token, sealedAnswer },
    { refused: fc.record({ ...standing, code: text, versionId: text }) },
  ),
  fc.record({ ...about, event: fc.constant('superseded' as const), token }),
  withOptional(
    { ...about, event: fc.constant('rolled-forward' as const), token, sealedUnder: text },
    { notStoredSince: at, alreadyCurrent: fc.constant(true) },
  ),
  fc.record({ ...about, event: fc.constant('password-rotated' as const), token }),
  fc.record({ ...about, event: fc.constant('put-back' as const), versionId: text, replacedVersionId: text }),
  fc.record({ ...about, event: fc.constant('kept-aside' as const), token }),
  withOptional(
    {
      ...about,
      event: fc.constant('standing-trouble' as const),
      trouble: fc.constantFrom(...troubles),
      since: at,
      days: fc.nat(),
    },
    {
      errorName: text,
      versionId: text,
      token,
      holder: fc.record({ username: text, secretArn: text, why: text, since: at }),
    },
  ),
  fc.record({
    ...about,
    event: fc.constant('trouble-over' as const),
    trouble: fc.constantFrom(...troubles),
    since: at,
  }),
  fc.record({
    ...about,
    event: fc.constant('exchanges-resume' as const),
    held: fc.nat(),
    how: fc.constantFrom('settled' as const, 'released' as const),
  }),
  fc.record({
    ...about,
    event: fc.constant('sealed-answer-opened' as const),
    actor: text,
    token,
    answers: fc.nat(),
    to: fc.constantFrom('terminal' as const, 'file' as const),
  }),
  withOptional(
    {
      ...about,
      event: fc.constant('rotation-soon' as const),
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
  fc.record({
    ...about,
    event: fc.constant('secret-read' as const),
    who: text,
    from: text,
    agent: text,
    readAt: at,
  }),
  withOptional(
    {
      ...about,
      event: fc.constant('pause-over' as const),
      since: at,
      until: at,
      actor: text,
      reason: text,
      owed: fc.boolean(),
    },
    { endedBy: text },
  ),
);

const lastAct = withOptional({ command: text, actor: text, at }, { reason: text });

export const arbitraryEvent: fc.Arbitrary<AlarmEvent> = fc
  .tuple(ofOneKind, fc.record({ droppedBefore: fc.nat(), lastAct }, { requiredKeys: [] }))
  .map(([event, more]) => ({ ...event, ...more }));
