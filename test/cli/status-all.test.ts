import { describe, expect, it } from 'vitest';
import { NotWellError } from '../../cli/errors.ts';
import { findFunction, listingOnce, secretsOf } from '../../cli/find-function.ts';
import { passingLine } from '../../cli/passing-line.ts';
import { status } from '../../cli/status.ts';
import { AT_ONCE } from '../../cli/status-all.ts';
import { fakeTerminal } from './desk.ts';
import { manyCredentials } from './many.ts';

const CALL_MS = 15;

describe('The table of all credentials', () => {
  it('reads a hundred credentials ten at once, and the holds once', async () => {
    const terminal = fakeTerminal();
    const { desk, calls, clock, mostInFlight } = manyCredentials(100, CALL_MS, terminal);
    await status(desk, {});
    // Of each: DescribeSecret for the labels and the dates, the value, the item, and the last username; the holds once.
    expect(Object.fromEntries(calls)).toEqual({
      ListSecrets: 1,
      DescribeSecret: 200,
      GetSecretValue: 100,
      GetItem: 201,
    });
    expect(mostInFlight()).toBe(AT_ONCE);
    // By the virtual clock; one call after the other, 502 calls take 7.5 seconds.
    expect(clock.nowMs()).toBeLessThan(1_000);
    expect(terminal.said[0]?.split('\n')).toHaveLength(101);
    expect(terminal.said[0]?.split('\n')[1]).toMatch(/^fleet-000 +fleet-000 +all is well +0 of 5/);
  });

  it('shows how far it is, and takes the line away before the table', async () => {
    const terminal = fakeTerminal();
    await status(manyCredentials(12, CALL_MS, terminal).desk, {});
    expect(terminal.progressed).toHaveLength(14);
    expect(terminal.progressed[0]).toBe('Looked at 0 of 12 credentials');
    expect(terminal.progressed.slice(-2)).toEqual(['Looked at 12 of 12 credentials', undefined]);
  });

  it('gives a row to a credential that is denied, throttled, or damaged, and shows the others', async () => {
    const terminal = fakeTerminal();
    const { desk, fail } = manyCredentials(30, CALL_MS, terminal);
    fail('fleet-003', () => 'AccessDeniedException');
    fail('fleet-017', (operation) => (operation === 'GetItem' ? 'ThrottlingException' : undefined));
    await expect(status(desk, { json: true })).rejects.toThrow(NotWellError);
    const rows: { name: string; error?: { name: string; message: string } }[] = JSON.parse(
      terminal.said[0] ?? '',
    );
    expect(rows).toHaveLength(30);
    const failed = rows.filter(({ error }) => error !== undefined);
    expect(failed.map(({ name, error }) => [name, error?.name])).toEqual([
      ['fleet-003', 'AwsCallError'],
      ['fleet-017', 'LedgerUnavailableError'],
    ]);
    expect(failed[0]?.error?.message).toMatch(/^Your own AWS credentials may not DescribeSecret\./);
    expect(failed[1]?.error?.message).toMatch(/^AWS throttles GetItem/);
  });

  it('ends at once when the session of AWS is over: every call would fail alike', async () => {
    const terminal = fakeTerminal();
    const { desk, fail, calls, clock } = manyCredentials(100, CALL_MS, terminal);
    fail('fleet-000', () => 'ExpiredTokenException');
    await expect(status(desk, {})).rejects.toThrow('ExpiredToken');
    // Credentials that were being looked at go to their end; no other begins.
    expect(calls.get('GetSecretValue')).toBe(AT_ONCE - 1);
    await clock.sleep(60_000);
    expect(calls.get('GetSecretValue')).toBe(AT_ONCE - 1);
    expect(terminal.progressed.at(-1)).toBeUndefined();
  });

  it('warns once of a right that is missing for each credential', async () => {
    const terminal = fakeTerminal();
    const { desk } = manyCredentials(20, CALL_MS, terminal);
    desk.ledger.usernameOf = () => Promise.reject(new Error('denied'));
    await status(desk, {});
    expect(terminal.warned).toEqual([
      'The username of the last rotation is left out: denied',
      'The username of the last rotation is left out, for 20 credentials in all.',
    ]);
  });

  it('lists the secrets once for the search of the function and for the table', async () => {
    const { desk, calls } = manyCredentials(5, CALL_MS, fakeTerminal());
    const account = listingOnce(desk.account);
    const facts = { ...desk.function, environment: { LEDGER_TABLE: 't', SEALING_KEY_ID: 'k' } };
    account.function = async () => facts as Awaited<ReturnType<typeof account.function>>;
    expect(await secretsOf(account, await findFunction(account, {}))).toHaveLength(5);
    expect(calls.get('ListSecrets')).toBe(1);
  });
});

describe('A passing line', () => {
  const streamOf = (isTTY: boolean, columns = 80) => {
    const written: string[] = [];
    return { isTTY, columns, written, write: (text: string) => written.push(text) };
  };

  it('replaces the line before it, within the width, and clears itself once', () => {
    const stream = streamOf(true, 11);
    const line = passingLine(stream, 'xterm');
    line.show('Looked at 0 of 12');
    line.clear();
    line.clear();
    expect(stream.written).toEqual(['\r\u001b[KLooked at ', '\r\u001b[K']);
  });

  it('cuts nothing at a terminal that tells no size', () => {
    const stream = streamOf(true, 0);
    passingLine(stream, 'xterm').show('Looked at 0 of 12');
    expect(stream.written).toEqual(['\r\u001b[KLooked at 0 of 12']);
  });

  it('writes nothing into a pipe or to a terminal that cannot clear a line', () => {
    for (const [stream, term] of [
      [streamOf(false), 'xterm'],
      [streamOf(true), 'dumb'],
    ] as const) {
      const line = passingLine(stream, term);
      line.show('Looked at 0 of 12');
      line.clear();
      expect(stream.written).toEqual([]);
    }
  });
});
