/** The client library: live ThingSpace sessions for apps, through every rotation. `docs/apps.md` is its manual. */

export { AwsCallError } from '../lambda/aws-call.ts';
export { PresentableError } from '../lambda/errors.ts';
export { LedgerUnavailableError } from '../lambda/ledger/errors.ts';
export {
  createSession,
  type LedgerSettings,
  type SessionSettings,
} from '../lambda/session/create-session.ts';
export {
  BearerRefusedError,
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionError,
  SessionGoneError,
  SessionSettingsError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../lambda/session/errors.ts';
export type { SessionEvent } from '../lambda/session/events.ts';
export { saysBearerRefused, saysSessionGone, throwIfSessionGone } from '../lambda/session/gone.ts';
export type { CallOptions, Session, SessionHeaders } from '../lambda/session/session.ts';
