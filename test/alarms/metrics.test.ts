import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMetrics, type Metrics } from '../../lambda/metrics.ts';

/** Everything that measuring writes to stdout and stderr. */
function written(measuring: (metrics: Metrics) => void): { out: string; err: string } {
  const result = { out: '', err: '' };
  const keep = (stream: 'out' | 'err') => (chunk: unknown) => {
    result[stream] += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep('out') as typeof process.stdout.write);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep('err') as typeof process.stderr.write);
  measuring(createMetrics());
  vi.restoreAllMocks();
  return result;
}

const records = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('Metrics', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it('writes one embedded-metric line for the service and its credential', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'rotation');
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'somebody-elses');
    vi.stubEnv('SERVICE_NAME', 'fleet-passwords');
    const { out, err } = written((metrics) => metrics.count('FailedLogIns', 'acme-uws'));

    expect(err).toBe('');
    expect(out.endsWith('\n')).toBe(true);
    expect(records(out)).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'ThingSpaceRotation',
              Dimensions: [['Service'], ['Service', 'Credential']],
              Metrics: [{ Name: 'FailedLogIns', Unit: 'Count' }],
            },
          ],
        },
        Service: 'fleet-passwords',
        Credential: 'acme-uws',
        FailedLogIns: 1,
      },
    ]);
  });

  it('keeps the credentials of one process apart', () => {
    const { out, err } = written((metrics) => {
      metrics.gauge('LockoutExposure', 'one', 2, 'Count');
      metrics.gauge('LockoutExposure', 'other', 0, 'Count');
      metrics.gauge('StaleWindowMs', 'one', 12.5, 'Milliseconds');
      metrics.gauge('PasswordAgeDays', 'one', 90, 'None');
    });
    expect(err).toBe('');
    expect(records(out).map(({ _aws, ...values }) => values)).toEqual([
      { Service: 'ThingSpaceRotation', Credential: 'one', LockoutExposure: 2 },
      { Service: 'ThingSpaceRotation', Credential: 'other', LockoutExposure: 0 },
      { Service: 'ThingSpaceRotation', Credential: 'one', StaleWindowMs: 12.5 },
      { Service: 'ThingSpaceRotation', Credential: 'one', PasswordAgeDays: 90 },
    ]);
  });

  it('writes a dimension that CloudWatch accepts for any username', () => {
    const { out, err } = written((metrics) => {
      metrics.count('PasswordLost', '');
      metrics.count('PasswordLost', 'größe 1');
    });
    expect(err).toBe('');
    expect(records(out).map(({ Credential }) => Credential)).toEqual(['%', 'gr%C3%B6%C3%9Fe%201']);
  });

  it('measures how overdue a password is, by the schedule of its own credential', () => {
    vi.stubEnv('OVERDUE_AFTER_DAYS', '{"days":91,"except":{"often":31}}');
    const { out } = written((metrics) => {
      metrics.gauge('PasswordAgeDays', 'usual', 90.5, 'None');
      metrics.gauge('PasswordAgeDays', 'often', 32, 'None');
    });
    const overdue = records(out).flatMap(({ Credential, DaysOverdue }) =>
      DaysOverdue === undefined ? [] : [[Credential, DaysOverdue]],
    );
    expect(overdue).toEqual([
      ['usual', -0.5],
      ['often', 1],
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('leaves %d out instead of throwing', (value) => {
    expect(written((metrics) => metrics.gauge('StaleWindowMs', 'acme', value, 'Milliseconds'))).toEqual({
      out: '',
      err: '',
    });
  });
});
