import pc from 'picocolors';
import type { Entry, Listener, Moment } from './entry.ts';

export type Printing = {
  write(text: string): void;
  colour: boolean;
  /** World time that stands as 0 in the first column. */
  startedAtMs: number;
  /** Columns of the terminal; longer texts are wrapped. */
  width?: number;
};

/** Prints a timeline as it happens: world time, milliseconds, what. */
export function timelinePrinter({ write, colour, startedAtMs, width = 110 }: Printing): Listener {
  const c = pc.createColors(colour);
  const line = (
    atMs: number,
    durationMs: number | undefined,
    text: string,
    paint = (plain: string) => plain,
  ) => {
    const head = `${sinceStart(atMs - startedAtMs)} ${durationMs === undefined ? '' : `${durationMs} ms`.padStart(9)}`;
    const [first = '', ...rest] = wrap(text, Math.max(40, width - HEAD));
    write(`${head.padEnd(HEAD)}${paint(first)}\n`);
    for (const more of rest) write(`${''.padEnd(HEAD)}${paint(more)}\n`);
  };

  // Retries repeat one long text: it is printed once.
  let lastError: string | undefined;
  const again = (error: { message: string } | undefined): boolean => {
    const same = error !== undefined && error.message === lastError;
    lastError = error?.message ?? lastError;
    return same;
  };

  return (entry) => {
    switch (entry.kind) {
      case 'rotation':
        return line(entry.atMs, undefined, rotationText(entry), c.bold);
      case 'step-start':
        return line(entry.atMs, undefined, stepName(entry), c.bold);
      case 'step':
        return line(
          entry.atMs,
          entry.durationMs,
          stepText(entry, again(entry.error)),
          entry.error ? c.red : c.green,
        );
      case 'call':
        return line(
          entry.atMs,
          entry.durationMs,
          `    ${callText(entry)}`,
          entry.fault || entry.errorName ? c.yellow : c.dim,
        );
      case 'time-passes':
        return line(entry.atMs, undefined, `~~~ ${minutes(entry.ms)} pass ~~~`, c.dim);
      case 'moment':
        return line(entry.atMs, undefined, `>>> ${momentText(entry.moment)}`, c.cyan);
      case 'alarm':
        return line(entry.atMs, undefined, `>>> alarm published: ${entry.subject}`, c.magenta);
    }
  };
}

const HEAD = 25;

function rotationText({ what, token }: Extract<Entry, { kind: 'rotation' }>): string {
  const text = {
    started: 'runs the rotation',
    succeeded: 'is done with the rotation',
    failed: 'gives up the rotation',
  };
  return `Secrets Manager ${text[what]} of version ${token.slice(0, 8)}`;
}

function stepText({ step, attempt, error }: Extract<Entry, { kind: 'step' }>, again: boolean): string {
  const name = stepName({ step, attempt });
  if (!error) return `${name} done`;
  return `${name} failed with ${error.type}${again ? ', as before' : `: ${error.message}`}`;
}

function stepName({ step, attempt }: { step: string; attempt: number }): string {
  return attempt > 1 ? `${step} (attempt ${attempt})` : step;
}

function callText({
  service,
  operation,
  httpStatus,
  errorName,
  fault,
  detail,
}: Extract<Entry, { kind: 'call' }>): string {
  const labels = detail?.VersionStages ?? detail?.VersionStage;
  const parts = [
    `${service} ${operation}`,
    labels && `[${labels}]`,
    errorName && `→ ${httpStatus} ${errorName}`,
  ];
  return [...parts, fault && `← ${fault}`].filter(Boolean).join(' ');
}

function momentText(moment: Moment): string {
  switch (moment.what) {
    case 'old-password-died':
      return 'the old password is dead; the new one exists in this one answer';
    case 'current-is-right':
      return `AWSCURRENT is right again, ${moment.staleMs} ms after the old password died`;
    case 'failed-log-in':
      return `failed log-in (${moment.operation}): ${moment.consecutiveFailures} of 5 used`;
    case 'username-locked':
      return 'THE USERNAME IS LOCKED';
  }
}

function sinceStart(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 100 ? `${seconds.toFixed(3)} s`.padStart(11) : `${minutes(ms)}`.padStart(11);
}

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

/** Breaks a text between words; its first line's indent is repeated. */
function wrap(text: string, width: number): string[] {
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
