import * as v from 'valibot';
import { troubles } from './event.ts';

/**
 * The JSON that machines receive (SNS protocols other than e-mail and SMS). Published as docs/reference/alarm-schema.json, which
 * a test generates from this file. Within one `schema` members are only added, so a reader ignores members that it does
 * not know; a removed or changed member makes the next number.
 */
const messageSchemaName = 'thingspace-rotation-alarm/1';

const described = (description: string) => v.pipe(v.string(), v.description(description));
const instant = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description));
const tally = (description: string) => v.pipe(v.number(), v.integer(), v.description(description));

const about = {
  schema: v.literal(messageSchemaName),
  id: described('Unique per happening; the same announcement may arrive twice with the same id.'),
  at: instant("When it happened, ISO 8601 in UTC, by DynamoDB's clock."),
  severity: v.picklist(['critical', 'warning', 'info']),
  credential: described('The username in lower case: the key of the lockout ledger.'),
  username: described('The username as the secret spells it.'),
  secretArn: described('ARN of the secret that holds the password.'),
  summary: described('One line for a person. Its wording is not stable: do not match on it.'),
  runbook: described('Where to read on.'),
  droppedBefore: v.optional(
    tally('Alarms before this one that could not be published and were given up, the least urgent first.'),
  ),
  lastAct: v.optional(
    v.pipe(
      v.strictObject({
        command: described('The command of the tool, such as `rotate`.'),
        actor: described('The operator, as `--as` named them.'),
        at: instant('When, ISO 8601 in UTC.'),
        reason: v.optional(described('The reason that was given with `--reason`.')),
      }),
      v.description(
        "An operator's last act with the tool, where it was in the day before. It need not be the cause.",
      ),
    ),
  ),
};

const lockout = v.pipe(
  v.strictObject({
    exposure: tally('Failed log-ins known or possible since the last success.'),
    possible: v.optional(tally('How many of these are only possible: no answer came, or not yet.')),
    limit: tally('Consecutive failures at which ThingSpace locks the username.'),
    budget: tally('Exposure at which the automation stops.'),
    left: tally('Log-ins that may still fail before the lock: limit - exposure, at least 0.'),
  }),
  v.description('Where the username stands after what happened.'),
);

const code = described("The platform's error code, where it gave one.");
const presentedVersion = described('Version of the secret whose password was presented.');
const token = described('ClientRequestToken of the rotation: the id of the version that it makes.');
const sealedAnswer = v.pipe(
  v.boolean(),
  v.description('Whether an answer that could not be read is kept sealed; it may hold the new password.'),
);

const trouble = v.pipe(
  v.picklist(troubles),
  v.description('The trouble that keeps, or kept, the credential from being rotated.'),
);
const since = instant('Since when, ISO 8601 in UTC.');

export const Message = v.variant('event', [
  v.strictObject({
    ...about,
    event: v.literal('failed-log-in'),
    lockout,
    actor: described('The presenter of the password: `rotation`, or the name of an app in its settings.'),
    purpose: v.picklist(['log-in', 'exchange', 'test', 'probe', 'trial']),
    certainty: v.picklist(['refused', 'unknown']),
    code: v.optional(code),
    replaced: v.optional(
      v.pipe(v.boolean(), v.description('A rotation replaced the password while the log-in was under way.')),
    ),
    versionId: presentedVersion,
  }),
  v.strictObject({
    ...about,
    event: v.literal('guard-closed'),
    lockout,
    countUnknown: v.optional(
      v.pipe(
        v.boolean(),
        v.description(
          'The ledger is new or was restored: the failures before are not known, and the budget counts as used.',
        ),
      ),
    ),
  }),
  v.strictObject({
    ...about,
    event: v.literal('password-unknown'),
    token,
    settlesAt: instant('When one log-in may settle it at the earliest, ISO 8601 in UTC.'),
    sealedAnswer,
  }),
  v.strictObject({
    ...about,
    event: v.literal('password-lost'),
    token,
    sealedAnswer,
    refused: v.optional(
      v.pipe(
        v.strictObject({ lockout, code: v.optional(code), versionId: presentedVersion }),
        v.description('The log-in that proved it; it counts, and no message "failed-log-in" is sent for it.'),
      ),
    ),
  }),
  v.strictObject({ ...about, event: v.literal('superseded'), token }),
  v.strictObject({
    ...about,
    event: v.literal('rolled-forward'),
    token,
    sealedUnder: described('Token of the rotation that received and sealed the password.'),
    alreadyCurrent: v.optional(
      v.pipe(v.boolean(), v.description('AWSCURRENT was on it before; only the ledger did not have it.')),
    ),
    notStoredSince: v.optional(
      instant('Since when it was announced that it could not be stored, which is over; ISO 8601 in UTC.'),
    ),
  }),
  v.strictObject({ ...about, event: v.literal('password-rotated'), token }),
  v.strictObject({
    ...about,
    event: v.literal('put-back'),
    versionId: described('Version that is AWSCURRENT now: its password was proven by one log-in.'),
    replacedVersionId: described('Version that was AWSCURRENT and held a dead password.'),
  }),
  v.strictObject({ ...about, event: v.literal('kept-aside'), token }),
  v.strictObject({
    ...about,
    event: v.literal('standing-trouble'),
    trouble,
    since,
    days: tally('Whole days since then.'),
    errorName: v.optional(described('The class of the error that steps of the rotation end in.')),
    versionId: v.optional(described('Version of the secret that it is about.')),
    token: v.optional(described('Rotation that it is about.')),
    holder: v.optional(
      v.pipe(
        v.strictObject({
          username: described('The username whose exchange has failed.'),
          secretArn: described('ARN of its secret.'),
          why: described('How the exchange ended: `unknown`, `lost`, or `unusable`.'),
          since,
        }),
        v.description('The exchange of another credential that a held rotation waits for.'),
      ),
    ),
  }),
  v.strictObject({ ...about, event: v.literal('trouble-over'), trouble, since }),
  v.strictObject({
    ...about,
    event: v.literal('exchanges-resume'),
    held: tally('How many rotations were held and have to be started again.'),
    how: v.pipe(
      v.picklist(['settled', 'released']),
      v.description('Whether the exchange was resolved, or an operator overrode the hold.'),
    ),
  }),
  v.strictObject({
    ...about,
    event: v.literal('sealed-answer-opened'),
    actor: described('The operator, as `--as` named them.'),
    token,
    answers: tally('How many sealed answers.'),
    to: v.pipe(v.picklist(['terminal', 'file']), v.description('Where they are shown.')),
  }),
  v.strictObject({
    ...about,
    event: v.literal('secret-read'),
    who: described("ARN of the reader's session or user."),
    from: described('The address of the reader, or the AWS service that called.'),
    agent: described("The reader's program, as it names itself."),
    readAt: instant("When it was read, ISO 8601 in UTC, by CloudTrail's clock."),
  }),
  v.strictObject({
    ...about,
    event: v.literal('pause-over'),
    since,
    until: instant('The end that the operator had given, ISO 8601 in UTC.'),
    actor: described('The operator who paused the rotations.'),
    reason: described('Why, in the words of that operator.'),
    endedBy: v.optional(described('The operator who ended the pause before its time.')),
    owed: v.pipe(
      v.boolean(),
      v.description('Whether a rotation came due during the pause; the daily check starts it.'),
    ),
  }),
  v.strictObject({
    ...about,
    event: v.literal('rotation-soon'),
    dueAt: instant('The rotation comes then at the latest, unless the calendar is closed; ISO 8601 in UTC.'),
    window: v.optional(described('The length of its window, such as `4h`.')),
    opensAt: v.optional(
      instant('The calendar is closed in that window, and opens then; a daily check after that starts it.'),
    ),
    readers: v.union([
      v.strictObject({
        listed: v.array(
          v.strictObject({
            principal: described('The ARN of the role or user; sessions count as their role.'),
            lastReadAt: instant('Its last read, ISO 8601 in UTC.'),
          }),
        ),
        more: tally('How many more there are.'),
        since: instant('Since when CloudTrail was looked through, ISO 8601 in UTC.'),
      }),
      v.strictObject({ notListed: described('Why they could not be listed.') }),
    ]),
  }),
]);

/** The shapes that the schema defines once, and refers to. */
export const shapes = { lockout, code, presentedVersion, token, sealedAnswer, trouble, since };

export type Message = v.InferOutput<typeof Message>;
