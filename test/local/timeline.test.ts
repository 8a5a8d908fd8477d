import { describe, expect, it } from 'vitest';
import { timelinePrinter } from '../../local/timeline/print.ts';
import type { Entry } from '../../local/timeline/record.ts';
import { held, logInsOf, type Report, verdict } from '../../local/timeline/report.ts';

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
    logIns: { failed: 0, worstInARow: 0, limit: 5 },
  });

  it('holds only if every check of every report holds', () => {
    expect([held([report(true, true)]), held([report(true), report(true, false)])]).toEqual([true, false]);
    expect(verdict([report(true, true)])).toBe('Everything holds: 2 checks.');
    expect(verdict([report(true, false)])).toMatch(/^1 of 2 checks failed/);
  });

  it('counts failed log-ins and the longest run of them', () => {
    const failed = (consecutiveFailures: number): Entry => ({
      kind: 'moment',
      atMs: START,
      moment: { what: 'failed-log-in', operation: 'LogIn', consecutiveFailures },
    });
    expect(logInsOf([failed(1), failed(2), failed(1)], 5)).toEqual({ failed: 3, worstInARow: 2, limit: 5 });
    expect(logInsOf([], 5)).toEqual({ failed: 0, worstInARow: 0, limit: 5 });
  });
});
