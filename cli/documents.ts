import * as v from 'valibot';
import { type FindingName, findings } from '../lambda/situations/all.ts';
import { report, shapes as reportShapes } from './report/schema.ts';

/**
 * The documents that the commands print with --json. Published as docs/reference/tool-schema.json, which a test generates
 * from this file. Members are only added, so a reader ignores those that it does not know.
 */
const text = (description: string) => v.pipe(v.string(), v.description(description));
const instant = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description));
const count = (description: string) => v.pipe(v.number(), v.integer(), v.description(description));
const ms = (description: string) => v.pipe(v.number(), v.description(description));

const version = text('The version of the secret.');
const secretArn = text('The ARN of the secret.');
const sentence = text('A sentence for a person. Its wording is not stable: do not match on it.');
const exitCode = v.pipe(
  v.picklist([0, 1, 2, 3, 4, 130]),
  v.description('As the process’s; docs/runbook.md has the table.'),
);
const error = v.strictObject({ name: text('The class of the error.'), message: sentence });
const reason = text('The reason that the operator gave with --reason.');
const step = text('The name of a step of docs/runbook.md, such as `store`.');

const ended = v.strictObject({
  command: text('The command; empty where none was given.'),
  exitCode,
  said: v.array(sentence),
  error: v.optional(error),
});

const mayLogIn = v.union([
  v.strictObject({ may: v.literal(true) }),
  v.strictObject({
    may: v.literal(false),
    errorName: text('The class of the error that such a log-in ends in.'),
    why: sentence,
    retryAt: v.optional(instant('When trying again may help.')),
  }),
]);

const lockout = v.strictObject({
  exposure: count('Failed log-ins known or possible since the last success.'),
  limit: v.optional(count('Consecutive failures at which ThingSpace locks the username.')),
  budget: v.optional(count('Exposure at which the automation stops.')),
  rotationBudget: v.optional(count('Exposure at which the rotation stops.')),
  failed: count('Failed log-ins known since the last success.'),
  inFlight: v.array(
    v.strictObject({
      actor: text('The presenter of the password.'),
      purpose: text('`log-in`, `exchange`, `test`, `probe` or `trial`.'),
      versionId: version,
      reservedAt: instant('Since when.'),
      countsAt: instant('When it counts as failed without an answer.'),
    }),
  ),
  waitsUntil: v.optional(instant('Before this time only an operator’s trial presents a password.')),
});

const hold = v.strictObject({
  username: text('The username whose exchange has failed.'),
  secretArn,
  why: text('How the exchange ended.'),
  since: instant('Since when.'),
});

const owed = v.pipe(v.boolean(), v.description('Whether a rotation came due since and waits.'));

const status = v.strictObject({
  verdict: v.strictObject({
    finding: v.picklist(Object.keys(findings) as FindingName[]),
    wellness: v.picklist(['well', 'goes-on', 'act']),
    means: sentence,
  }),
  next: v.array(
    v.strictObject({
      do: step,
      until: v.optional(instant('Until when to wait.')),
      secretArn: v.optional(text('The secret of another credential, where the step is about that one.')),
      command: v.optional(text('As it is typed.')),
    }),
  ),
  heldBy: v.optional(hold),
  calendar: v.optional(
    v.strictObject({
      until: instant('While the calendar of the service is closed: when it opens.'),
      owed,
    }),
  ),
  pause: v.optional(
    v.strictObject({
      since: instant('When the operator paused the rotations.'),
      until: instant('The end of the pause.'),
      actor: text('The operator.'),
      reason: text('Why, in the words of the operator.'),
      owed,
    }),
  ),
  credential: text('The username in lower case: the key of the lockout ledger.'),
  username: text('The username as the secret spells it; empty where there is none yet.'),
  at: instant('When the ledger was read, by DynamoDB’s clock.'),
  secretArn: v.optional(secretArn),
  lockout,
  refusedVersions: v.array(
    v.strictObject({
      versionId: version,
      at: instant('When it was refused, or replaced.'),
      replaced: v.boolean(),
      onceMoreAfter: v.optional(instant('When one more log-in may use it.')),
    }),
  ),
  journal: v.strictObject({
    state: v.picklist(['idle', 'exchanging', 'died', 'received', 'committed', 'unknown', 'lost']),
    rotation: v.optional(text('The token of the rotation.')),
    startedAt: v.optional(instant('When the exchange began.')),
    settlesAt: v.optional(instant('When it may be settled at the earliest.')),
    sealedAnswer: v.boolean(),
  }),
  setAside: count('Sealed answers of earlier rotations since the last log-in that worked.'),
  trouble: v.optional(
    v.strictObject({
      kind: text('The standing trouble, as in the alarms.'),
      since: instant('Since when.'),
      errorName: v.optional(text('The class of the error that steps of the rotation end in.')),
      failures: count('How often.'),
    }),
  ),
  waitingAlarms: v.array(v.strictObject({ event: text('As in the alarms.'), at: instant('Of the event.') })),
  current: v.optional(
    v.strictObject({
      versionId: version,
      storedAt: instant('When the version was made.'),
      works: v.picklist(['proven', 'unproven', 'unknown', 'no']),
      provenAt: v.optional(instant('The last log-in with it that worked.')),
      remark: v.optional(sentence),
      mayLogIn: v.optional(v.strictObject({ rotation: mayLogIn, app: mayLogIn, trial: mayLogIn })),
    }),
  ),
  rotation: v.optional(
    v.strictObject({
      enabled: v.boolean(),
      lastAt: v.optional(instant('The last rotation.')),
      nextAt: v.optional(instant('The next scheduled rotation.')),
    }),
  ),
  lastErrors: v.optional(v.array(v.strictObject({ errorName: text('The class.'), message: sentence }))),
});

const row = { name: text('The name of the secret.'), secretArn, exitCode };
const statusAll = v.array(
  v.union([v.strictObject({ ...row, report: status }), v.strictObject({ ...row, error })]),
);

const audit = v.array(
  v.strictObject({
    at: instant('When the outcome was recorded.'),
    actor: text('Who presented the password.'),
    purpose: text('What for.'),
    outcome: text(
      '`success`, `failure`, `unknown`, `uncounted`, `exchanged`, an act of an operator (`asked` is written before the act), or an event as in the alarms.',
    ),
    code: v.optional(text('ThingSpace’s error code.')),
    versionId: version,
    secretArn,
    exposure: count('Failed log-ins known or possible, after it.'),
    attempt: text('The id of the attempt, or of the event.'),
    token: v.optional(text('The rotation of an event.')),
    trouble: v.optional(text('The trouble that an event is about.')),
    reason: v.optional(reason),
  }),
);

const changes = v.array(
  v.strictObject({
    at: instant('Of the call.'),
    call: text('The operation, such as `PutSecretValue`.'),
    who: text('The caller’s ARN.'),
    from: text('The caller’s address, or the AWS service that called.'),
    versionId: v.optional(version),
    refusedWith: v.optional(text('AWS’s error: the call changed nothing.')),
    reason: v.optional(reason),
  }),
);

const record = v.looseObject({
  requestId: text('Of the request.'),
  at: ms('Milliseconds since 1970.'),
  caller: text('The caller’s ARN.'),
  principal: text('The role or user of the caller.'),
  user: v.optional(text('The application user.')),
  userBy: v.optional(text('`token`: a signed token proved the user.')),
  person: v.optional(text('The person that the caller’s session names.')),
  credential: text('The credential.'),
  service: text('Such as `CarrierService`.'),
  operation: text('Such as `ChangeDeviceState`.'),
  rule: text('The rule that decided.'),
  observed: v.optional(v.boolean()),
  reads: v.optional(v.boolean()),
  wide: v.optional(v.boolean()),
  unlisted: v.optional(v.boolean()),
  outcome: v.optional(text('Without one the request is unknown.')),
});
const accessLog = v.strictObject({
  records: v.array(record),
  wide: v.array(record),
  holders: v.array(
    v.looseObject({
      user: v.optional(text('The application user.')),
      caller: text('The caller’s ARN.'),
      credential: text('The credential.'),
      days: v.array(text('Such as `2026-01-05`.')),
    }),
  ),
});

const accessMay = v.strictObject({
  allowed: v.boolean(),
  rule: text('The rule that decides.'),
  why: v.optional(sentence),
  observed: v.optional(v.boolean()),
  others: v.array(
    v.strictObject({
      rule: text('A rule that does not give the request.'),
      fails: text('The part of the rule that the request fails.'),
      allows: v.array(text('What this part allows.')),
    }),
  ),
  services: v.optional(v.array(text('The only services for which rules give it.'))),
});

const accessChanges = v.strictObject({ changes: v.array(sentence) });

const doctor = v.array(
  v.strictObject({
    check: text('The part.'),
    ok: v.boolean(),
    says: sentence,
    errorName: v.optional(text('AWS’s name of the error, or its class.')),
  }),
);

const explain = v.strictObject({
  about: text('What the text names.'),
  short: sentence,
  means: sentence,
  byItself: sentence,
  todo: v.array(v.strictObject({ text: sentence, commands: v.array(text('As it is typed.')) })),
  never: v.array(sentence),
  section: text('The section of docs/runbook.md.'),
  secretArn: v.optional(secretArn),
});

const release = v.strictObject({
  holds: v.array(hold),
  held: v.array(text('The ARN of a secret whose rotation was held.')),
  released: v.array(hold),
});

const agent = v.strictObject({
  address: text('Where it listens.'),
  paths: v.array(text('Of each credential’s session.')),
  tokenFile: text('Where the token is.'),
});

/** By the command. A command that is not here, and each command that fails, prints `ended`. */
export const documents = {
  ended,
  status,
  'status --all': statusAll,
  audit,
  changes,
  'access-log': accessLog,
  'access-may': accessMay,
  'access-changes': accessChanges,
  doctor,
  explain,
  release,
  report,
  agent,
};

/** The shapes that the schema defines once, and refers to. */
export const shapes = {
  ...documents,
  version,
  secretArn,
  sentence,
  exitCode,
  error,
  reason,
  mayLogIn,
  hold,
  owed,
  record,
  ...reportShapes,
};
