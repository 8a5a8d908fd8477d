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

  it('writes one embedded-metric line with the dimension Credential and no other', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'rotation');
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'somebody-elses');
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
              Dimensions: [['Credential']],
              Metrics: [{ Name: 'FailedLogIns', Unit: 'Count' }],
            },
          ],
        },
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
      { Credential: 'one', LockoutExposure: 2 },
      { Credential: 'other', LockoutExposure: 0 },
      { Credential: 'one', StaleWindowMs: 12.5 },
      { Credential: 'one', PasswordAgeDays: 90 },
    ]);
  });

  it('writes a dimension that CloudWatch takes for any username', () => {
    const { out, err } = written((metrics) => {
      metrics.count('PasswordLost', '');
      metrics.count('PasswordLost', 'größe 1');
    });
    expect(err).toBe('');
    expect(records(out).map(({ Credential }) => Credential)).toEqual(['%', 'gr%C3%B6%C3%9Fe%201']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('leaves %d out instead of throwing', (value) => {
    expect(written((metrics) => metrics.gauge('StaleWindowMs', 'acme', value, 'Milliseconds'))).toEqual({
      out: '',
      err: '',
    });
  });
});
