import * as v from 'valibot';
import type { Readers } from '../alarms/event.ts';
import type { Clock } from '../clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Closing } from '../ledger/pause.ts';
import type { PutBack } from '../ledger/put-back.ts';
import type { CredentialState, Journal } from '../ledger/state.ts';
import type { Metrics } from '../metrics.ts';
import type { Sealer } from '../sealing/data-key.ts';
import type { SealedLog } from '../sealing/sealed-log.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import type { RotationStarter } from '../secret/start-rotation.ts';
import type { StoredVersion } from '../secret/stored-version.ts';
import type { ThingSpaceApi } from '../thingspace/api.ts';
import { RotationError } from './errors.ts';

/** The services that the steps use. */
export type Services = {
  store: SecretStore;
  rotations: RotationStarter;
  ledger: Ledger;
  api: ThingSpaceApi;
  sealer: Sealer;
  sealedLog: SealedLog;
  clock: Clock;
  metrics: Metrics;
  /** Whether a failed exchange holds the other credentials of the service. */
  holdsOn: boolean;
  /** So many days before a scheduled rotation its notice is published; 0: none is. */
  noticeDays: number;
  /** The service's calendar. */
  closing: Closing | undefined;
  /** Lists the readers of a secret until a time by `clock`. @throws AwsCallError */
  readersOf: (secret: { arn: string; name: string | undefined }, untilMs: number) => Promise<Readers>;
  /** Writes a line to the function's log. */
  log: (message: string, facts?: Record<string, unknown>) => void;
};

/** One invocation: what it is about, how long it may live (by `clock`), and the services that it uses. */
export type Invocation = Services & {
  secretArn: string;
  /** The version that Secrets Manager has staged; none in a recover event. */
  token: string | undefined;
  rotationToken: string | undefined;
  startedAtMs: number;
  deadlineMs: number;
  /** The username, once it is known; a trouble is announced for it. */
  username?: string;
};

export type StepInvocation = Invocation & { token: string };

/** A put-back in the item, and whether it took effect. */
export type BegunPutBack = PutBack & { tookEffect: boolean };

/** The credential's state, as one round of reads shows it. */
export type Observation = {
  username: string;
  state: CredentialState;
  /** DynamoDB's time, in milliseconds since 1970. */
  now: number;
  /** The version that AWSCURRENT is on. */
  current: StoredVersion;
  /** Whether its password is known not to work. */
  currentIsDead: boolean;
  /** The username of the secret's last rotation, and its journal, where it was another one. */
  former: { username: string; journal: Journal } | undefined;
  /** A put-back of an earlier invocation whose outcome is known now and was not recorded. */
  putBack: BegunPutBack | undefined;
};

/** Secrets Manager's rotation event ("Lambda rotation functions" in its user guide). */
type RotationEvent = {
  step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  secretId: string;
  token: string;
  /** Comes with rotation by an assumed role or across accounts; passed on in PutSecretValue. */
  rotationToken: string | undefined;
};
type NoToken = { token?: undefined; rotationToken?: undefined };
type RecoverEvent = NoToken & { step: 'recover'; secretId: string };
/** A read of the secret's value, as CloudTrail has recorded it. */
export type ReadRecord = {
  id: string;
  at: number;
  who: string;
  from: string;
  agent: string;
  versionId: string;
};
type ReadEvent = NoToken & { step: 'read'; secretId: string; read: ReadRecord };

const text = v.pipe(v.string(), v.minLength(1));
const recover = v.object({ Recover: text });
const rotate = v.object({
  Step: v.picklist(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: text,
  ClientRequestToken: text,
  // Some callers write an absent member as null or as an empty text.
  RotationToken: v.nullish(v.string()),
});

/** CloudTrail User Guide, "CloudTrail record contents". A root user has no ARN in some records. */
const getSecretValue = v.object({
  eventName: v.literal('GetSecretValue'),
  eventID: text,
  eventTime: v.pipe(v.string(), v.isoTimestamp()),
  sourceIPAddress: v.optional(v.string(), 'an address that is not recorded'),
  userAgent: v.optional(v.string(), 'a program that is not recorded'),
  userIdentity: v.object({ arn: v.optional(v.string()), type: v.optional(v.string(), 'unknown') }),
  requestParameters: v.object({ secretId: text, versionId: v.optional(v.string(), '') }),
});

/** Returns the secret that an event names, for the log; undefined when the event cannot be read. */
export function secretIdIn(event: unknown): string | undefined {
  try {
    return readEvent(event).secretId;
  } catch {
    return undefined;
  }
}

/** @throws InvalidEventError that names the members at fault and quotes none of their values */
export function readEvent(event: unknown): RotationEvent | RecoverEvent | ReadEvent {
  const asked = v.safeParse(recover, event);
  if (asked.success) return { step: 'recover', secretId: asked.output.Recover };
  const read = v.safeParse(rotate, event);
  if (read.success) {
    const { Step, SecretId, ClientRequestToken, RotationToken } = read.output;
    return {
      step: Step,
      secretId: SecretId,
      token: ClientRequestToken,
      rotationToken: RotationToken || undefined,
    };
  }
  const recorded = v.safeParse(getSecretValue, event);
  if (recorded.success) return readOf(recorded.output);
  const members = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the event'))].join(', ');
  throw new RotationError(
    'InvalidEventError',
    `The event cannot be used (${members}). Invoke this function only by Secrets Manager's rotation, whose events ` +
      'have Step (createSecret, setSecret, testSecret or finishSecret), SecretId and ClientRequestToken, or with ' +
      '{"Recover": "<secret ARN>"}, or with CloudTrail’s record of a read.',
  );
}

function readOf(record: v.InferOutput<typeof getSecretValue>): ReadEvent {
  const { eventID: id, eventTime, userIdentity, sourceIPAddress: from, userAgent: agent } = record;
  const { secretId, versionId } = record.requestParameters;
  const who = userIdentity.arn ?? userIdentity.type;
  return { step: 'read', secretId, read: { id, at: Date.parse(eventTime), who, from, agent, versionId } };
}
