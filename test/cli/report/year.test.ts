import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { inCsv } from '../../../cli/report/csv.ts';
import { inHtml } from '../../../cli/report/html.ts';
import { ageAt, highestDays } from '../../../cli/report/password-age.ts';
import { type Report, report as schema } from '../../../cli/report/schema.ts';
import { makeReport } from '../../../cli/report.ts';
import type { World } from '../../world/world.ts';
import { fakeTerminal } from '../desk.ts';
import { page, picture } from './page.ts';
import { playYear, YEAR } from './year.ts';

const DAY_MS = 24 * 60 * 60_000;
let made: Report;
let worlds: readonly World[];

beforeAll(async () => {
  const played = await playYear(fakeTerminal());
  worlds = played.worlds;
  const { made: report, codes } = await makeReport(played.desk, {
    all: true,
    ...YEAR,
    accessTable: 'access',
  });
  expect(codes).toEqual([]);
  made = report;
}, 60_000);

const one = (at: number) => made.credentials[at] as Report['credentials'][number];
const kinds = (at: number) => one(at).exceptions.map(({ kind }) => kind);

describe('The report of a year', () => {
  it('is the page and the picture in docs/reference', async () => {
    await expect(page(made)).toMatchFileSnapshot('../../../docs/reference/report.md');
    await expect(picture(made)).toMatchFileSnapshot('../../../docs/reference/report.svg');
  });

  it('has the shape that the schema declares', () => {
    expect(v.safeParse(schema, JSON.parse(JSON.stringify(made))).issues).toBeUndefined();
  });

  it('counts each new password that ThingSpace made and the secret received', () => {
    const received = worlds.map(({ aws, platform }) => {
      const { username } = JSON.parse(aws.currentValue() ?? '{}');
      return platform.events.filter((event) => event.username === username && event.kind === 'password-made')
        .length;
    });
    // The lost one is an exception, and no new password of the secret.
    expect(made.credentials.map(({ figures }) => figures.newPasswords.value)).toEqual(
      received.map((count, at) => (at === 1 ? count - 1 : count)),
    );
  });

  it('names a pause, a loss, its end, a crash that lost nothing, a lock, a put-back, and an age over the limit', () => {
    expect(kinds(0)).toEqual(['paused', 'over-age']);
    expect(kinds(1)).toEqual(['unknown', 'lost', 'rolled-forward']);
    expect(kinds(2)).toEqual(['stored-password-refused', 'over-age', 'guard-closed', 'unlocked', 'put-back']);
    expect(made.credentials.map(({ figures }) => figures.openExceptions)).toEqual([0, 0, 0]);
  });

  it('never calls a password younger than it was, on any day of the year', () => {
    for (const [at, { aws, platform }] of worlds.entries()) {
      const { username } = JSON.parse(aws.currentValue() ?? '{}');
      const makings = platform.events.filter(
        (event) => event.username === username && /^(password-made|reset)$/.test(event.kind),
      );
      for (const segment of one(at).age.segments) {
        for (let ms = Date.parse(segment.from); ms < Date.parse(segment.to); ms += DAY_MS) {
          const age = ageAt(segment, ms);
          const last = makings.filter(({ atMs }) => atMs <= ms).at(-1);
          if (!last || age.known === 'no' || age.known === 'at least') continue;
          expect(highestDays(age)).toBeGreaterThanOrEqual(Math.floor((ms - last.atMs) / DAY_MS));
        }
      }
    }
  });

  it('counts every request once, by person and operation', () => {
    const { access } = made;
    expect(access).toMatchObject({ requests: 5_000, sessions: 0 });
    const sum = (all: readonly { requests: number }[] = []) =>
      all.reduce((total, { requests }) => total + requests, 0);
    expect([sum(access?.changesByPerson), sum(access?.readsByPerson)]).toEqual([
      access?.changes,
      access?.reads,
    ]);
    for (const tally of access?.changesByPerson ?? [])
      expect(tally.done + tally.refused + tally.unknown + tally.notSent + tally.denied).toBe(tally.requests);
  });

  it('quotes for each figure and exception rows that it lists, or that worked', () => {
    for (const { exceptions, figures, age, rows } of made.credentials) {
      const listed = new Set(rows.map(({ row }) => row));
      const cited = [
        ...exceptions,
        figures.newPasswords,
        figures.logInsFailed,
        figures.logInsUnanswered,
      ].flatMap((all) => all.rows);
      const bounds = age.segments.flatMap(({ madeAfter, madeBefore }) => [madeAfter?.row, madeBefore?.row]);
      const named = [...cited.flatMap((range) => range.split('–')), ...bounds].filter(
        (row) => row !== undefined,
      );
      expect(named.filter((row) => !listed.has(row))).toEqual([]);
    }
  });

  it('holds no password that ThingSpace ever knew, in any format', () => {
    const all = [inHtml(made), inCsv(made), JSON.stringify(made)];
    const passwords = worlds.flatMap(({ truth }) => truth().passwords);
    expect(passwords.length).toBeGreaterThan(12);
    expect(passwords.filter((password) => all.some((text) => text.includes(password)))).toEqual([]);
  });
});
