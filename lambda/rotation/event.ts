import * as v from 'valibot';
import { InvalidEventError } from './errors.ts';

/** Secrets Manager's rotation event ("Lambda rotation functions" in its user guide). */
export type RotationEvent = {
  step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  secretId: string;
  token: string;
  /** Comes with rotation by an assumed role or across accounts; passed on in PutSecretValue. */
  rotationToken: string | undefined;
};
export type RecoverEvent = { step: 'recover'; secretId: string };

const text = v.pipe(v.string(), v.minLength(1));
const recover = v.object({ Recover: text });
const rotate = v.object({
  Step: v.picklist(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: text,
  ClientRequestToken: text,
  // Some callers write an absent member as null or as an empty text.
  RotationToken: v.nullish(v.string()),
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
export function readEvent(event: unknown): RotationEvent | RecoverEvent {
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
  const members = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the event'))].join(', ');
  throw new InvalidEventError(
    `The event cannot be used (${members}). Invoke this function only by Secrets Manager's rotation, whose events ` +
      'have Step (createSecret, setSecret, testSecret or finishSecret), SecretId and ClientRequestToken, or with ' +
      '{"Recover": "<secret ARN>"}.',
  );
}
