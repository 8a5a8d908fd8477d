import * as v from 'valibot';

/** The report as a value: HTML, JSON and CSV render it, and add no fact. */
const text = (description: string) => v.pipe(v.string(), v.description(description));
const instant = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description));
const count = (description: string) => v.pipe(v.number(), v.integer(), v.description(description));
const days = (description: string) => count(`${description} In whole days, rounded down.`);

const rows = v.pipe(
  v.array(v.string()),
  v.description(
    'The rows of the record that show it: `L7` and ranges such as `L7–L9` are in `rows`, `T` is CloudTrail.',
  ),
);
const figure = v.strictObject({ value: count('How many, in the period.'), rows });

const age = v.union([
  v.strictObject({ known: v.literal('exactly'), days: days('The age.') }),
  v.strictObject({
    known: v.literal('between'),
    atLeastDays: days('If the password was made as late as the record allows.'),
    atMostDays: days('If it was made as early as the record allows.'),
  }),
  v.strictObject({ known: v.literal('at least'), atLeastDays: days('The record does not go back further.') }),
  v.strictObject({ known: v.literal('no') }),
]);

const bound = v.strictObject({ at: instant('The time of the row.'), row: text('The row.') });
const segment = v.strictObject({
  from: instant('Since when this password is on record as the one of the username.'),
  to: instant('Until when.'),
  madeAfter: v.optional(bound),
  madeBefore: v.optional(bound),
});

const exception = v.strictObject({
  kind: text('Such as `lost`, `over-age`, `released`.'),
  from: instant('When it began, or happened.'),
  to: v.optional(
    instant('When it was over. Without it, it was not over at the end of the period, unless `momentary`.'),
  ),
  momentary: v.optional(v.boolean()),
  words: text('A sentence for a person. Its wording is not stable.'),
  rows,
});

const rotation = v.strictObject({
  issuedAt: v.optional(
    instant('When ThingSpace had issued the new password. Without it, the row is not on record.'),
  ),
  finishedAt: v.optional(instant('When the rotation ended. Without it, its end is not on record.')),
  how: v.picklist(['rotated', 'rolled-forward', 'issued']),
  token: v.optional(text('The rotation.')),
  rows,
});

const act = v.strictObject({
  at: instant('When.'),
  who: text('The name that the operator gave, or the ARN of the caller.'),
  what: text('The command, or the call.'),
  outcome: text('The outcome, or AWS’s refusal.'),
  reason: v.optional(text('The reason that the operator gave.')),
  versionId: text('The version of the secret; empty where it is about none.'),
  from: v.optional(text('The caller’s address.')),
  row: text('The row.'),
});

const logIns = v.strictObject({
  actor: text('The presenter of the password.'),
  purpose: text('What for.'),
  succeeded: count('Log-ins, or exchanges that brought a new password.'),
  failed: count('Refused and counted.'),
  unanswered: count('Without a usable answer: each may have counted.'),
  uncounted: count('Never sent, or not read by ThingSpace.'),
  first: instant('The first.'),
  last: instant('The last.'),
});

const row = v.strictObject({
  row: text('The name by which this report quotes it.'),
  source: v.picklist(['ledger', 'CloudTrail']),
  id: text('The id of the attempt or event, as the command `audit` has it; empty for CloudTrail.'),
  at: instant('When it was recorded.'),
  actor: text('Who.'),
  purpose: text('What for.'),
  outcome: text('The outcome.'),
  code: v.optional(text('ThingSpace’s error code.')),
  codeMeans: v.optional(text('The meaning of the code.')),
  versionId: text('The version of the secret; empty where it is about none.'),
  exposure: v.optional(count('Failed log-ins known or possible, after it.')),
  reason: v.optional(text('The reason that the operator gave.')),
});

const credential = v.strictObject({
  name: text('The name of the secret.'),
  secretArn: text('The ARN of the secret.'),
  username: text('The username of the last rotation; empty where none is on record.'),
  createdAt: v.optional(instant('When the secret was made.')),
  now: v.strictObject({
    rotationIsOn: v.boolean(),
    nextRotationAt: v.optional(instant('The next scheduled rotation.')),
    deletedAt: v.optional(instant('Since when the secret waits to be deleted.')),
    journal: text('The state of the last exchange.'),
    trouble: v.optional(text('The trouble that stands.')),
    exposure: count('Failed log-ins known or possible since the last success.'),
  }),
  figures: v.strictObject({
    newPasswords: figure,
    logInsSucceeded: figure,
    logInsFailed: figure,
    logInsUnanswered: figure,
    exceptions: count('Entries of `exceptions`.'),
    openExceptions: count('Exceptions that were not over at the end of the period.'),
    acts: count('Entries of `acts`.'),
  }),
  age: v.strictObject({ atEnd: age, most: v.optional(age), segments: v.array(segment) }),
  rotations: v.array(rotation),
  exceptions: v.array(exception),
  acts: v.array(act),
  logIns: v.array(logIns),
  rowsInAll: count(
    'Rows of the ledger about this username up to the end of the period, on record when the report was made.',
  ),
  firstRowAt: v.optional(instant('The oldest of them.')),
  rows: v.array(row),
  gaps: v.array(text('What the record does not show about this credential.')),
});

const tally = {
  requests: count('Requests.'),
  done: count('Answered by ThingSpace as they should be; a request that reads counts here when it was sent.'),
  refused: count('Answered with a fault.'),
  unknown: count('Sent, or perhaps sent; the result is not known.'),
  notSent: count('Nothing left the access function.'),
  denied: count('The policy does not allow it.'),
  first: instant('The first.'),
  last: instant('The last.'),
};
const access = v.strictObject({
  requests: count('Records of requests in the period.'),
  changes: count('Those that may change a device.'),
  reads: count('Those that only read.'),
  sessions: count('Those about the session itself.'),
  firstAt: v.optional(instant('The oldest record in the period.')),
  changesByPerson: v.array(
    v.strictObject({
      who: text('The application user, the person, or the caller.'),
      through: text('The caller that spoke for the user or person; empty where it speaks for itself.'),
      provenBy: v.optional(text('`token`: a signed token proved the user.')),
      credential: text('The credential.'),
      operation: text('The operation, and the kind of a state change.'),
      ...tally,
    }),
  ),
  readsByPerson: v.array(
    v.strictObject({
      who: text('As above.'),
      through: text('As above.'),
      credential: text('As above.'),
      ...tally,
    }),
  ),
  sessionsByPerson: v.array(
    v.strictObject({
      who: text('As above.'),
      through: text('As above.'),
      credential: text('As above.'),
      handedOut: count('How often the session was handed out. Requests sent with it are not on record here.'),
      dropped: count('How often the caller reported that the session was gone.'),
      denied: count('How often the policy denied it.'),
      first: instant('The first.'),
      last: instant('The last.'),
    }),
  ),
});

export const report = v.strictObject({
  madeAt: instant('When the report was made, by DynamoDB’s clock where it answered.'),
  version: text('The version of the tool.'),
  place: text('The region, and the profile of the reader.'),
  function: v.optional(text('The ARN of the rotation function.')),
  period: v.strictObject({
    from: instant('The beginning, included.'),
    to: instant('The end, excluded.'),
    endsEarly: v.optional(v.boolean()),
  }),
  limitDays: count('The age up to which a password is as it should be.'),
  lockoutLimit: v.optional(
    count('Consecutive failures at which ThingSpace locks the username, as the function is set now.'),
  ),
  credentials: v.array(credential),
  unread: v.array(
    v.strictObject({
      name: text('The secret.'),
      secretArn: text('Its ARN.'),
      why: text('Why it could not be read.'),
    }),
  ),
  access: v.optional(access),
  gaps: v.array(text('What the record does not show.')),
});

/** The shapes that the schema of the report defines once. */
export const shapes = {
  reportCredential: credential,
  reportAccess: access,
  figure,
  rows,
  age,
  bound,
  segment,
  exception,
  rotation,
  act,
  logIns,
  row,
};

export type Report = v.InferOutput<typeof report>;
export type CredentialReport = Report['credentials'][number];
export type AccessReport = NonNullable<Report['access']>;
export type Age = CredentialReport['age']['atEnd'];
export type Segment = CredentialReport['age']['segments'][number];
export type Exception = CredentialReport['exceptions'][number];
export type Act = CredentialReport['acts'][number];
export type Rotation = CredentialReport['rotations'][number];
export type RecordRow = CredentialReport['rows'][number];
