import { OPERATIONS } from './print.ts';
import { type Entry, faultOf, type Moment } from './record.ts';

/** One line of a story: when it begins, in the world's milliseconds since 1970, and whole sentences. */
export type StoryLine = { atMs: number; text: string };

/** The lines of one try: from the moment on at which Secrets Manager, or the recover event, runs the function. */
type Line = StoryLine & { tryNumber: number };

const MAX_LINES = 8;
const LOG_IN_WORKS = 'A log-in works.';
const NEW_ONE_WORKS = 'testSecret logs in with the new password.';
const LOG_INS_WORK = [LOG_IN_WORKS, NEW_ONE_WORKS];
const GIVES_UP = 'Secrets Manager gives up for now.';

/**
 * Tells a timeline in at most eight lines. Tries that end as an earlier one did are counted and not told again; lines of
 * one try that are too many stand together.
 */
export function storyOf(entries: readonly Entry[], limit: number): StoryLine[] {
  let lines = withEnds(withoutRepeatedTries(countedOnce(withAnnounced(linesOf(entries, limit)))));
  if (lines.length > MAX_LINES) lines = lines.filter(({ text }) => !LOG_INS_WORK.includes(text));
  while (lines.length > MAX_LINES) lines = withTwoJoined(lines);
  return lines.map(({ atMs, text }) => ({ atMs, text }));
}

function linesOf(entries: readonly Entry[], limit: number): Line[] {
  const lines: Line[] = [];
  const tokens = new Set<string>();
  let tryNumber = 0;
  let step = '';
  for (const entry of entries) {
    if (entry.kind === 'step-start') step = entry.step;
    const begun = beginning(entry, tokens);
    if (begun !== undefined) tryNumber += 1;
    const text = begun ?? eventText(entry, step, limit);
    if (text !== undefined) lines.push({ atMs: entry.atMs, tryNumber, text });
  }
  return lines;
}

/** Returns how a try begins; undefined for every other entry. */
function beginning(entry: Entry, tokens: Set<string>): string | undefined {
  if (entry.kind === 'RotationStarted') {
    const again = tokens.has(entry.token);
    const another = tokens.size > 0;
    tokens.add(entry.token);
    if (again) return 'Secrets Manager tries the rotation again.';
    return another ? 'Secrets Manager begins another rotation.' : 'Secrets Manager begins a rotation.';
  }
  if (entry.kind !== 'step-start') return undefined;
  if (entry.step === 'recover') return 'The recover event runs the function.';
  return entry.step === 'createSecret' && entry.attempt > 1 ? 'Secrets Manager tries again.' : undefined;
}

function eventText(entry: Entry, step: string, limit: number): string | undefined {
  switch (entry.kind) {
    case 'RotationSucceeded':
      return 'The rotation is done.';
    case 'RotationFailed':
      return GIVES_UP;
    case 'step-end':
      // A process that was killed stands with the call at which it died.
      return entry.result.ok || entry.result.error.errorType === 'Runtime.ExitError'
        ? undefined
        : `${entry.step} ends in ${entry.result.error.errorType}.`;
    case 'call': {
      const fault = faultOf(entry.fate);
      return fault && `${entry.service} ${OPERATIONS[entry.operation] ?? entry.operation}: ${fault}.`;
    }
    case 'moment':
      return momentText(entry.moment, step, limit);
    case 'person':
      return `A person ${entry.did}.`;
    case 'alarm':
      return `A message: “${entry.subject.slice(0, entry.subject.lastIndexOf(' - ')).replace('ThingSpace ', '')}”.`;
    default:
      return undefined;
  }
}

function momentText(moment: Moment, step: string, limit: number): string | undefined {
  switch (moment.what) {
    case 'old-password-died':
      return 'ThingSpace makes a new password: the old one is dead.';
    case 'current-is-right':
      return `AWSCURRENT holds the password that works, ${lasted(moment.staleMs)} after the old one died.`;
    case 'failed-log-in':
      return `A log-in fails: ${moment.consecutiveFailures} of the ${limit} that lock.`;
    case 'logged-in':
      return step === 'testSecret' ? NEW_ONE_WORKS : LOG_IN_WORKS;
    case 'username-locked':
      return 'THE USERNAME IS LOCKED.';
    default:
      return undefined;
  }
}

const lasted = (ms: number): string => {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 100_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
};

/** Says of a failed log-in that it was announced, instead of the message in a line of its own. */
function withAnnounced(lines: readonly Line[]): Line[] {
  const told: Line[] = [];
  for (const line of lines) {
    const failed = told.at(-1);
    const announces = /^A message: .* \d+ of \d+ used”\.$/.test(line.text);
    if (announces && failed?.text.startsWith('A log-in fails'))
      failed.text = failed.text.replace(/\.$/, ', and a message says so.');
    else told.push({ ...line });
  }
  return told;
}

/** Puts the end of a rotation into the line of the error that it ends in. */
function withEnds(lines: readonly Line[]): Line[] {
  const told: Line[] = [];
  for (const line of lines) {
    const ended = told.at(-1);
    if (line.text === GIVES_UP && ended?.text.includes(' ends in ')) ended.text = `${ended.text} ${GIVES_UP}`;
    else told.push({ ...line });
  }
  return told;
}

/** Tells what happens several times in one try once, with its number. */
function countedOnce(lines: readonly Line[]): Line[] {
  const told = Map.groupBy(lines, ({ tryNumber, text }) => `${tryNumber} ${text}`);
  return [...told.values()].map((same) => {
    const [first] = same as [Line, ...Line[]];
    return same.length === 1
      ? first
      : { ...first, text: first.text.replace(/\.$/, ` (${same.length} times).`) };
  });
}

/** Counts a try in which nothing happens that no earlier try has told, in the line that tells how that one ended. */
function withoutRepeatedTries(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  const repeats = new Map<Line, number>();
  for (const [, ofTry] of Map.groupBy(lines, ({ tryNumber }) => tryNumber)) {
    const told = ofTry.slice(1).filter(({ text }) => text !== GIVES_UP);
    const before = told.map(({ text }) => kept.find((line) => line.text === text));
    const end = before.at(-1);
    if (end && !before.includes(undefined)) repeats.set(end, (repeats.get(end) ?? 0) + 1);
    else kept.push(...ofTry);
  }
  return kept.map((line) => {
    const times = repeats.get(line);
    if (times === undefined) return line;
    return { ...line, text: `${line.text} ${times} more ${times === 1 ? 'try ends' : 'tries end'} so.` };
  });
}

/** Joins the two lines of one try that are shortest together; of two tries when each has one line only. */
function withTwoJoined(lines: readonly Line[]): Line[] {
  const lengthAt = (at: number): number => {
    const [one, next] = [lines[at] as Line, lines[at + 1] as Line];
    return one.text.length + next.text.length + (one.tryNumber === next.tryNumber ? 0 : 1_000);
  };
  const pairs = lines.slice(1).map((_, at) => at);
  const best = pairs.reduce((shortest, at) => (lengthAt(at) < lengthAt(shortest) ? at : shortest), 0);
  const [one, next] = [lines[best] as Line, lines[best + 1] as Line];
  return [...lines.slice(0, best), { ...one, text: `${one.text} ${next.text}` }, ...lines.slice(best + 2)];
}
