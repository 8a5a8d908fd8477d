import { meaningOf } from '../../thingspace/codes.ts';
import type { Advice } from '../advice.ts';
import type { FailedLogIn, Purpose } from '../event.ts';
import { oneLine } from '../legible.ts';
import { byHand, leftOf, standingWords } from '../standing.ts';
import { phoneSupport, recoverNow, type Setting, type Step, showVersions, storePassword } from '../steps.ts';

export function failedLogIn(event: FailedLogIn, setting: Setting): Advice {
  const refused = event.certainty === 'refused';
  return {
    headline: `log-in ${refused ? 'refused' : 'unanswered'}, ${event.exposure} of ${event.limit} used`,
    brief: `${leftOf(event)} left. Try no passwords by hand. Steps: see e-mail.`,
    happened: [
      `${presenter(event)} presented the password of "${oneLine(event.username)}" to ThingSpace ` +
        `${purposeWords[event.purpose]}. ${refused ? 'It was refused.' : 'No usable answer came back, so it may have counted as a failed log-in.'}`,
      `Failed log-ins: ${standingWords(event)}.`,
      `Cause: ${causeOf(event)}`,
    ],
    next: refused ? nextWhenRefused(event) : nextWhenUnknown,
    todo: refused ? todoWhenRefused(event, setting) : todoWhenUnknown(event),
    never: [
      byHand(event),
      refused
        ? 'Do not press "Rotate secret immediately": the same password is refused again, or not sent at all.'
        : 'Do not restart apps or rotations to "force" it: each attempt may cost one more.',
    ],
    facts: [
      ['who tried', oneLine(event.actor)],
      ['what for', event.purpose],
      ['certainty', event.certainty],
      ['error code', event.code === undefined ? '(none)' : oneLine(event.code)],
      ['version', oneLine(event.versionId)],
    ],
  };
}

const purposeWords: Record<Purpose, string> = {
  'log-in': 'to log in',
  exchange: 'to have a new password made (GetNewPassword)',
  test: 'to test the new password, which is already AWSCURRENT',
  probe: 'to find out whether the old password still works after an exchange without an answer',
  trial: "as a person's single trial",
};

const presenter = ({ actor }: FailedLogIn): string =>
  actor === 'rotation' ? 'The rotation function' : `The app "${oneLine(actor)}"`;

function causeOf(event: FailedLogIn): string {
  if (event.code !== undefined) return `${meaningOf(event.code).words} (${oneLine(event.code)}).`;
  return event.certainty === 'refused'
    ? 'the platform gave no error code.'
    : 'the connection broke, timed out or brought something that is no answer of ThingSpace.';
}

function nextWhenRefused(event: FailedLogIn): string[] {
  // The ledger's release rule: a refusal that may not be about the password, or a newborn password.
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
    ...(event.purpose === 'probe' ? ['What the probe found follows as an alarm of its own.'] : []),
  ];
}

function todoWhenRefused(event: FailedLogIn, setting: Setting): Step[] {
  const steps: Step[] = [];
  if (leftOf(event) === 0) steps.push(phoneSupport(event, setting, 'The username is probably locked.'));
  steps.push(
    showVersions(event, `See whether version ${oneLine(event.versionId)} is the one labelled AWSCURRENT:`),
    {
      text:
        'If it is not: whoever tried uses a cached, dead password. Stop or restart that app so that it reads ' +
        'AWSCURRENT again; then you are done.',
    },
    storePassword(event, 'If it is: the stored password is wrong. If you know the right one, store it.'),
  );
  if (leftOf(event) > 0) steps.push(phoneSupport(event, setting, 'If nobody knows the right one:'));
  steps.push(recoverNow(event, 'After a password was stored, let the function log in with it once, now.'));
  return steps;
}

const nextWhenUnknown = [
  'It stays counted until somebody of ours logs in successfully; that success clears it.',
  'Before the next attempt we wait 1 minute, after another unanswered one 30 minutes, and stop at the budget.',
];

function todoWhenUnknown(event: FailedLogIn): Step[] {
  return [
    { text: 'One such alarm alone: nothing. The next successful log-in puts it right.' },
    {
      text:
        "If it repeats: look whether ThingSpace is down (its status page, your own apps), and whether the function's " +
        'network (VPC, NAT gateway, egress allowlist, DNS) still reaches it.',
    },
    recoverNow(event, 'When ThingSpace answers again, you may let the function look now.'),
  ];
}
