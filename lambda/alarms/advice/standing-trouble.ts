import type { StandingTrouble, Trouble, TroubleOver } from '../event.ts';
import { instant, oneLine } from '../legible.ts';
import type { Setting } from '../steps.ts';
import type { Advice, TroubleAdvice } from './shape.ts';
import * as password from './trouble-with-password.ts';
import * as setup from './trouble-with-setup.ts';

const advices: Record<Trouble, (event: StandingTrouble, setting: Setting) => TroubleAdvice> = {
  lost: password.lost,
  unknown: password.unknown,
  superseded: password.superseded,
  'not-stored': password.notStored,
  'unusable-password': password.unusable,
  'stored-password-refused': password.refused,
  'guard-closed': setup.guardClosed,
  'username-changed': setup.usernameChanged,
  'unreadable-envelope': setup.unreadableEnvelope,
  'rotation-failing': setup.rotationFailing,
  held: setup.held,
};

export function standingTrouble(event: StandingTrouble, setting: Setting): Advice {
  // The ledger may hold a trouble that only a later version knows.
  const advise = advices[event.trouble] ?? setup.rotationFailing;
  const said = advise(event, setting);
  const since = instant(event.since);
  const facts = { error: event.errorName, version: event.versionId, rotation: event.token };
  return {
    ...said,
    headline: event.days > 0 ? `${said.headline}, day ${event.days + 1}` : said.headline,
    happened: [
      ...said.happened,
      ...(event.days > 0 ? [`It is so since ${since}, and nothing has changed it.`] : []),
    ],
    next: [...said.next, 'This is said again every day until it is over; "trouble-over" says when it is.'],
    facts: [
      ['trouble', oneLine(event.trouble)],
      ['since', since],
      ...Object.entries(facts).flatMap(([name, fact]): [string, string][] =>
        fact === undefined ? [] : [[name, oneLine(fact)]],
      ),
    ],
  };
}

const overWords: Record<Trouble, string> = {
  lost: 'the password was lost',
  unknown: 'a password change had no known outcome',
  superseded: 'a stored password was refused while a sealed one waited',
  'not-stored': 'a new password was sealed and could not be stored',
  'unusable-password': 'ThingSpace had made a password that cannot be used',
  'stored-password-refused': 'AWSCURRENT held no password that works',
  'guard-closed': 'our log-ins were stopped',
  'username-changed': 'the username in the secret was changed',
  'unreadable-envelope': 'a sealed answer did not open',
  'rotation-failing': 'a rotation, or the daily check, had failed',
  held: 'its rotation was held by another password change',
};

export function troubleOver(event: TroubleOver): Advice {
  const what = overWords[event.trouble] ?? oneLine(event.trouble);
  return {
    headline: `over: ${what}`,
    brief: 'Nothing to do.',
    happened: [
      `Since ${instant(event.since)} we had told you of "${oneLine(event.username)}" that ${what}. That is over.`,
    ],
    next: [
      event.trouble === 'held'
        ? 'If the rotation that was held has not run since, "exchanges-resume" has its command.'
        : 'The next rotation comes as scheduled. If one has failed meanwhile, the daily check says so in a message of its own.',
    ],
    todo: [],
    never: ['Do not follow the steps of the earlier messages any more.'],
    facts: [
      ['trouble', oneLine(event.trouble)],
      ['since', instant(event.since)],
    ],
  };
}
