import type { AlarmEvent, StandingTrouble } from '../../lambda/alarms/event.ts';
import type { Setting } from '../../lambda/alarms/setting.ts';

const about = {
  id: '4f0c7a52-6f0e-4f6e-9d5e-0c1f3a7b9e21',
  at: Date.parse('2026-03-01T03:04:05.678Z'),
  credential: 'acme-uws',
  username: 'ACME-UWS',
  secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:thingspace/acme-AbCdEf',
};
const token = '9b1f4f0e-5f2a-4d0b-8a55-2f6a2d7c1e10';
const versionId = 'c3f5d3a2-7f4b-4f0f-9c31-0a9d1f6f2b77';

const dayMs = 24 * 60 * 60_000;

type Standing = Omit<StandingTrouble, keyof typeof about | 'event' | 'since' | 'droppedBefore'>;

function standing(title: string, trouble: Standing): Example {
  const since = about.at - trouble.days * dayMs;
  return { title, event: { ...about, event: 'standing-trouble', since, ...trouble } };
}

const pause = {
  since: about.at - 3 * dayMs,
  until: about.at - 60_000,
  actor: 'ann',
  reason: 'CHG-4711: the billing run',
};

type Example = { title: string; event: AlarmEvent; setting?: Partial<Setting> };

const logIn = {
  ...about,
  event: 'failed-log-in',
  exposure: 1,
  limit: 5,
  budget: 3,
  actor: 'rotation',
  purpose: 'log-in',
  versionId,
} as const;
const refused = { ...logIn, certainty: 'refused', code: 'INPUT_INVALID.Password.Invalid' } as const;
const unknown = {
  ...about,
  event: 'password-unknown',
  token,
  settlesAt: Date.parse('2026-03-01T03:24:05.678Z'),
  sealedAnswer: false,
} as const;

/** One of each alarm, and of each variant with a different text. */
export const examples: Example[] = [
  { title: 'The rotation was refused', event: { ...refused, exposure: 2 } },
  {
    title: 'The rotation was refused because another invocation replaced the password',
    event: { ...refused, replaced: true },
  },
  {
    title: 'An app was refused',
    event: { ...refused, actor: 'billing-export', code: 'REQUEST_FAILED.UnexpectedError' },
  },
  { title: 'A probe was refused', event: { ...refused, purpose: 'probe' } },
  {
    title: 'A log-in without an answer',
    event: { ...logIn, exposure: 2, possible: 1, certainty: 'unknown' },
  },
  {
    title: 'The last failure before the lock',
    event: { ...refused, exposure: 5, actor: 'operator', purpose: 'trial' },
  },
  {
    title: 'The guard is closed',
    event: { ...about, event: 'guard-closed', exposure: 3, limit: 5, budget: 3 },
  },
  {
    title: 'The guard is closed, except for a new version',
    event: { ...about, event: 'guard-closed', exposure: 2, limit: 5, budget: 3 },
  },
  { title: 'A password change without a known outcome', event: unknown },
  {
    title: 'A password change without a known outcome, but an unreadable answer is sealed',
    event: { ...unknown, sealedAnswer: true },
  },
  {
    title: 'A password change without a known outcome, of a service with several credentials',
    event: unknown,
    setting: { othersHeld: true },
  },
  {
    title: 'The password is lost',
    event: {
      ...about,
      event: 'password-lost',
      token,
      sealedAnswer: false,
      refused: { exposure: 2, limit: 5, budget: 3, code: 'INPUT_INVALID.Password.Invalid', versionId },
    },
  },
  {
    title: 'The password is lost, but an unreadable answer is sealed',
    event: { ...about, event: 'password-lost', token, sealedAnswer: true },
  },
  { title: 'A sealed password is superseded', event: { ...about, event: 'superseded', token } },
  {
    title: 'A sealed password was rolled forward',
    event: { ...about, event: 'rolled-forward', token, sealedUnder: token },
  },
  {
    title: 'A password was found current that the ledger did not know of',
    event: { ...about, event: 'rolled-forward', token, sealedUnder: token, alreadyCurrent: true },
  },
  {
    title: 'A password that could not be stored was rolled forward',
    event: {
      ...about,
      event: 'rolled-forward',
      token,
      sealedUnder: token,
      notStoredSince: about.at - 900_000,
    },
  },
  { title: 'The password was rotated', event: { ...about, event: 'password-rotated', token } },
  {
    title: 'A live password was put back',
    event: { ...about, event: 'put-back', versionId: token, replacedVersionId: versionId },
  },
  {
    title: 'The password was rotated because an operator asked for it',
    event: {
      ...about,
      event: 'password-rotated',
      token,
      lastAct: { command: 'rotate', actor: 'ann', at: about.at - 120_000, reason: 'CHG-1042: laptop stolen' },
    },
  },
  { title: 'A stored password stays', event: { ...about, event: 'kept-aside', token } },
  standing('The password is still lost', { trouble: 'lost', days: 2, token }),
  standing('A password change is still not settled', { trouble: 'unknown', days: 1, token }),
  standing('A sealed password is still superseded', { trouble: 'superseded', days: 1, token, versionId }),
  {
    title: 'The guard is still closed, and alarms were given up',
    event: { ...standing('', { trouble: 'guard-closed', days: 11 }).event, droppedBefore: 7 },
  },
  standing('A new password could not be stored', {
    trouble: 'not-stored',
    days: 0,
    errorName: 'SecretStoreError',
    token,
  }),
  standing('A new password cannot be used', { trouble: 'unusable-password', days: 0, token }),
  standing('The stored password is dead', { trouble: 'stored-password-refused', days: 0, versionId }),
  standing('The username in the secret was changed', { trouble: 'username-changed', days: 0, versionId }),
  standing('A sealed answer does not open', { trouble: 'unreadable-envelope', days: 0, token }),
  standing('A rotation has failed', {
    trouble: 'rotation-failing',
    days: 0,
    errorName: 'SecretTooLargeError',
  }),
  standing('A rotation was stopped', { trouble: 'rotation-failing', days: 1, token }),
  standing('A rotation is held', {
    trouble: 'held',
    days: 0,
    holder: {
      username: 'YARD-UWS',
      secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:thingspace/yard-GhIjKl',
      why: 'lost',
      since: about.at - 3 * dayMs,
    },
  }),
  {
    title: 'A trouble is over',
    event: { ...about, event: 'trouble-over', trouble: 'guard-closed', since: about.at - 2 * dayMs },
  },
  {
    title: 'Rotations that were held can be started again',
    event: { ...about, event: 'exchanges-resume', held: 3, how: 'settled' },
  },
  {
    title: 'An operator has overridden the hold of the other rotations',
    event: { ...about, event: 'exchanges-resume', held: 1, how: 'released' },
  },
  {
    title: 'An operator opens a sealed answer',
    event: {
      ...about,
      event: 'sealed-answer-opened',
      actor: 'ann',
      token,
      answers: 1,
      to: 'file',
      lastAct: { command: 'open', actor: 'ann', at: about.at, reason: 'INC-7: the answer has a new shape' },
    },
  },
  {
    title: 'The secret was read out of turn',
    event: {
      ...about,
      event: 'secret-read',
      who: 'arn:aws:sts::111122223333:assumed-role/operators/ann@example.com',
      from: '198.51.100.7',
      agent: 'AWS Internal',
      readAt: about.at - 120_000,
    },
  },
  {
    title: 'The pause of a rotation is over, and a rotation came due during it',
    event: { ...about, event: 'pause-over', ...pause, owed: true },
  },
  {
    title: 'An operator has ended the pause of a rotation before its time',
    event: { ...about, event: 'pause-over', ...pause, endedBy: 'ben', owed: false },
  },
  {
    title: 'A scheduled rotation comes soon',
    event: {
      ...about,
      event: 'rotation-soon',
      dueAt: about.at + 6 * dayMs,
      window: '4h',
      readers: {
        listed: [
          { principal: 'arn:aws:iam::111122223333:role/invoices', lastReadAt: about.at - 61 * dayMs },
          { principal: 'arn:aws:iam::111122223333:role/fleet-app', lastReadAt: about.at - 3_600_000 },
        ],
        more: 0,
        sinceMs: about.at - 90 * dayMs,
      },
    },
  },
  {
    title: 'A scheduled rotation comes soon, and its readers could not be listed',
    event: {
      ...about,
      event: 'rotation-soon',
      dueAt: about.at + 6 * dayMs,
      readers: { notListed: 'AccessDeniedException' },
    },
  },
  {
    title: 'A scheduled rotation comes due while the calendar is closed',
    event: {
      ...about,
      event: 'rotation-soon',
      dueAt: about.at + 6 * dayMs,
      window: '4h',
      opensAt: about.at + 8 * dayMs,
      readers: { listed: [], more: 0, sinceMs: about.at - 90 * dayMs },
    },
  },
];
