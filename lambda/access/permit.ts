import { randomUUID } from 'node:crypto';
import type { Audit, AuditRecord } from './audit.ts';
import type { Caller } from './event.ts';
import { passesObserved } from './observe.ts';
import { personOf } from './person.ts';
import { type Content, decide, type Policy } from './policy.ts';
import { Refusal } from './refusal.ts';
import type { Subjects } from './subjects.ts';
import type { Spoken } from './who-speaks.ts';
import type { Call } from './wire.ts';

export type Permits = {
  policy: Policy;
  audit: Audit;
  /** Counts a request; false when the caller has made as many in this minute as it may. @throws AwsCallError */
  admit(principal: string): Promise<boolean>;
  /** Milliseconds since 1970. */
  nowMs(): number;
  log(message: string, facts: Record<string, unknown>): void;
};

/** A request by AWS's part of the event, its address, and its headers. */
export type Asked = Omit<Call, 'read'> & { spoken: Spoken; content: Content | undefined };
/** The members of a record that are known before the body is read. */
export type Entry = Omit<AuditRecord, keyof Subjects | 'wide'>;

/** The parts of a denied request that its record keeps. */
export type Tried = Subjects & Pick<AuditRecord, 'kind'>;

/** Counts the request. @throws Refusal `Throttled`, `NotRecorded` */
export async function admit(permits: Pick<Permits, 'admit'>, { principal }: Caller): Promise<void> {
  const admitted = await permits.admit(principal).catch(() => {
    throw new Refusal('NotRecorded', 'Nothing was sent: the request could not be counted. Try again.');
  });
  if (admitted) return;
  throw new Refusal(
    'Throttled',
    'Nothing was sent: you have made as many requests in this minute as you may.',
  );
}

/**
 * Decides whether the caller may make the request, by address and headers, before its body is read, and once more when
 * its body is read. A denial is recorded.
 * @param right the operation that a rule must give
 * @param tried the subjects of a denied request
 * @throws Refusal `AccessDenied`
 */
export async function permit(
  permits: Permits,
  asked: Asked,
  right: string,
  tried: () => Tried,
): Promise<Entry> {
  const { policy, nowMs } = permits;
  const { spoken, requestId, principal, credential, service, operation, reads, content } = asked;
  const { user, userBy, personGroups, denial } = spoken;
  const person = personOf(policy, asked.callerArn);
  const decision =
    denial ??
    decide(policy, {
      ...{ principal, user, personGroups, person, credential, service, reads, content },
      operation: right,
    });
  const entry = {
    ...{ requestId, principal, user, credential, service, operation },
    ...(userBy === undefined ? {} : { userBy }),
    ...(person === undefined ? {} : { person }),
    ...(reads ? { reads } : {}),
    ...(content?.kind ? { kind: content.kind } : {}),
    caller: asked.callerArn,
    at: nowMs(),
    attempt: randomUUID(),
    rule: decision.rule,
  };
  if (decision.allowed) return entry;
  if (passesObserved(policy, { service, operation: right }, decision.rule))
    return { ...entry, observed: true };
  await recordDenial(permits, { ...entry, ...tried() });
  throw new Refusal('AccessDenied', `Denied: ${decision.why}.`, decision.rule);
}

/** Records a request that is not sent. When that fails, it is denied nevertheless. */
export const recordDenial = (
  { audit, log }: Pick<Permits, 'audit' | 'log'>,
  record: AuditRecord,
): Promise<void> =>
  audit
    .conclude(record, { outcome: 'denied', sends: 0 })
    .catch((failure: Error) => log('A denial could not be recorded', { failure: failure.message }));
