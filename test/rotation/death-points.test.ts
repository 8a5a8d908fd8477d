import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blockOf, CALLS, cuts, die, labelOf, PAGE, rowsOf, withBlock } from '../histories/deaths.ts';
import { createWorld, MINUTE_MS } from '../world/world.ts';

/** The death table of lambda/README.md, held true row by row. */
const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = readFileSync(PAGE, 'utf8');
const deaths = await Promise.all(cuts.map(async (cut) => ({ ...cut, ...(await die(cut)) })));
const rows = rowsOf(deaths);

describe('the death table of lambda/README.md', () => {
  test('matches the table that a run prints (node test/histories/write-deaths.ts writes it)', () => {
    expect(page).toBe(withBlock(page, blockOf(rows)));
  });

  test('lists the calls of a healthy createSecret in their order', async () => {
    const world = createWorld();
    await world.rotate();
    const before = world.calls.length;
    const { token } = await world.rotate();
    const names = world.calls.slice(before).map(({ name }) => name);
    expect(names.slice(0, CALLS.length)).toEqual(CALLS.map(([name]) => name));
    // testSecret begins here.
    expect(names[CALLS.length]).toBe('DescribeSecret');
    expect(world.aws.stages.get('AWSCURRENT')).toBe(token);
  });

  test('kills the process before and after the effect of every call', () => {
    for (let call = 1; call <= CALLS.length; call += 1)
      for (const fate of ['killed-before', 'killed-after'])
        expect(cuts.filter((cut) => cut.call === call && cut.fate === fate).length).toBeGreaterThan(0);
  });

  test('numbers a line of change-password.ts for each row', () => {
    const source = read('lambda/rotation/change-password.ts');
    const points = [...source.matchAll(/\/\/ Death points? (.+)$/gm)].flatMap(([, numbers = '']) =>
      [...numbers.matchAll(/\d/g)].map(Number),
    );
    expect([...new Set(points)].sort()).toEqual(rows.map((_, at) => at + 1));
  });
});

describe('a process that dies in createSecret', () => {
  const name = ({ call, fate, held }: (typeof cuts)[number]) =>
    `${call} ${CALLS[call - 1]?.[0]}, ${fate}${held === undefined ? '' : `, ${held} held back`}`;
  const loses = (done: readonly number[]) => done.includes(8) && !done.includes(9);

  test.each(deaths.map((death) => [name(death), death] as const))(
    'breaks no guarantee, and loses no password once the sealed line is written (%s)',
    (_, { done, stored, swapped, lost, ends, exchanges, failures, violations }) => {
      expect(violations).toEqual([]);
      expect({ stored, swapped }).toEqual({ stored: done.includes(10), swapped: done.includes(12) });
      expect({ exchanges, failures }).toEqual({ exchanges: 1, failures: loses(done) ? 1 : 0 });
      expect(lost).toBe(loses(done));
      expect(ends).toBe(loses(done) ? 'CredentialLostError' : 'rotated');
    },
  );

  test('loses the password in one row of the table only', () => {
    const losing = rows.filter((row) => row.deaths.some(({ lost }) => lost));
    expect(losing.map((row) => row.deaths.map(labelOf))).toEqual([['1–8']]);
  });

  test.each([7, 8])('makes an early retry wait for the lease when it dies after call %i', async (call) => {
    const early = await die({ fate: 'killed-after', call }, { afterMs: MINUTE_MS });
    expect(early).toMatchObject({ ends: 'ExchangeInProgressError', messages: [], violations: [] });
  });

  test.each([5, 6])('announces the log-in 20 minutes after a death at call %i, not before', async (call) => {
    const early = await die({ fate: 'killed-after', call }, { afterMs: MINUTE_MS });
    expect(early).toMatchObject({ ends: 'rotated', messages: ['password-rotated'], violations: [] });
    const late = await die({ fate: 'killed-after', call });
    expect(late.messages).toEqual(['failed-log-in', 'password-rotated']);
  });

  test.each([undefined, 11])(
    'leaves nothing to store when it dies after the swap (call held back: %s)',
    async (held) => {
      const death = await die({ fate: 'killed-after', call: 12, ...(held === undefined ? {} : { held }) });
      expect(death).toMatchObject({ currentWorks: true, ends: 'rotated', messages: ['password-rotated'] });
      expect(death.retry).not.toContain('stores');
      expect(death.retry).not.toContain('swaps');
    },
  );

  test('proves the old password, then exchanges, when the sealed line holds a refusal', async () => {
    const death = await die(
      { fate: 'killed-after', call: 9 },
      { link: { refuse: 'REQUEST_FAILED.TryLater' } },
    );
    expect(death).toMatchObject({ journal: 'exchanging', currentWorks: true, lost: false, ends: 'rotated' });
    expect(death.retry).toEqual(expect.arrayContaining(['proves the old password', 'exchanges']));
    // The answer opens: no message says that it does not.
    expect(death.messages).not.toContain('standing-trouble');
    expect(death.violations).toEqual([]);
  });

  test('proves the loss when the sealed line holds an unreadable answer', async () => {
    const page = { outcome: 'answered', body: Buffer.from('<html></html>'), complete: true } as const;
    const spoil = () => ({ ...page, httpStatus: 502 });
    const death = await die({ fate: 'killed-after', call: 9 }, { link: { spoil } });
    expect(death).toMatchObject({ journal: 'exchanging', currentWorks: false, ends: 'CredentialLostError' });
    expect(death.messages).toContain('password-lost');
    expect(death.violations).toEqual([]);
  });

  test('names the missing part while the log holds a part of the sealed answer alone', async () => {
    const world = createWorld();
    await world.rotate();
    const comment = Buffer.from(`<!--${'x'.repeat(250 * 1024)}-->`);
    world.link.spoil = (body) =>
      ({
        outcome: 'answered',
        httpStatus: 200,
        body: Buffer.concat([comment, body]),
        complete: true,
      }) as const;
    const token = randomUUID();
    world.aws.stage(token);
    const before = world.calls.length;
    world.plan.decide = ({ index }) => (index === before + 9 ? 'killed-after' : 'ok');
    await world.step('createSecret', token);
    world.plan.decide = () => 'ok';
    world.link.spoil = undefined;
    world.aws.log.pop();
    world.advance(21 * MINUTE_MS);
    const { outcome, ...ended } = await world.step('createSecret', token);
    expect(outcome).toBe('failed');
    const { message } = (ended as { error: Error }).error;
    expect(message).toContain('holds a part of it alone (missing: 2)');
    expect(message).not.toContain('FilterLogEvents');
  });

  test('stops with UnusablePasswordError when the sealed password cannot be stored', async () => {
    const spoil = (body: Buffer) => {
      const text = body.toString().replace(/(NewPassword>).*?(<\/\w*:?NewPassword>)/s, '$1no good\\$2');
      return { outcome: 'answered', httpStatus: 200, body: Buffer.from(text), complete: true } as const;
    };
    const death = await die({ fate: 'killed-after', call: 9 }, { link: { spoil } });
    expect(death).toMatchObject({ journal: 'exchanging', ends: 'UnusablePasswordError', exchanges: 1 });
  });
});
