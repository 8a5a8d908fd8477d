import type { AlarmEvent, FailedLogIn, Trouble } from '../alarms/event.ts';
import * as disclosed from './disclosed.ts';
import * as ended from './ended.ts';
import * as logIns from './log-ins.ts';
import * as password from './password.ts';
import * as rotation from './rotation.ts';
import type { Situation } from './situation.ts';

/** The situation of which a message reports. */
export function situationOf(event: AlarmEvent): Situation {
  switch (event.event) {
    case 'failed-log-in':
      return failedLogIn(event);
    case 'guard-closed':
      return event.countUnknown ? logIns.countUnknown : logIns.guardClosed;
    case 'password-unknown':
      return event.sealedAnswer ? password.unknownUnread : password.unknown;
    case 'password-lost':
      return event.sealedAnswer ? password.lostUnread : password.lost;
    case 'superseded':
      return password.superseded;
    case 'rolled-forward':
      return event.alreadyCurrent ? ended.foundCurrent : ended.rolledForward;
    case 'password-rotated':
      return ended.rotated;
    case 'put-back':
      return ended.putBack;
    case 'kept-aside':
      return ended.keptAside;
    case 'standing-trouble':
      return situationOfTrouble(event.trouble);
    case 'trouble-over':
      return ended.troubleOver;
    case 'exchanges-resume':
      return ended.exchangesResume;
    case 'sealed-answer-opened':
      return disclosed.answerOpened;
    case 'rotation-soon':
      return rotation.rotationSoon;
    case 'secret-read':
      return disclosed.secretRead;
    case 'pause-over':
      return ended.pauseOver;
  }
}

function failedLogIn({ certainty, purpose, replaced }: FailedLogIn): Situation {
  if (replaced) return logIns.logInReplaced;
  if (certainty === 'unknown') return logIns.logInUnanswered;
  return purpose === 'probe' ? logIns.probeRefused : logIns.logInRefused;
}

const ofTrouble: Record<Trouble, Situation> = {
  lost: password.lost,
  unknown: password.unknown,
  superseded: password.superseded,
  'not-stored': password.notStored,
  'unusable-password': password.unusablePassword,
  'stored-password-refused': password.currentDead,
  'guard-closed': logIns.guardClosed,
  'username-changed': rotation.usernameChanged,
  'unreadable-envelope': rotation.unreadableEnvelope,
  'rotation-failing': rotation.rotationFailing,
  held: rotation.held,
};

/** The ledger may hold a trouble that only a later version knows: then the general one. */
export const situationOfTrouble = (trouble: Trouble): Situation =>
  ofTrouble[trouble] ?? rotation.rotationFailing;
