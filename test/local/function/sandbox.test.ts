import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createFunction, type FunctionOptions, type LocalFunction } from '../../../local/function/sandbox.ts';

const handlerFile = fileURLToPath(new URL('../fixture-handler.mjs', import.meta.url));

let started: LocalFunction[] = [];
afterEach(async () => {
  await Promise.all(started.map((lambda) => lambda.kill()));
  started = [];
});

function create(options: Partial<FunctionOptions> = {}) {
  const lambda = createFunction({
    handlerFile,
    env: { AWS_LAMBDA_FUNCTION_NAME: 'fixture', AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fixture' },
    timeoutMs: 30_000,
    ...options,
  });
  started.push(lambda);
  return lambda;
}

function start(does: string, options: Partial<FunctionOptions> = {}) {
  const lines: string[] = [];
  const lambda = create({ onLine: (line, stream) => void lines.push(`${stream}: ${line}`), ...options });
  return { kill: lambda.kill, result: lambda.invoke({ does }), lines };
}

describe('one invocation', () => {
  it('has only the environment that it is given', async () => {
    const result = await start('environment', { env: { ONLY: 'this' } }).result;
    expect(result).toEqual({ ok: true, value: expect.objectContaining({ ONLY: 'this' }) });
    const names = Object.keys(result.ok ? (result.value as object) : {});
    expect(names.sort()).toEqual(['HOME', 'ONLY', 'PATH', 'TZ']);
  });

  it('has a context whose remaining time is below the timeout, and counts', async () => {
    const { result } = start('context', { timeoutMs: 20_000 });
    const { value } = (await result) as { value: { remainingMs: number } };
    expect(value).toMatchObject({
      functionName: 'fixture',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logGroupName: '/aws/lambda/fixture',
    });
    expect(value.remainingMs).toBeGreaterThan(0);
    expect(value.remainingMs).toBeLessThanOrEqual(20_000);
  });

  it('passes both streams on line by line, also a last line without an end', async () => {
    const { result, lines } = start('two streams');
    expect(await result).toEqual({ ok: true, value: null });
    expect(lines.filter((line) => line.startsWith('stdout')).slice(1)).toEqual([
      'stdout: out one',
      'stdout: out two',
      'stdout: not ended by a line feed',
    ]);
    expect(lines).toContain('stderr: err one');
  });

  it('ends with its answer although a task still runs', async () => {
    expect(await start('leave running').result).toEqual({ ok: true, value: 'done' });
  });

  it('answers an error as Lambda does', async () => {
    expect(await start('throw').result).toEqual({
      ok: false,
      error: {
        errorType: 'NamedError',
        errorMessage: 'It went wrong.',
        stackTrace: expect.arrayContaining([expect.stringContaining('fixture-handler.mjs')]),
      },
    });
  });

  it('answers an uncaught error', async () => {
    expect(await start('throw late').result).toMatchObject({
      ok: false,
      error: { errorType: 'TypeError', errorMessage: 'Nobody caught this.' },
    });
  });

  it('answers a bundle that cannot be loaded', async () => {
    const result = await start('', { handlerFile: `${handlerFile}.missing` }).result;
    expect(result).toMatchObject({
      ok: false,
      error: { errorMessage: expect.stringContaining('Cannot find module') },
    });
  });

  it('is killed when its time is over', async () => {
    const result = await start('hang', { timeoutMs: 50 }).result;
    expect(result).toEqual({
      ok: false,
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 0\.05 seconds$/),
      },
    });
  });

  it('is gone, and reports it, when kill resolves', async () => {
    const lines: string[] = [];
    const running = Promise.withResolvers<void>();
    const invocation = start('hang', {
      onLine: (line) => {
        lines.push(line);
        running.resolve();
      },
    });
    await running.promise;
    await invocation.kill();
    expect(await invocation.result).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: SIGKILL') },
    });
    expect(lines).toHaveLength(1);
  });

  it('ends in an error when it exits its own process', async () => {
    expect(await start('exit').result).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 7') },
    });
  });
});

describe('the function', () => {
  const processOf = async (lambda: LocalFunction) => {
    const result = await lambda.invoke({ does: 'process' });
    return result.ok ? result.value : undefined;
  };

  it('serves one invocation after the other in one process, and in a new one after a death', async () => {
    const lambda = create();
    const first = await processOf(lambda);
    expect(await processOf(lambda)).toBe(first);
    expect(await lambda.invoke({ does: 'exit' })).toMatchObject({ ok: false });
    const second = await processOf(lambda);
    expect(second).not.toBe(first);
    await lambda.kill();
    expect(await processOf(lambda)).not.toBe(second);
  });

  it('serves two invocations at once in two processes', async () => {
    const lambda = create();
    expect(lambda.busy).toBe(false);
    const both = Promise.all([processOf(lambda), processOf(lambda)]);
    expect(lambda.busy).toBe(true);
    expect(new Set(await both).size).toBe(2);
    expect(lambda.busy).toBe(false);
  });
});
