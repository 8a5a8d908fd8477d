import { BEARER_CODES, GATEWAY } from '../thingspace/codes.ts';
import type { Situation } from './situation.ts';

/**
 * The situations that show themselves by an error, a metric, an alarm of the template, or a code. Most errors of the
 * function are announced as the trouble `rotation-failing`, with their name.
 */

const fault = (
  short: string,
  means: string,
  names: readonly string[],
  more: Partial<Situation> = {},
): Situation => ({
  wellness: 'act',
  short,
  means,
  byItself: 'A retry continues when it is repaired; a received password is not lost.',
  todo: [{ do: 'repair' }],
  section: 'rotation-failing',
  names,
  ...more,
});

export const notRead = fault(
  'ThingSpace cannot read the request',
  'ThingSpace cannot read our requests: the base URL, or the contract.',
  ['RequestNotReadError', 'PasswordElementError', 'UnsendableValueError', 'ContractError'],
  {
    todo: [
      { do: 'contract', when: 'Over SOAP:' },
      { do: 'repair', when: 'Over REST, check the base URL.' },
      { do: 'deploy' },
    ],
  },
);

export const noBearer = fault(
  'no bearer for a call over REST',
  'ThingSpace, or the gateway before it, gave no bearer for the application’s key and secret, or did not take it.',
  [
    'NoBearerError',
    'BearerError',
    'BearerRefusedError',
    'invalid_client',
    'unauthorized_client',
    ...BEARER_CODES.map((code) => `${GATEWAY}${code}`),
  ],
  {
    todo: [
      {
        do: 'repair',
        when: 'If it fails again, check in the portal that the key is active and may use the API.',
      },
      { do: 'store-key', when: 'If key or secret is at fault:' },
      { do: 'trial', when: 'If you have activated the key again:' },
    ],
  },
);

export const noTunnel = fault(
  'the proxy gives no tunnel to ThingSpace',
  'The HTTP proxy on the way to ThingSpace cannot be reached, refused the tunnel, or does not accept the credentials in its ' +
    'secret; or TLS failed within the tunnel. No request left, so nothing counts.',
  ['NoTunnelError', 'ProxyError'],
  {
    todo: [
      { do: 'repair', when: 'The error names the hop that failed: have the network’s owner repair it.' },
      { do: 'deploy', when: 'If the proxy’s address, or the file of CA certificates, is wrong:' },
    ],
  },
);

const thingspace = {
  unreachable: fault(
    'ThingSpace cannot be reached',
    'No request can reach ThingSpace: DNS, network, proxy, or the base URL.',
    ['ThingSpaceUnreachableError', 'NotSentError', 'ThingSpaceUnavailableError'],
  ),
  'not-read': notRead,
  'exchange-refused': fault(
    'no new password was made',
    'ThingSpace refused to make a new password; the old one still works.',
    ['ExchangeRefusedError'],
  ),
  'no-bearer': noBearer,
  'no-tunnel': noTunnel,
  'flawed-answer': fault(
    'an answer breaks HTTP',
    'An answer of ThingSpace, or of a proxy before it, breaks a rule of HTTP. Its bytes were read and sealed nevertheless.',
    ['HTTP_'],
    { byItself: 'The function reads a password that the answer holds; otherwise it reports the outcome.' },
  ),
  code: fault(
    'ThingSpace answered with an error code',
    'ThingSpace, or over REST the gateway before it, refused a request, and gave this code.',
    ['DeserializationFailed', 'INPUT_INVALID.', 'REQUEST_FAILED.', GATEWAY],
  ),
};

const surroundings = {
  'ledger-unavailable': fault(
    'the ledger does not answer',
    'The ledger’s table does not answer, and the product makes no log-in without it.',
    ['LedgerUnavailableError'],
    { section: 'your-own-rights' },
  ),
  'ledger-damaged': fault(
    'the ledger item is damaged',
    'The ledger item cannot be read or written; the product makes no log-in.',
    ['LedgerItemError'],
    { section: 'the-ledger-item-is-damaged' },
  ),
  'too-late': fault(
    'too little time was left',
    'Too little of the invocation was left for a log-in or for a new password; that request was not sent.',
    ['TooLateToLogInError', 'NotEnoughTimeError', 'TooLateToSendError'],
    { wellness: 'goes-on', byItself: 'The next invocation tries again.' },
  ),
  'log-not-searched': fault(
    'the log was not searched',
    'The function’s log could not be searched to its end for a sealed answer.',
    ['LogSearchUnfinishedError'],
    { section: 'password-unknown' },
  ),
  settings: fault(
    'the configuration cannot be used',
    'A setting of the deployment is missing, or contradicts another one; the text names it.',
    [
      ...[
        'SettingsError',
        'BudgetsError',
        'BaseUrlError',
        'AccessSettingsError',
        'ConfigurationError',
        'UsernameError',
      ],
      ...[
        'GrantError',
        'ServiceNameError',
        'CalendarError',
        'ReceiverFilterError',
        'SealingKeyChoiceError',
        'TokenHostError',
        'ThingSpaceApiError',
        'EgressError',
      ],
    ],
    { todo: [{ do: 'deploy' }] },
  ),
  aws: fault(
    'AWS did not do it',
    'AWS refused a call, or did not answer; the text names the call and the right.',
    ['AwsCallError'],
    { section: 'your-own-rights' },
  ),
  unexpected: fault(
    'an unexpected error',
    'An error that no code foresaw. Report it: it is a fault of this software.',
    ['UnexpectedError', 'PresentableError', 'InternalError'],
  ),
  invalid: fault(
    'the event is not a rotation',
    'The function was invoked with an event that is neither a step of a rotation nor a recover event.',
    ['InvalidEventError'],
  ),
  'rotation-over': fault(
    'a late step',
    'The event is of a rotation that is over or was overtaken, or was made by hand; it changed no state.',
    ['TokenNotStagedError', 'StaleRotationError'],
    { wellness: 'well', byItself: 'The rotation that is current continues.', todo: [], section: 'rotate' },
  ),
  'given-up': fault(
    'Secrets Manager gave the rotation up',
    'Secrets Manager has given up this rotation.',
    ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
    { byItself: 'EventBridge starts the recover event.', todo: [{ do: 'status' }], section: 'rotate' },
  ),
};

export const replacedPassword = fault(
  'a rotation has replaced this password',
  'The log-in would have used a password that a rotation has replaced: the current version of the secret holds a newer one.',
  ['ReplacedPasswordError'],
  {
    wellness: 'goes-on',
    byItself: 'A retry takes up the new one.',
    todo: [{ do: 'recover', when: 'If the secret holds it still:' }, { do: 'status' }],
    section: 'rotate',
  },
);

export const notUnlocked = fault(
  'the unlocking was not recorded',
  'The ledger takes no unlocking now: it is not needed, an attempt is in flight, or one came after it.',
  ['StillInFlightError', 'GuardNotClosedError', 'PresentedSinceError'],
  {
    byItself: 'No event.',
    todo: [
      {
        do: 'store',
        when: 'Where the guard is not closed, no report is needed: a stored password is tried once, and a success clears the count.',
      },
      {
        do: 'unlocked',
        when: 'Otherwise have support unlock the username once more, after the time that the text names, then report that.',
      },
    ],
    section: 'trial-and-unlocked',
  },
);

const sessions = {
  'no-session': fault(
    'an app has no session',
    'A session for an app could not be had, or the secret or the shared session cannot be used as it is.',
    ['SessionError', 'SessionSetupError', 'SessionGoneError'],
    {
      byItself: 'The app’s next request asks for a session again.',
      todo: [{ do: 'status' }],
      section: 'status',
    },
  ),
  'session-settings': fault(
    'an app’s settings cannot be used',
    'The settings that an app gave to createSession cannot be used; the text names the one to correct.',
    ['SessionSettingsError'],
  ),
  'agent-refused': fault(
    'a request for a session was refused',
    'A program asked the agent, or the access function, in a way that is not answered: without the agent’s token, through a proxy, by ' +
      'another name of the machine, or with a body that cannot be read. The text says which, and what to send.',
    ['GoneRequestError', 'WrongToken', 'WrongHost', 'ForwardedRequest'],
    {
      byItself: 'No session was returned, and none was dropped.',
      todo: [{ do: 'status' }],
      section: 'status',
    },
  ),
  'session-closed': fault(
    'an app used a session that it had closed',
    'The app’s own code called close() on a session, and asked it for a token later or at that moment.',
    ['SessionClosedError'],
    { wellness: 'well', byItself: 'A log-in that was under way still ends.', todo: [] },
  ),
  'log-in-failed': fault(
    'a log-in failed, or may have failed',
    'ThingSpace refused a log-in, or gave no usable answer; the message says which. It counts toward the lock of the username.',
    ['failed-log-in', 'FailedLogIns'],
    {
      byItself: 'The next successful log-in clears the count.',
      todo: [{ do: 'audit' }],
      section: 'failed-log-in',
    },
  ),
  'replaced-password': replacedPassword,
  'not-unlocked': notUnlocked,
};

/** The alarms of the template, by the end of their names. */
export const alarmSituations = {
  SilentFailureAlarm: fault(
    'invocations fail in silence',
    'The function has failed repeatedly without a message: it has no ledger or no settings, or was stopped.',
    ['UnannouncedFailures', 'Throttles'],
    {
      byItself:
        'Secrets Manager and the daily check retry. If an exchange was under way, its answer is sealed in the function’s log.',
      todo: [{ do: 'repair', when: 'The function’s log has the error.' }],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
  NotAnnouncedAlarm: fault(
    'messages are not published',
    'Messages wait in the ledger because SNS did not take them: the function’s right to publish, the topic, or its key.',
    ['AlarmPublishFailed', 'AlarmNotPublishedError', 'PublishTimeoutError', 'NumberOfNotificationsFailed'],
    {
      wellness: 'goes-on',
      byItself: 'The function’s next invocation publishes them.',
      todo: [{ do: 'test-alarm' }, { do: 'recover' }],
      section: 'messages-do-not-arrive',
    },
  ),
  TroubleAlarm: fault(
    'a credential needs an operator',
    'A credential needs an operator, or fails and may need one soon. The function’s messages name it and the next step.',
    ['TroubleStands', 'standing-trouble'],
    {
      byItself: 'The alarm ends some hours after a day’s checks have found no trouble.',
      todo: [{ do: 'status' }],
      section: 'standing-trouble',
    },
  ),
  OverdueAlarm: fault(
    'the rotation is overdue',
    'A password is older than its rotation allows: Secrets Manager did not rotate it, or the rotation fails.',
    ['PasswordAgeDays', 'DaysOverdue'],
    { byItself: 'No known event.', todo: [{ do: 'rotate' }], section: 'rotate' },
  ),
  UncheckedAlarm: fault(
    'the daily checks have stopped',
    'No credential was checked for 30 hours: the schedules were removed, or the function cannot be invoked.',
    [],
    {
      byItself:
        'No event. Until this is repaired, no message reports a password that is overdue or in trouble.',
      todo: [{ do: 'repair' }, { do: 'deploy' }],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
  NoCheckAlarm: fault(
    'no check was measured',
    'A part of the alarm that the daily checks have stopped; it is also red before the first check.',
    [],
    {
      wellness: 'well',
      byItself: 'The alarm itself sends no message.',
      todo: [],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
  CheckedOnceAlarm: fault(
    'a check was measured once',
    'A part of the alarm that the daily checks have stopped; it is OK since the first check.',
    [],
    {
      wellness: 'well',
      byItself: 'The alarm itself sends no message.',
      todo: [],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
  DeniedAlarm: fault(
    'requests are denied',
    'The access function denied or throttled requests: a caller tries operations that no rule allows, or sends too many.',
    [
      'AccessDenied',
      'CallerUnknown',
      'RequestRefused',
      'NotFound',
      'MethodNotAllowed',
      'Throttled',
      'ThingSpaceAccess.AccessDenied',
    ],
    {
      byItself: 'Each of them was answered with a fault.',
      todo: [{ do: 'access-log' }],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
  FailedAlarm: fault(
    'requests fail',
    'Requests through the access function failed: no record, no session, or no usable answer of ThingSpace.',
    [
      'AccessFailed',
      'NotRecorded',
      'NotSent',
      'NoSession',
      'OutcomeUnknown',
      'AnswerWithheld',
      'Refusal',
      'XmlSourceError',
    ],
    {
      byItself:
        'Each of them was answered with a fault; the log of the requests shows one without an answer as unknown.',
      todo: [{ do: 'access-log' }, { do: 'status' }],
      section: 'cloudwatch-and-eventbridge',
    },
  ),
} as const satisfies Record<string, Situation>;

const tool = {
  'called-wrongly': fault(
    'the tool was called wrongly',
    'The command, its options, or its answers cannot be used; the text says which. No change was made.',
    [
      ...[
        'UsageError',
        'TargetError',
        'FileError',
        'PortError',
        'NotConfirmedError',
        'SettingsDisagreeError',
        'NotRightError',
      ],
      ...['PasswordKnownDeadError', 'PasswordUnusableError', 'NoSealedAnswerError', 'ApiKeyUnusableError'],
    ],
    { byItself: 'No event.', todo: [{ do: 'status' }], section: 'status' },
  ),
  'not-done': fault(
    'the command did not reach its end',
    'The function, or the rotation, ended in an error, which the text names.',
    ['RotationNotDoneError', 'RecoverFailedError', 'NotWellError'],
    { byItself: 'A retry, or the daily check.', todo: [{ do: 'status' }], section: 'status' },
  ),
  measurement: fault(
    'a measurement',
    'A number of the dashboard: durations, invocations, deliveries, and writes. It reports no fault.',
    [
      'StaleWindowMs',
      'Duration',
      'Invocations',
      'NumberOfNotificationsDelivered',
      'ConsumedWriteCapacityUnits',
    ],
    { wellness: 'well', byItself: 'Everything.', todo: [], section: 'cloudwatch-and-eventbridge' },
  ),
};

export const faults = { ...thingspace, ...surroundings, ...sessions, ...tool };

/** The description of an alarm of the template. */
export function alarmDescription(alarm: keyof typeof alarmSituations, serviceName: string): string {
  const { short, means, byItself } = alarmSituations[alarm];
  return `ThingSpace rotation of ${serviceName}: ${short}. ${means} By itself: ${byItself} The runbook has the steps.`;
}
