import { closed } from './closed.ts';
import * as disclosed from './disclosed.ts';
import * as ended from './ended.ts';
import { alarmSituations, faults } from './faults.ts';
import * as logIns from './log-ins.ts';
import * as password from './password.ts';
import * as rotation from './rotation.ts';
import * as seen from './seen.ts';
import type { Situation } from './situation.ts';

/** The situations that the verdict of `status` may be. Its names are in the tool's JSON. */
export const findings = {
  well: seen.well,
  'not-initialized': seen.notInitialized,
  'secret-deleted': seen.secretDeleted,
  'shared-username': seen.sharedUsername,
  'username-changed': rotation.usernameChanged,
  exchanging: seen.exchanging,
  died: seen.died,
  received: password.received,
  'not-confirmed': password.notConfirmed,
  'not-stored': password.notStored,
  'unusable-password': password.unusablePassword,
  superseded: password.superseded,
  unknown: password.unknown,
  lost: password.lost,
  'lost-unread': password.lostUnread,
  'lost-restored': seen.lostRestored,
  'guard-closed': logIns.guardClosed,
  'count-unknown': logIns.countUnknown,
  'current-dead': password.currentDead,
  'current-refused': seen.currentRefused,
  'log-ins-wait': seen.logInsWait,
  'unreadable-envelope': rotation.unreadableEnvelope,
  'rotation-failing': rotation.rotationFailing,
  'trouble-perhaps-over': seen.troublePerhapsOver,
  'current-unseen': seen.currentUnseen,
  'schedule-unseen': seen.scheduleUnseen,
  'limits-unknown': seen.limitsUnknown,
  'rotation-off': seen.rotationOff,
  'no-room': seen.noRoom,
  'key-missing': seen.keyMissing,
  'pending-stuck': seen.pendingStuck,
  committed: seen.committed,
  'rotation-pending': seen.rotationPending,
  paused: rotation.paused,
  closed,
  held: rotation.held,
  'held-before': seen.heldBefore,
  'answer-kept': seen.answerKept,
  unproven: seen.unproven,
  overdue: alarmSituations.OverdueAlarm,
  'alarms-wait': alarmSituations.NotAnnouncedAlarm,
} as const satisfies Record<string, Situation>;

export type FindingName = keyof typeof findings;

/** Every situation that the product can show, by its own name. */
export const situations: Readonly<Record<string, Situation>> = {
  ...findings,
  'unknown-unread': password.unknownUnread,
  'sealed-unproven': password.sealedUnproven,
  'log-in-refused': logIns.logInRefused,
  'test-log-in-refused': logIns.probeRefused,
  'log-in-replaced': logIns.logInReplaced,
  'log-in-unanswered': logIns.logInUnanswered,
  'password-rotated': ended.rotated,
  'rolled-forward': ended.rolledForward,
  'found-current': ended.foundCurrent,
  'put-back': ended.putBack,
  'kept-aside': ended.keptAside,
  'trouble-over': ended.troubleOver,
  'exchanges-resume': ended.exchangesResume,
  'sealed-answer-opened': disclosed.answerOpened,
  'secret-read': disclosed.secretRead,
  'pause-over': ended.pauseOver,
  'rotation-soon': rotation.rotationSoon,
  ...faults,
  ...alarmSituations,
};
