import { describe, expect, it } from 'vitest';
import { counterPlot } from '../../local/timeline/counter-plot.ts';
import { timelinePrinter } from '../../local/timeline/print.ts';
import type { Entry } from '../../local/timeline/record.ts';
import { held, logInsOf, type Report, verdict } from '../../local/timeline/report.ts';
import { storyOf } from '../../local/timeline/story.ts';

const START = 1_700_000_000_000;
const TOKEN = '0f0e0d0c-0000-4000-8000-000000000001';

function printed(entries: Entry[], { colour = false, width = 100 } = {}): string[] {
  let text = '';
  const print = timelinePrinter({ write: (more) => (text += more), colour, startedAtMs: START, width });
  for (const entry of entries) print(entry);
  return text.split('\n').slice(0, -1);
}

const failure = {
  errorType: 'PasswordRefusedError',
  errorMessage: 'ThingSpace refused a log-in. Store a working password.',
};
const step = (attempt: number): Entry => ({
  kind: 'step-end',
  atMs: START,
  step: 'createSecret',
  attempt,
  durationMs: 361,
  result: { ok: false, error: failure },
});

const LIMITS = { budget: 3, limit: 5 };
const failed = (consecutiveFailures: number, atMs = START): Entry => ({
  kind: 'moment',
  atMs,
  moment: { what: 'failed-log-in', operation: 'LogIn', consecutiveFailures },
});
const moment = (what: 'logged-in' | 'old-password-died' | 'count-cleared', atMs = START): Entry => ({
  kind: 'moment',
  atMs,
  moment: { what },
});
const rotation = (kind: 'RotationStarted' | 'RotationFailed' | 'RotationSucceeded'): Entry => ({
  kind,
  atMs: START,
  secretArn: 'arn',
  token: TOKEN,
});
const call = (operation: string, fate: 'ok' | 'killed-before' | 'response-lost' = 'ok'): Entry => ({
  kind: 'call',
  atMs: START,
  service: operation.endsWith('Value') ? 'secretsmanager' : 'thingspace',
  operation,
  durationMs: 1,
  fate,
});
const alarm = (event: string, subject: string): Entry => ({
  kind: 'alarm',
  atMs: START,
  subject,
  severity: 'warning',
  event,
});

describe('the timeline', () => {
  it('puts world time, milliseconds and the event into columns', () => {
    const lines = printed([
      { kind: 'RotationStarted', atMs: START, secretArn: 'arn', token: TOKEN },
      {
        kind: 'call',
        atMs: START + 432,
        service: 'secretsmanager',
        operation: 'PutSecretValue',
        durationMs: 4,
        httpStatus: 500,
        errorName: 'InternalServiceError',
        fate: 'failed-before',
        detail: { VersionStages: 'AWSCURRENT,AWSPENDING' },
      },
      { kind: 'moment', atMs: START + 444, moment: { what: 'current-is-right', staleMs: 10 } },
      { kind: 'time-passes', atMs: START + 25 * 60_000, ms: 25 * 60_000 },
    ]);
    expect(lines).toEqual([
      '    0.000 s              Secrets Manager runs the rotation of version 0f0e0d0c',
      '    0.432 s      4 ms        secretsmanager PutSecretValue [AWSCURRENT,AWSPENDING] → 500',
      '                             InternalServiceError ← not delivered; answered with an error',
      '    0.444 s              >>> AWSCURRENT is right again, 10 ms after the old password died',
      '     25 min              ~~~ 25 min pass ~~~',
    ]);
  });

  it('prints an error that retries repeat only once in full', () => {
    const [first, second] = printed([step(1), step(2)], { width: 200 });
    expect(first).toContain(`createSecret failed with PasswordRefusedError: ${failure.errorMessage}`);
    expect(second).toMatch(/createSecret \(attempt 2\) failed with PasswordRefusedError, as before$/);
  });

  it('is coloured only when told to', () => {
    expect(printed([step(1)]).join()).not.toContain('\u001b');
    expect(printed([step(1)], { colour: true }).join()).toContain('\u001b');
  });
});

describe('the report', () => {
  const report = (...checks: boolean[]): Report => ({
    title: 'rotation',
    entries: [],
    checks: checks.map((held) => ({ what: 'something', held })),
    durationMs: 1,
    logIns: { failed: 0, worstInARow: 0, ...LIMITS },
  });

  it('holds only if every check of every report holds', () => {
    expect([held([report(true, true)]), held([report(true), report(true, false)])]).toEqual([true, false]);
    expect(verdict([report(true, true)])).toBe('Everything holds: 2 checks.');
    expect(verdict([report(true, false)])).toMatch(/^1 of 2 checks failed/);
  });

  it('counts failed log-ins and the longest run of them', () => {
    const counted = logInsOf([failed(1), failed(2), failed(1)], LIMITS);
    expect(counted).toEqual({ failed: 3, worstInARow: 2, ...LIMITS });
    expect(logInsOf([], LIMITS)).toEqual({ failed: 0, worstInARow: 0, ...LIMITS });
  });
});

describe('the story', () => {
  const texts = (entries: Entry[]) => storyOf(entries, 5).map(({ text }) => text);

  it('tells a failed log-in and its announcement in one line, and the subject of another message', () => {
    const told = texts([
      rotation('RotationStarted'),
      failed(1),
      alarm('failed-log-in', 'ThingSpace WARNING: log-in refused, 1 of 5 used - Fleet-API'),
      alarm('password-lost', 'ThingSpace CRITICAL: the password is lost - Fleet-API'),
    ]);
    expect(told).toEqual([
      'Secrets Manager begins a rotation.',
      'A log-in fails: 1 of the 5 that lock, and a message says so.',
      'A message: “CRITICAL: the password is lost”.',
    ]);
  });

  it('counts tries that end as an earlier one did', () => {
    const begun = (attempt: number): Entry => ({
      kind: 'step-start',
      atMs: START,
      step: 'createSecret',
      attempt,
    });
    const tries = [1, 2, 3, 4].flatMap((attempt) => [begun(attempt), step(attempt)]);
    expect(texts([rotation('RotationStarted'), ...tries, rotation('RotationFailed')])).toEqual([
      'Secrets Manager begins a rotation.',
      'createSecret ends in PasswordRefusedError. 3 more tries end so.',
    ]);
  });

  it('tells where a process was killed, and not that it ended', () => {
    const told = texts([rotation('RotationStarted'), call('PutSecretValue', 'killed-before')]);
    expect(told.at(-1)).toBe(
      'secretsmanager PutSecretValue: process killed (SIGKILL) before it was delivered.',
    );
  });

  it('has at most eight lines, and drops no event but a log-in that works', () => {
    const events = Array.from({ length: 20 }, (_, at) =>
      alarm('any', `ThingSpace INFO: event ${at} - Fleet-API`),
    );
    const told = texts([rotation('RotationStarted'), moment('logged-in'), ...events]);
    expect(told.length).toBe(8);
    expect(told.join(' ').match(/event \d+”/g)).toEqual(events.map((_, at) => `event ${at}”`));
    expect(told.join(' ')).not.toContain('A log-in works.');
  });
});

describe('the plot of failed log-ins', () => {
  it('draws each change of the count against both limits', () => {
    const entries = [failed(1), failed(2, START + 1_000), moment('logged-in', START + 2_000)];
    expect(counterPlot(entries, LIMITS, (atMs) => `${(atMs - START) / 1_000} s`)).toEqual([
      'Failed log-ins in a row:',
      '5 ┤━━━━━━━━━━━━━━━━━━━━━━━━━━━━ ThingSpace locks the username',
      '4 ┤',
      '3 ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ the automation’s limit',
      '2 ┤          ███████',
      '1 ┤ ███████  ███████',
      '0 ┼────────────────────────────',
      '   0 s      1 s      2 s',
    ]);
  });

  it('draws nothing where no log-in failed', () => {
    expect(counterPlot([moment('logged-in'), moment('count-cleared')], LIMITS, String)).toEqual([]);
  });
});
