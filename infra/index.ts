/** The constructs, for other CDK apps (docs/library.md). */
export type { Policy, Rule } from '../lambda/access/policy.ts';
export type { Calendar } from '../lambda/calendar.ts';
export { AccessFunction, type AccessFunctionProps } from './access-function.ts';
export { type Receiver, ReceiverFilterError } from './alarm-receivers.ts';
export {
  GrantError,
  type IThingSpaceCredential,
  type SecretReplica,
  ThingSpaceCredential,
  type ThingSpaceCredentialAttributes,
  type ThingSpaceCredentialProps,
  UsernameError,
} from './credential.ts';
export type { MetricName } from './credential-metrics.ts';
export { rotationDashboard } from './dashboard.ts';
export { EgressError, type EgressOptions } from './egress.ts';
export { SealingKeyChoiceError } from './keys.ts';
export type { RotationFunctionOptions } from './rotation-function.ts';
export type { Rotation, Schedule } from './rotation-schedule.ts';
export {
  CalendarError,
  type IRotationService,
  RotationService,
  type RotationServiceAttributes,
  type RotationServiceProps,
  ServiceNameError,
} from './rotation-service.ts';
export { ThingSpaceApiError, type ThingSpaceApiOptions } from './thingspace-api.ts';
