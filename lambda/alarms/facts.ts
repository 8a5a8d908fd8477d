import { operatorTool, quoted } from '../operator-tool.ts';
import { situationOfTrouble } from '../situations/of-event.ts';
import { type Step, without } from '../situations/steps.ts';
import { meaningOf } from '../thingspace/codes.ts';
import type {
  AlarmEvent,
  ExchangesResume,
  FailedLogIn,
  PasswordLost,
  PauseOver,
  Purpose,
  Readers,
  RotationSoon,
  SealedAnswerOpened,
  SecretRead,
  Standing,
  StandingTrouble,
} from './event.ts';
import { instant, oneLine } from './legible.ts';
import type { Setting } from './setting.ts';
import { leftOf, standingWords } from './standing.ts';

/** The facts of one event, as its text shows them beside the words of its situation. */
type Facts = {
  /** Follows the situation's short words. */
  headline?: string;
  brief?: (brief: string) => string;
  happened?: string[];
  next?: string[];
  /** The steps that this event leaves. */
  steps?: (todo: readonly Step[]) => readonly Step[];
  until?: string;
  holderArn?: string;
  details: [name: string, value: string][];
};

export function factsOf(event: AlarmEvent, setting: Setting): Facts {
  switch (event.event) {
    case 'failed-log-in':
      return ofFailedLogIn(event);
    case 'guard-closed':
      if (event.countUnknown) return ofUnknownCount(event);
      return {
        ...ofStanding(event, ' for operators'),
        happened: [
          `Failed log-ins: ${standingWords(event)}. ThingSpace locks the username at ${event.limit}.`,
        ],
        details: [],
      };
    case 'password-unknown':
    case 'password-lost':
      return ofExchange(event, setting);
    case 'rolled-forward':
      return {
        happened: event.notStoredSince === undefined ? [] : [notStoredIsOver(event.notStoredSince)],
        details: named({ rotation: event.token, 'sealed by rotation': event.sealedUnder }),
      };
    case 'put-back':
      return {
        details: named({ 'current version': event.versionId, 'dead version': event.replacedVersionId }),
      };
    case 'superseded':
    case 'kept-aside':
      return { details: named({ 'rotation of the sealed password': event.token }) };
    case 'password-rotated':
      return { details: named({ rotation: event.token }) };
    case 'standing-trouble':
      return ofTrouble(event, setting);
    case 'trouble-over': {
      // In quotation marks: the words of a situation that no longer is.
      const what = `"${situationOfTrouble(event.trouble).short}"`;
      return {
        headline: `: ${what}`,
        happened: [`Since ${instant(event.since)} we had announced ${what}. That is over.`],
        next:
          event.trouble === 'held'
            ? ['If the held rotation has not run since, "exchanges-resume" has its command.']
            : [],
        details: named({ trouble: event.trouble, since: instant(event.since) }),
      };
    }
    case 'exchanges-resume':
      return ofResumed(event);
    case 'sealed-answer-opened':
      return ofOpened(event);
    case 'secret-read':
      return ofRead(event);
    case 'pause-over':
      return ofPause(event);
    case 'rotation-soon':
      return ofSoon(event);
  }
}

function ofResumed({ held, how, username }: ExchangesResume): Facts {
  return {
    headline: `, ${held} of them`,
    happened: [
      // The holder's item no longer shows the exchange: an operator may have deleted the item.
      how === 'settled'
        ? `The exchange of "${oneLine(username)}" no longer holds them.`
        : `An operator has overridden the hold that the exchange of "${oneLine(username)}" put on them.`,
    ],
    details: [['held', String(held)]],
  };
}

function ofOpened({ actor, token, answers, to }: SealedAnswerOpened): Facts {
  return {
    happened: [
      `The operator "${oneLine(actor)}" opens ${answers === 1 ? 'one answer' : `${answers} answers`} ` +
        `${to === 'file' ? 'into a file' : 'on a terminal'}; the first is of the rotation ${oneLine(token)}.`,
    ],
    details: named({ operator: actor, rotation: token }),
  };
}

function ofSoon({ dueAt, window, opensAt, readers }: RotationSoon): Facts {
  const due = instant(dueAt);
  const length = window === undefined ? '' : `, in a window of ${oneLine(window)}`;
  return {
    headline: opensAt === undefined ? `: by ${due.slice(0, 10)}` : `: from ${instant(opensAt).slice(0, 10)}`,
    happened: [
      opensAt === undefined
        ? `It comes by ${due} at the latest${length}.`
        : `Secrets Manager asks for it by ${due} at the latest${length}. While the calendar of the service is closed (until ${instant(opensAt)}) none begins: a daily check after that starts it.`,
      ...readerLines(readers),
    ],
    details: named({
      'due at': due,
      window,
      'opens at': opensAt === undefined ? undefined : instant(opensAt),
    }),
  };
}

function readerLines(readers: Readers): string[] {
  if ('notListed' in readers) return [`Its readers could not be listed (${oneLine(readers.notListed)}).`];
  const { listed, more, sinceMs } = readers;
  if (listed.length === 0)
    return [`CloudTrail shows no reader since ${instant(sinceMs)}, except the function and the tool.`];
  return [
    `These read it since ${instant(sinceMs)}, each with its last read; the one that has not read it for longest comes first:`,
    ...listed.map(({ principal, lastReadAt }) => `- ${oneLine(principal)}: ${instant(lastReadAt)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

function ofRead({ who, from, agent, readAt }: SecretRead): Facts {
  return {
    happened: [
      `"${oneLine(who, 2048)}" read it at ${instant(readAt)}, from ${oneLine(from)}, with "${oneLine(agent)}".`,
    ],
    details: named({ reader: who, 'read at': instant(readAt), from, program: agent }),
  };
}

function ofPause({ actor, since, until, reason, endedBy, owed }: PauseOver): Facts {
  const ended =
    endedBy === undefined
      ? 'Its time is over.'
      : `The operator "${oneLine(endedBy)}" has ended it before its time.`;
  return {
    happened: [
      `The operator "${oneLine(actor)}" had paused it from ${instant(since)} to ${instant(until)}. Reason: ${oneLine(reason)}.`,
      ended,
    ],
    next: [
      owed
        ? 'A rotation has come due since the pause began. The daily check has Secrets Manager start it, and a message reports its end.'
        : 'No rotation came due during the pause.',
    ],
    details: named({ since: instant(since), until: instant(until), actor, reason, 'ended by': endedBy }),
  };
}

const named = (facts: Record<string, string | undefined>): [string, string][] =>
  Object.entries(facts).flatMap(([name, fact]): [string, string][] =>
    fact === undefined ? [] : [[name, oneLine(fact)]],
  );

/** The count in headline and SMS. Without a log-in left, or with the last one, no step makes a log-in first. */
function ofStanding(standing: Standing, forWhom = ''): Omit<Facts, 'details'> {
  const left = leftOf(standing);
  return {
    headline: `, ${standing.exposure} of ${standing.limit} used`,
    brief: (brief) => `${left} left${forWhom}. ${brief}`,
    ...(left <= 1 ? { steps: withoutTrial } : {}),
  };
}

const ofUnknownCount = (standing: Standing): Facts => ({
  happened: [
    `How many log-ins failed before is not known. The automation counts its whole share as used (${standing.budget} of the ` +
      `${standing.limit} at which ThingSpace locks the username).`,
  ],
  ...(leftOf(standing) <= 1 ? { steps: withoutTrial } : {}),
  details: [],
});

const withoutTrial = (todo: readonly Step[]): Step[] =>
  without(todo, 'trial').map((step) => (step.do === 'unlocked' ? { do: 'unlocked' } : step));

const purposeWords: Record<Purpose, string> = {
  'log-in': 'to log in',
  exchange: 'to have a new password made (GetNewPassword)',
  test: 'to test the new password, which is already AWSCURRENT',
  probe: 'to test whether it is the live one',
  trial: 'as a trial from the share of the operators',
};

function presenter({ actor, purpose }: FailedLogIn): string {
  if (purpose === 'trial') return `An operator ("${oneLine(actor)}")`;
  return actor === 'rotation' ? 'The rotation function' : `The app "${oneLine(actor)}"`;
}

function ofFailedLogIn(event: FailedLogIn): Facts {
  const isLocked = leftOf(event) === 0;
  return {
    ...ofStanding(event),
    happened: [
      `${presenter(event)} used the password of "${oneLine(event.username)}" in version ${oneLine(event.versionId)} ` +
        `${purposeWords[event.purpose]}. ${event.certainty === 'refused' ? 'It was refused.' : 'No usable answer came.'}`,
      `Failed log-ins: ${standingWords(event)}.${isLocked ? ' The username may be locked.' : ''}`,
      `Cause: ${causeOf(event)}`,
    ],
    ...(isLocked && event.certainty === 'refused' ? { steps: afterTheLock } : {}),
    ...(event.exposure >= event.budget && !isLocked
      ? { next: ['The automation’s share is used up: "guard-closed" has the steps.'] }
      : {}),
    details: [
      ...named({ actor: event.actor, purpose: event.purpose, certainty: event.certainty }),
      ...named({ 'error code': event.code ?? '(none)', version: event.versionId }),
    ],
  };
}

const afterTheLock = (): Step[] => [{ do: 'unlocked' }, { do: 'recover' }];

function causeOf({ code, certainty }: FailedLogIn): string {
  if (code !== undefined) return `${meaningOf(code).words} (${oneLine(code)}).`;
  return certainty === 'refused'
    ? 'ThingSpace gave no error code.'
    : 'the connection broke, timed out, or brought something that is not an answer of ThingSpace.';
}

function ofExchange(event: Extract<AlarmEvent, { sealedAnswer: boolean }>, setting: Setting): Facts {
  const settlesAt = 'settlesAt' in event ? instant(event.settlesAt) : undefined;
  return {
    ...(settlesAt && !event.sealedAnswer
      ? { brief: () => `Store nothing before ${settlesAt.slice(0, 16)}Z.` }
      : {}),
    ...(settlesAt && { until: settlesAt }),
    ...(event.sealedAnswer ? {} : { steps: (todo) => without(todo, 'open') }),
    happened: event.event === 'password-lost' ? refusedWords(event) : [],
    next: othersHeld(event, setting),
    details: named({
      rotation: event.token,
      'settles at': settlesAt,
      'sealed answer': event.sealedAnswer ? 'yes' : 'no',
    }),
  };
}

function refusedWords({ refused }: PasswordLost): string[] {
  if (!refused) return [];
  const { code, versionId } = refused;
  const why = code === undefined ? 'without an error code' : `${meaningOf(code).words} (${oneLine(code)})`;
  return [
    `One log-in with the old password (version ${oneLine(versionId)}) has proven it: refused, ${why}. Failed log-ins: ` +
      `${standingWords(refused)}.`,
  ];
}

const notStoredIsOver = (since: number): string =>
  `The trouble that it could not be stored, announced since ${instant(since)}, is over.`;

/** The paragraph of a failed exchange's message about the service's other credentials. */
function othersHeld({ secretArn }: AlarmEvent, { othersHeld }: Setting): string[] {
  if (!othersHeld) return [];
  return [
    'The same fault may affect every credential: the other rotations of this service begin no exchange until this one is ' +
      `resolved, or an operator overrides the hold: ${operatorTool()} release --secret ${quoted(oneLine(secretArn, 2048))}. ` +
      'Their passwords stay as they are, and "exchanges-resume" reports when they can be started again.',
  ];
}

function ofTrouble(event: StandingTrouble, setting: Setting): Facts {
  const since = instant(event.since);
  const { trouble, errorName, versionId, token, holder, days } = event;
  const holds = trouble === 'lost' || trouble === 'unknown' || trouble === 'unusable-password';
  return {
    ...(days > 0 ? { headline: `, day ${days + 1}` } : {}),
    happened: [
      ...(errorName === undefined ? [] : [`The last error: ${oneLine(errorName)}.`]),
      ...(trouble === 'rotation-failing' && errorName === undefined
        ? ['No error was seen: its invocations were stopped, or could not report why they failed.']
        : []),
      ...(holder
        ? [
            `It waits for the exchange of "${oneLine(holder.username)}" (secret ${oneLine(holder.secretArn, 2048)}): ` +
              `${oneLine(holder.why)} since ${instant(holder.since)}.`,
          ]
        : []),
      ...(days > 0 ? [`It has lasted since ${since}.`] : []),
    ],
    next: [
      ...(holds ? othersHeld(event, setting) : []),
      'This message comes again every day until that is over; "trouble-over" reports the end.',
    ],
    ...(holder ? { holderArn: holder.secretArn } : {}),
    details: named({ trouble, since, error: errorName, version: versionId, rotation: token }),
  };
}
