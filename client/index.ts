/** The client library: live ThingSpace sessions for apps, through every rotation. `docs/apps.md` is its manual. */

export { AwsCallError } from '../lambda/aws-call.ts';
export { PresentableError } from '../lambda/errors.ts';
export { LedgerUnavailableError } from '../lambda/ledger/errors.ts';
export type {
  AwsClient,
  AwsClientConfig,
  AwsClients,
  AwsCredentials,
} from '../lambda/session/aws-clients.ts';
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
  SessionClosedError,
  SessionError,
  SessionGoneError,
  SessionSettingsError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../lambda/session/errors.ts';
export { saysBearerRefused, saysSessionGone, throwIfSessionGone } from '../lambda/session/refused.ts';
export type { CallOptions, Session, SessionHeaders } from '../lambda/session/session.ts';
export type { SessionEvent } from '../lambda/session/source.ts';
export type { ThingSpaceSettings } from '../lambda/session/thingspace.ts';
export type { Transport } from '../lambda/thingspace/api.ts';
