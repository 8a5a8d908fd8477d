import { meaningOf } from '../../thingspace/codes.ts';
import type { FailedLogIn, Purpose } from '../event.ts';
import { oneLine } from '../legible.ts';
import { byHand, leftOf, standingWords } from '../standing.ts';
import { phoneSupport, type Setting, type Step, showVersions, storePassword } from '../steps.ts';
import type { Advice } from './shape.ts';

export function failedLogIn(event: FailedLogIn, setting: Setting): Advice {
  if (event.replaced) return refusedAsReplaced(event);
  const refused = event.certainty === 'refused';
  return {
    headline: `log-in ${refused ? 'refused' : 'unanswered'}, ${event.exposure} of ${event.limit} used`,
    brief: isProbe(event)
      ? `${leftOf(event)} left. Another message says what follows.`
      : `${leftOf(event)} left. Try no passwords by hand. Steps: see e-mail.`,
    happened: [
      `${presenter(event)} presented the password of "${oneLine(event.username)}" to ThingSpace ` +
        `${purposeWords[event.purpose]}. ${refused ? 'It was refused.' : 'No usable answer came back, so it may have counted as a failed log-in.'}`,
      `Failed log-ins: ${standingWords(event)}.`,
      `Cause: ${causeOf(event)}`,
    ],
    next: refused ? nextWhenRefused(event) : nextWhenUnknown,
    todo: refused ? todoWhenRefused(event, setting) : todoWhenUnknown,
    never: [byHand(event), ...(isProbe(event) ? [] : [neverOf(refused)])],
    facts: factsOf(event),
  };
}

const factsOf = (event: FailedLogIn): Advice['facts'] => [
  ['who tried', oneLine(event.actor)],
  ['what for', event.purpose],
  ['certainty', event.certainty],
  ['error code', event.code === undefined ? '(none)' : oneLine(event.code)],
  ['version', oneLine(event.versionId)],
];

/** The log-in was reserved before the exchange and arrived after it. */
function refusedAsReplaced(event: FailedLogIn): Advice {
  return {
    headline: `log-in refused, ${event.exposure} of ${event.limit} used`,
    brief: 'Our own rotation replaced the password. Nothing to do.',
    happened: [
      `${presenter(event)} presented the password of "${oneLine(event.username)}" to ThingSpace ` +
        `${purposeWords[event.purpose]}, and at the same time a rotation replaced that password. It was refused.`,
      `Failed log-ins: ${standingWords(event)}.`,
      `Cause: the rotation came first; ThingSpace answered that ${causeOf(event)}`,
    ],
    next: [
      'The next successful log-in, usually the test of the new password, clears the count.',
      'The password of this version is not presented again. Whoever reads AWSCURRENT gets the new one.',
    ],
    todo: [],
    never: [byHand(event), 'Do not store the password that was refused: it is dead.'],
    facts: factsOf(event),
  };
}

/**
 * Reports whether the log-in was a probe that was refused: it finds out which of several passwords works, so a refusal
 * is half of an answer.
 */
const isProbe = ({ certainty, purpose }: FailedLogIn) => certainty === 'refused' && purpose === 'probe';

const neverOf = (refused: boolean) =>
  refused
    ? 'Do not press "Rotate secret immediately" before a new version is stored: nothing would be sent, or the same password refused again.'
    : 'Do not restart apps or rotations to "force" it: each attempt may cost one more.';

const purposeWords: Record<Purpose, string> = {
  'log-in': 'to log in',
  exchange: 'to have a new password made (GetNewPassword)',
  test: 'to test the new password, which is already AWSCURRENT',
  probe: 'to find out whether it is the live one',
  trial: 'as a trial from the share of the people',
};

function presenter({ actor, purpose }: FailedLogIn): string {
  if (purpose === 'trial') return `A person ("${oneLine(actor)}")`;
  return actor === 'rotation' ? 'The rotation function' : `The app "${oneLine(actor)}"`;
}

function causeOf(event: FailedLogIn): string {
  if (event.code !== undefined) return `${meaningOf(event.code).words} (${oneLine(event.code)}).`;
  return event.certainty === 'refused'
    ? 'the platform gave no error code.'
    : 'the connection broke, timed out or brought something that is no answer of ThingSpace.';
}

function nextWhenRefused(event: FailedLogIn): string[] {
  // The ledger allows one retry of a refusal that may not be about the password, or of a password that is less than an
  // hour old.
  const certain = event.code !== undefined && meaningOf(event.code).certainlyCredentials;
  const once =
    certain && event.purpose !== 'test'
      ? 'We do not present the password of this version again (only a password less than an hour old gets one more try).'
      : 'We present the password of this version at most once more, after 30 minutes: the refusal may have had another cause.';
  return [
    `${once} The retries of Secrets Manager fail at once, send nothing and cost no log-in.`,
    event.exposure >= event.budget
      ? 'Our share is used up: nothing of ours logs in any more; the alarm "guard-closed" says how to open it.'
      : 'When a new version of the secret is stored, its password is tried once, and everything goes on.',
    ...(isProbe(event)
      ? [
          'What follows from it comes as a message of its own, which says what to do: the password is lost, another ' +
            'one was put back, or a person must choose.',
        ]
      : []),
    ...(event.actor === 'rotation' && event.purpose === 'log-in' && event.exposure < event.budget
      ? [
          'If the password that the last rotation made is another one, the next rotation or recover proves it with one ' +
            'log-in and puts it back by itself; the message "put-back" says so.',
        ]
      : []),
  ];
}

function todoWhenRefused(event: FailedLogIn, setting: Setting): Step[] {
  if (isProbe(event)) {
    return [
      {
        text: 'Nothing because of this message alone: wait for the one that follows, usually within minutes.',
      },
    ];
  }
  if (leftOf(event) === 0) {
    return [
      phoneSupport(event, setting, 'The username is probably locked.'),
      storePassword(event, 'Store the password that support gave you, as a new version of the secret.'),
      { text: 'Go on as the alarm "guard-closed" says: the count must be told of the unlocking.' },
    ];
  }
  return [
    ...whoseVersion(event),
    storePassword(event, 'If the stored password is wrong and you know the right one, store it.'),
    phoneSupport(event, setting, 'If nobody knows the right one, or the username is locked:'),
    {
      text:
        'When a new version is stored, the next retry or scheduled rotation goes on with it. If that is too ' +
        'late, press "Rotate secret immediately" in the console, once.',
    },
  ];
}

function whoseVersion(event: FailedLogIn): Step[] {
  const version = oneLine(event.versionId);
  if (event.actor === 'rotation') {
    const lead = `See who changed the secret lately, and when (version ${version} was refused):`;
    return [showVersions(event, lead)];
  }
  return [
    showVersions(event, `See whether version ${version} is the one labelled AWSCURRENT:`),
    {
      text:
        'If it is not: the app uses a cached, dead password. Stop or restart it so that it reads AWSCURRENT ' +
        'again; then you are done.',
    },
  ];
}

const nextWhenUnknown = [
  'It stays counted until somebody of ours logs in successfully; that success clears it.',
  'Before the next attempt we wait 1 minute, after another unanswered one 30 minutes, and stop at the budget.',
];

const todoWhenUnknown: Step[] = [
  { text: 'One such alarm alone: nothing. The next successful log-in puts it right.' },
  {
    text:
      "If it repeats: look whether ThingSpace is down (its status page, your own apps), and whether the function's " +
      'network (VPC, NAT gateway, egress allowlist, DNS) still reaches it.',
  },
  { text: 'When ThingSpace answers again, the next retry or scheduled rotation goes on by itself.' },
];
