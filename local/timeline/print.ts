import pc from 'picocolors';
import { type Entry, faultOf, type Listener, type Moment } from './record.ts';

type Printing = {
  write(text: string): void;
  colour: boolean;
  /** World time that stands as 0 in the first column. */
  startedAtMs: number;
  /** Columns of the terminal; longer texts are wrapped. */
  width?: number;
};

const HEAD = 25;

const ROTATION = {
  RotationStarted: 'runs the rotation',
  RotationSucceeded: 'is done with the rotation',
  RotationFailed: 'gives up the rotation',
};

/** Prints a timeline as it happens: world time, milliseconds, what. */
export function timelinePrinter({ write, colour, startedAtMs, width = 110 }: Printing): Listener {
  const c = pc.createColors(colour);
  // Retries repeat one long text: it is printed once.
  let lastError: string | undefined;

  const textOf = (entry: Entry): [text: string, paint: (plain: string) => string] | undefined => {
    switch (entry.kind) {
      case 'step-start':
        return [stepName(entry), c.bold];
      case 'step-end': {
        if (entry.result.ok) return [`${stepName(entry)} done`, c.green];
        const { errorType, errorMessage } = entry.result.error;
        const told = errorMessage === lastError ? ', as before' : `: ${errorMessage}`;
        lastError = errorMessage;
        return [`${stepName(entry)} failed with ${errorType}${told}`, c.red];
      }
      case 'call':
        return [`    ${callText(entry)}`, faultOf(entry.fate) || entry.errorName ? c.yellow : c.dim];
      case 'time-passes':
        return [`~~~ ${minutes(entry.ms)} pass ~~~`, c.dim];
      case 'moment': {
        const text = momentText(entry.moment);
        return text === undefined ? undefined : [`>>> ${text}`, c.cyan];
      }
      case 'person':
        return [`>>> a person ${entry.did}`, c.blue];
      case 'alarm':
        return [`>>> alarm published: ${entry.subject}`, c.magenta];
      default:
        return [`Secrets Manager ${ROTATION[entry.kind]} of version ${entry.token.slice(0, 8)}`, c.bold];
    }
  };

  return (entry) => {
    const told = textOf(entry);
    if (!told) return;
    const took = 'durationMs' in entry ? `${entry.durationMs} ms`.padStart(9) : '';
    const head = `${sinceStart(entry.atMs - startedAtMs)} ${took}`;
    const [text, paint] = told;
    wrap(text, Math.max(40, width - HEAD)).forEach((line, at) => {
      write(`${(at === 0 ? head : '').padEnd(HEAD)}${paint(line)}\n`);
    });
  };
}

const stepName = ({ step, attempt }: { step: string; attempt: number }): string =>
  attempt > 1 ? `${step} (attempt ${attempt})` : step;

/** ThingSpace's operations, in words that hold for both of its APIs. */
export const OPERATIONS: Readonly<Record<string, string>> = {
  GetBearer: 'request for a bearer',
  LogIn: 'log-in',
  GetNewPassword: 'password change',
  LogOut: 'log-out',
};

function callText(call: Extract<Entry, { kind: 'call' }>): string {
  const { service, operation, httpStatus, errorName, fate, detail } = call;
  const labels = detail?.VersionStages ?? detail?.VersionStage;
  const fault = faultOf(fate);
  const parts = [
    `${service} ${OPERATIONS[operation] ?? operation}`,
    labels && `[${labels}]`,
    errorName && `→ ${httpStatus} ${errorName}`,
    fault && `← ${fault}`,
  ];
  return parts.filter(Boolean).join(' ');
}

/** Undefined for a moment that the line of its call shows. */
function momentText(moment: Moment): string | undefined {
  switch (moment.what) {
    case 'old-password-died':
      return 'the old password is dead; the new one exists in this one answer';
    case 'current-is-right':
      return `AWSCURRENT is right again, ${moment.staleMs} ms after the old password died`;
    case 'failed-log-in':
      return `failed log-in (${OPERATIONS[moment.operation] ?? moment.operation}): ${moment.consecutiveFailures} of 5 used`;
    case 'username-locked':
      return 'THE USERNAME IS LOCKED';
    case 'logged-in':
    case 'count-cleared':
      return undefined;
  }
}

/** Writes the time since the beginning, in at most eleven columns. */
export const sinceStart = (ms: number): string =>
  (ms < 100_000 ? `${(ms / 1000).toFixed(3)} s` : minutes(ms)).padStart(11);

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

/** Breaks a text between words; its first line's indent is repeated. */
export function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let current = '';
  for (const word of text.trim().split(' ')) {
    if (current !== '' && indent.length + current.length + 1 + word.length > width) {
      lines.push(indent + current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, indent + current];
}
