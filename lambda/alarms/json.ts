import type { AlarmEvent, PasswordLost, Readers, Standing, StandingTrouble } from './event.ts';
import { instant } from './legible.ts';
// Only the type: the bundle does not need the validator to write what the compiler has checked.
import type { Message } from './message.ts';
import { severityOf } from './severity.ts';
import { leftOf } from './standing.ts';

/** DynamoDB's own limit for a key; it keeps the whole message below SNS's 256 KiB, however long an app's name is. */
const maxTextChars = 2048;

export function messageOf(event: AlarmEvent, summary: string, runbook: string): Message {
  const about = {
    schema: 'thingspace-rotation-alarm/1',
    id: bounded(event.id),
    at: instant(event.at),
    severity: severityOf(event),
    credential: bounded(event.credential),
    username: bounded(event.username),
    secretArn: bounded(event.secretArn),
    summary,
    runbook,
    ...(event.droppedBefore === undefined ? {} : { droppedBefore: event.droppedBefore }),
    ...lastActOf(event),
  } as const;
  switch (event.event) {
    case 'failed-log-in':
      return {
        ...about,
        event: event.event,
        lockout: lockoutOf(event),
        actor: bounded(event.actor),
        purpose: event.purpose,
        certainty: event.certainty,
        ...boundedMembers({ code: event.code }),
        ...(event.replaced === undefined ? {} : { replaced: event.replaced }),
        versionId: bounded(event.versionId),
      };
    case 'guard-closed':
      return {
        ...about,
        event: event.event,
        lockout: lockoutOf(event),
        ...(event.countUnknown === undefined ? {} : { countUnknown: event.countUnknown }),
      };
    case 'password-unknown':
      return {
        ...about,
        event: event.event,
        token: bounded(event.token),
        settlesAt: instant(event.settlesAt),
        sealedAnswer: event.sealedAnswer,
      };
    case 'password-lost':
      return {
        ...about,
        event: event.event,
        token: bounded(event.token),
        sealedAnswer: event.sealedAnswer,
        ...refusalOf(event),
      };
    case 'rolled-forward':
      return {
        ...about,
        event: event.event,
        token: bounded(event.token),
        sealedUnder: bounded(event.sealedUnder),
        ...(event.alreadyCurrent === undefined ? {} : { alreadyCurrent: event.alreadyCurrent }),
        ...(event.notStoredSince === undefined ? {} : { notStoredSince: instant(event.notStoredSince) }),
      };
    case 'put-back':
      return {
        ...about,
        event: event.event,
        versionId: bounded(event.versionId),
        replacedVersionId: bounded(event.replacedVersionId),
      };
    case 'standing-trouble': {
      const { errorName, versionId, token } = event;
      return {
        ...about,
        event: event.event,
        trouble: event.trouble,
        since: instant(event.since),
        days: event.days,
        ...boundedMembers({ errorName, versionId, token }),
        ...holderOf(event),
      };
    }
    case 'trouble-over':
      return { ...about, event: event.event, trouble: event.trouble, since: instant(event.since) };
    case 'exchanges-resume':
      return { ...about, event: event.event, held: event.held, how: event.how };
    case 'sealed-answer-opened': {
      const { actor, token, answers, to } = event;
      return { ...about, event: event.event, actor: bounded(actor), token: bounded(token), answers, to };
    }
    case 'rotation-soon': {
      const { dueAt, window, opensAt, readers } = event;
      return {
        ...about,
        event: event.event,
        dueAt: instant(dueAt),
        ...boundedMembers({ window }),
        ...(opensAt === undefined ? {} : { opensAt: instant(opensAt) }),
        readers: readersIn(readers),
      };
    }
    case 'secret-read': {
      const { who, from, agent } = event;
      const texts = { who: bounded(who), from: bounded(from), agent: bounded(agent) };
      return { ...about, event: event.event, ...texts, readAt: instant(event.readAt) };
    }
    case 'pause-over':
      return {
        ...about,
        event: event.event,
        since: instant(event.since),
        until: instant(event.until),
        actor: bounded(event.actor),
        reason: bounded(event.reason),
        ...boundedMembers({ endedBy: event.endedBy }),
        owed: event.owed,
      };
    case 'superseded':
    case 'kept-aside':
    case 'password-rotated':
      return { ...about, event: event.event, token: bounded(event.token) };
  }
}

/** JSON in ASCII only: SNS refuses characters that XML cannot carry, and JSON can escape them all. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const bounded = (text: string): string => text.slice(0, maxTextChars);

/** Returns the members that are not undefined, each cut to its bound. */
function boundedMembers<Name extends string>(members: Record<Name, string | undefined>) {
  const there = Object.entries<string | undefined>(members).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, bounded(text)]],
  );
  return Object.fromEntries(there) as { [name in Name]?: string };
}

function readersIn(readers: Readers) {
  if ('notListed' in readers) return { notListed: bounded(readers.notListed) };
  const listed = readers.listed.map(({ principal, lastReadAt }) => ({
    principal: bounded(principal),
    lastReadAt: instant(lastReadAt),
  }));
  return { listed, more: readers.more, since: instant(readers.sinceMs) };
}

function lastActOf({ lastAct }: AlarmEvent) {
  if (!lastAct) return {};
  const { command, actor, at, reason } = lastAct;
  const texts = { command: bounded(command), actor: bounded(actor), ...boundedMembers({ reason }) };
  return { lastAct: { ...texts, at: instant(at) } };
}

function holderOf({ holder }: StandingTrouble) {
  if (!holder) return {};
  const { username, secretArn, why, since } = holder;
  const texts = { username: bounded(username), secretArn: bounded(secretArn), why: bounded(why) };
  return { holder: { ...texts, since: instant(since) } };
}

function refusalOf({ refused }: PasswordLost) {
  if (!refused) return {};
  const { code, versionId } = refused;
  return {
    refused: { lockout: lockoutOf(refused), ...boundedMembers({ code }), versionId: bounded(versionId) },
  };
}

function lockoutOf(standing: Standing) {
  const { exposure, possible, limit, budget } = standing;
  return { exposure, ...(possible === undefined ? {} : { possible }), limit, budget, left: leftOf(standing) };
}
