import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../../cli/desk.ts';
import { NotWellError, UsageError } from '../../../cli/errors.ts';
import type { Options } from '../../../cli/options.ts';
import { inCsv } from '../../../cli/report/csv.ts';
import { inHtml } from '../../../cli/report/html.ts';
import { periodOf } from '../../../cli/report/period.ts';
import type { Report } from '../../../cli/report/schema.ts';
import { makeReport, report } from '../../../cli/report.ts';
import { AwsCallError } from '../../../lambda/aws-call.ts';
import { SECRET_ARN } from '../../world/world.ts';
import { startDesk } from '../desk.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY_MS = 24 * 60 * 60_000;
const denied = (operation: string) => () =>
  Promise.reject(new AwsCallError(operation, { name: 'AccessDeniedException', message: 'no right' }));

async function deskAfterRotation() {
  const started = startDesk();
  await started.world.rotate();
  started.world.advance(DAY_MS);
  return started;
}

const reportOf = async (desk: Desk, options: Options = {}) =>
  makeReport(desk, { secret: SECRET_ARN, accessTable: 'access', ...options });

describe('The period of a report', () => {
  const NOW = Date.UTC(2026, 5, 15, 12);
  const period = (from?: string, to?: string) => periodOf({ ...(from && { from }), ...(to && { to }) }, NOW);

  it('holds the whole day of its end, in UTC', () => {
    expect(period('2026-01-01', '2026-03-31')).toEqual({
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 3, 1),
      endsEarly: false,
    });
  });

  it('ends now at the latest, and is a year unless the beginning is given', () => {
    expect(period(undefined, '2027-01-01')).toEqual({
      fromMs: NOW - 365 * DAY_MS,
      toMs: NOW,
      endsEarly: true,
    });
  });

  it.each([
    ['2026-02-30', undefined],
    ['yesterday', undefined],
    ['2026', undefined],
    ['2026-05-01', '2026-04-01'],
    ['2026-07-01', undefined],
  ])('takes no %s to %s', (from, to) => {
    expect(() => period(from, to)).toThrow(UsageError);
  });
});

describe('The command report', () => {
  it('writes a file that only its owner may read, and replaces none unless told', async () => {
    const { desk, terminal } = await deskAfterRotation();
    const out = path.join(folder, 'report.html');
    await report(desk, { secret: SECRET_ARN, out });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(terminal.warned.at(-1)).toMatch(
      /report\.html: 2025-01-06 to 2026-01-06, 1 credential, 0 exceptions/,
    );
    expect(terminal.said).toEqual([]);
    writeFileSync(out, 'another');
    await expect(report(desk, { secret: SECRET_ARN, out })).rejects.toThrow('it exists already');
    expect(readFileSync(out, 'utf8')).toBe('another');
    await report(desk, { secret: SECRET_ARN, out, force: true });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, 'utf8')).toContain('Report for the auditor');
  });

  it('prints JSON without a file, and no other format', async () => {
    const { desk, terminal } = await deskAfterRotation();
    await report(desk, { secret: SECRET_ARN, json: true });
    expect(JSON.parse(terminal.said[0] ?? '')).toMatchObject({ credentials: [{ username: 'Fleet-Api' }] });
    for (const wrong of [{}, { format: 'csv' }, { format: 'html', json: true }, { format: 'pdf', out: 'x' }])
      await expect(report(desk, { secret: SECRET_ARN, ...wrong })).rejects.toThrow(UsageError);
  });

  it('reads no value of the secret, sends nothing, and writes nothing', async () => {
    const { world, desk } = await deskAfterRotation();
    const before = world.calls.length;
    await reportOf(desk);
    const calls = new Set(world.calls.slice(before).map(({ name }) => name));
    expect([...calls].filter((name) => !/^(GetItem|Query|DescribeSecret)/.test(name))).toEqual([]);
  });

  it('says what could not be read, and ends with the exit code of a denial', async () => {
    const { desk } = await deskAfterRotation();
    const surroundings = { ...desk.surroundings, changes: denied('cloudtrail:LookupEvents') };
    const accessRecords = () => ({ between: denied('dynamodb:Query'), get: async () => undefined });
    const { made, codes } = await reportOf({ ...desk, surroundings, accessRecords });
    expect(codes).toEqual([4, 4]);
    expect(made.gaps[0]).toMatch(
      /^The requests through the access function could not be read\. Your own AWS/,
    );
    expect(made.credentials[0]?.gaps.join('\n')).toMatch(
      /CloudTrail could not be read, so changes .* are missing/,
    );
    const out = path.join(folder, 'denied.html');
    await expect(report({ ...desk, surroundings }, { secret: SECRET_ARN, out })).rejects.toThrow(
      NotWellError,
    );
    expect(readFileSync(out, 'utf8')).toContain('CloudTrail could not be read');
  });

  it('names a credential that could not be read, and shows the others', async () => {
    const { desk } = await deskAfterRotation();
    const [facts] = await desk.account.secrets();
    const other = { ...facts, arn: `${SECRET_ARN}2`, name: 'other' } as NonNullable<typeof facts>;
    const usernameOf = (arn: string) =>
      arn === other.arn ? denied('dynamodb:GetItem')() : desk.ledger.usernameOf(arn);
    const account = { ...desk.account, secrets: async () => [facts as typeof other, other] };
    const { made, codes } = await reportOf(
      { ...desk, account, ledger: { ...desk.ledger, usernameOf } },
      { all: true },
    );
    expect(made.credentials.map(({ name }) => name)).toEqual(['fleet']);
    expect(made.gaps[0]).toMatch(
      /^The report has the secrets that the function rotates now\. A credential that was removed/,
    );
    expect(made.unread).toMatchObject([
      { name: 'other', why: expect.stringContaining('may not dynamodb:GetItem') },
    ]);
    expect(codes).toEqual([4]);
  });

  it('takes a missing table for a service without an access function', async () => {
    const { desk } = await deskAfterRotation();
    const gone = () =>
      Promise.reject(new AwsCallError('dynamodb:Query', { name: 'ResourceNotFoundException' }));
    const settings = { ...desk.settings, function: { ...desk.function, environment: { SERVICE_NAME: 'x' } } };
    const { made, codes } = await makeReport(
      {
        ...desk,
        settings: settings as Desk['settings'],
        accessRecords: () => ({ between: gone, get: gone }),
      },
      { secret: SECRET_ARN },
    );
    expect(codes).toEqual([]);
    expect(made.access).toBeUndefined();
    expect(made.gaps).toEqual([expect.stringContaining('No table of an access function is found')]);
  });

  it('takes a change for the rotation’s only if the function’s own role made it', async () => {
    const { world, desk } = await deskAfterRotation();
    const role = 'arn:aws:iam::111122223333:role/rotation-role';
    const change = {
      at: world.clock.nowMs() - 1,
      what: 'PutSecretValue',
      from: '',
      versionId: 'v',
      refusedWith: undefined,
    };
    const who = (name: string) => `arn:aws:sts::111122223333:assumed-role/${name}/rotation`;
    const changes = async () => [
      { ...change, who: who('rotation-role') },
      { ...change, who: who('admins') },
    ];
    const changed = { ...desk, surroundings: { ...desk.surroundings, changes } };
    const acts = async (one: Desk) => (await reportOf(one)).made.credentials[0]?.acts.map((act) => act.who);
    expect(await acts({ ...changed, function: { ...desk.function, role } as Desk['function'] })).toEqual([
      who('admins'),
    ]);
    // A role that is not known hides nobody, and the report says so.
    expect(await acts(changed)).toHaveLength(2);
    expect((await reportOf(changed)).made.credentials[0]?.gaps.join()).toContain(
      'The role of the rotation function',
    );
  });
});

describe('Texts from outside', () => {
  const HOSTILE = '=HYPERLINK("http://x","<img src=x onerror=alert(1)>")\u202e\n"\'&';

  async function hostile(): Promise<Report> {
    const { world, desk } = await deskAfterRotation();
    const row = {
      at: world.clock.nowMs() - 1,
      actor: HOSTILE,
      purpose: 'store',
      outcome: 'asked',
      reason: HOSTILE,
    };
    const rows = [{ ...row, attempt: 'x', secretArn: SECRET_ARN, versionId: HOSTILE, exposure: 0 }];
    const surroundings = { ...desk.surroundings, auditItems: async () => rows };
    const { made } = await reportOf({ ...desk, surroundings });
    for (const one of made.credentials)
      Object.assign(one, { name: HOSTILE, username: HOSTILE, gaps: [HOSTILE] });
    return made;
  }

  it('stay text in the page, which runs no script and loads nothing', async () => {
    const page = inHtml(await hostile());
    expect(page).not.toMatch(/<(script|img|iframe|link|object|embed|form)|onerror=alert\(1\)>"|\u202e/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).toContain('\\u{202e}');
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/,
    );
    expect(page).not.toMatch(/ style="|url\((?!#)|(src|href)="(?!#)/);
  });

  it('are no formula in a spreadsheet, and no line of their own', async () => {
    const csv = inCsv(await hostile());
    const lines = csv.replace(/^\ufeff/, '').split('\r\n');
    expect(lines.filter((line) => /(^|,)"?[=+\-@]/.test(line))).toEqual([]);
    expect(csv).toContain(`"'=HYPERLINK(""http://x""`);
    expect(csv).not.toMatch(/[^\r]\n/);
    const columns = lines
      .filter((line) => line !== '')
      .map((line) => line.replace(/"(?:[^"]|"")*"/g, '').split(',').length);
    expect(new Set(columns)).toEqual(new Set([13]));
  });
});
