/** The client library: live ThingSpace sessions for apps, through every rotation. `docs/apps.md` is its manual. */

export { AwsCallError } from '../lambda/aws-call.ts';
export { PresentableError } from '../lambda/errors.ts';
export { LedgerUnavailableError } from '../lambda/ledger/errors.ts';
export { createSession, type LedgerSettings, type SessionSettings } from './create-session.ts';
export {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionError,
  SessionGoneError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from './errors.ts';
export type { SessionEvent } from './events.ts';
export { saysSessionGone, throwIfSessionGone } from './gone.ts';
export type { CallOptions, Session } from './session.ts';
