import { presentable } from '../lambda/errors.ts';
import { VERSION } from '../lambda/version.ts';
import { tableOf } from './access-log.ts';
import { eachRecord } from './access-records.ts';
import type { SecretFacts } from './account.ts';
import { atOnce } from './at-once.ts';
import type { Desk } from './desk.ts';
import { NotWellError, TargetError, UsageError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { awsCause, concernsEveryCall, exitCodeOf, lineOf } from './failure.ts';
import { secretsOf } from './find-function.ts';
import type { Options } from './options.ts';
import { mustNotExist, replacePrivately, writePrivately } from './private-file.ts';
import { accessTally } from './report/access-summary.ts';
import { inCsv } from './report/csv.ts';
import { credentialReport, LIMIT_DAYS } from './report/data.ts';
import { gather, overridesOf } from './report/gather.ts';
import { inHtml } from './report/html.ts';
import { type Period, periodOf } from './report/period.ts';
import type { AccessReport, CredentialReport, Report } from './report/schema.ts';
import { iso } from './times.ts';

const RENDERINGS: Readonly<Record<string, (report: Report) => string>> = {
  html: inHtml,
  csv: inCsv,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
};

/**
 * Makes the auditor's report. It reads no password, sends nothing to ThingSpace, and changes nothing.
 * @throws UsageError, TargetError, AwsCallError; CommandError FileError; NotWellError when a part could not be read: the
 *   report is made, and says which
 */
export async function report(desk: Desk, options: Options): Promise<void> {
  const { out, force = false, json = false } = options;
  const format = options.format ?? (json ? 'json' : 'html');
  const render = RENDERINGS[format];
  if (!render) throw new UsageError('--format wants html, json or csv.');
  if (json && format !== 'json' && out === undefined)
    throw new UsageError('--json prints the report as JSON: name a file with --out for another --format.');
  if (out === undefined && format !== 'json')
    throw new UsageError(`Name a new file for the report: --out report.${format}.`);
  if (out !== undefined && !force) mustNotExist(out);
  const { made, codes } = await makeReport(desk, options);
  const text = render(made);
  if (out === undefined) desk.terminal.say(text.trimEnd());
  else {
    if (force) replacePrivately(out, text);
    else writePrivately(out, text);
    desk.terminal.warn(`${out}: ${summaryOf(made)}`);
  }
  const worst = [1, 4].find((code) => codes.includes(code as ExitCode)) as ExitCode | undefined;
  if (worst !== undefined) throw new NotWellError(worst);
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function summaryOf({ period, credentials, unread, access }: Report): string {
  const exceptions = credentials.reduce((sum, { figures }) => sum + figures.exceptions, 0);
  return [
    `${period.from.slice(0, 10)} to ${period.to.slice(0, 10)}`,
    plural(credentials.length, 'credential'),
    plural(exceptions, 'exception'),
    ...(access ? [plural(access.requests, 'request')] : []),
    ...(unread.length === 0 ? [] : [`${unread.length} not read`]),
  ].join(', ');
}

type Made = { made: Report; codes: ExitCode[] };

/** Reads the record, and makes the value that every format shows. A part that cannot be read is named in it. */
export async function makeReport(desk: Desk, options: Options): Promise<Made> {
  const { rows: overrides, now } = await overridesOf(desk);
  const period = periodOf(options, now);
  const secrets = await secretsIn(desk, options);
  const codes: ExitCode[] = [];
  const credentials: CredentialReport[] = [];
  const unread: Report['unread'] = [];
  let read = 0;
  const around = { period, nowMs: now, budgets: desk.budgets, functionRole: desk.function?.role };
  const rows = await atOnce(AT_ONCE, secrets, async (facts) => {
    desk.terminal.progress(`Read ${read} of ${secrets.length} credentials`);
    const one = await gather(desk, facts, period, overrides, now).then(
      (sources) => ({ sources }),
      (failure) => ({ failure: ofOne(failure) }),
    );
    read += 1;
    return { facts, ...one };
  });
  for (const { facts, ...one } of rows) {
    if ('sources' in one) {
      credentials.push(credentialReport(one.sources, around));
      if ('unread' in one.sources.changes) codes.push(one.sources.changes.exitCode);
      continue;
    }
    codes.push(exitCodeOf(one.failure));
    unread.push({ name: facts.name, secretArn: facts.arn, why: lineOf(one.failure) });
  }
  const requests = await accessIn(desk, options, period);
  desk.terminal.progress(undefined);
  if (requests.code !== undefined) codes.push(requests.code);
  const { fromMs, toMs, endsEarly } = period;
  return {
    codes,
    made: {
      madeAt: iso(now),
      version: VERSION,
      place: desk.account.place,
      function: desk.function?.arn,
      period: {
        from: iso(fromMs),
        to: iso(toMs),
        endsEarly: endsEarly || undefined,
      },
      limitDays: LIMIT_DAYS,
      lockoutLimit: desk.budgets?.limit,
      credentials,
      unread,
      access: requests.access,
      gaps: [...(options.secret === undefined || options.all ? [NOW_ROTATED] : []), ...requests.gaps],
    },
  };
}

const AT_ONCE = 4;
const NOW_ROTATED =
  'The report has the secrets that the function rotates now. A credential that was removed before is not in it; its rows are under its username (`audit --username`) as long as the ledger keeps them.';

/** A failure is its credential's own, unless every call would fail in the same way. */
function ofOne(failure: unknown): unknown {
  const aws = failure instanceof Error ? awsCause(presentable(failure)) : undefined;
  if (aws && concernsEveryCall(aws)) throw failure;
  return failure;
}

async function secretsIn(
  { account, function: found }: Desk,
  { secret, all }: Options,
): Promise<SecretFacts[]> {
  if (secret !== undefined && !all) return [await account.secret(secret)];
  if (!found) throw new TargetError('Name the credential: --secret <name or ARN>.');
  const secrets = await secretsOf(account, found);
  if (secrets.length === 0)
    throw new TargetError('The function rotates no secret yet: name one with --secret.');
  return secrets;
}

type Requests = { access?: AccessReport; gaps: string[]; code?: ExitCode };

async function accessIn(desk: Desk, options: Options, { fromMs, toMs }: Period): Promise<Requests> {
  const tally = accessTally();
  try {
    const reader = desk.accessRecords(tableOf(desk, options));
    // The period's end is not a part of it.
    await eachRecord(reader, { sinceMs: fromMs, untilMs: toMs - 1 }, tally.add, (days, of) =>
      desk.terminal.progress(`Read the requests of ${days} of ${of} days`),
    );
  } catch (failure) {
    const aws = failure instanceof Error ? awsCause(presentable(failure)) : undefined;
    const isAbsent = failure instanceof UsageError || aws?.errorName === 'ResourceNotFoundException';
    if (isAbsent && options.accessTable === undefined)
      return {
        gaps: ['No table of an access function is found: requests through one are not in this report.'],
      };
    return {
      gaps: [`The requests through the access function could not be read. ${lineOf(failure)}`],
      code: exitCodeOf(failure),
    };
  }
  const access = tally.report();
  return { access, gaps: accessGaps(access, fromMs) };
}

function accessGaps({ firstAt, sessionsByPerson }: AccessReport, fromMs: number): string[] {
  const handedOut = sessionsByPerson.some(({ handedOut: times }) => times > 0);
  return [
    ...(firstAt !== undefined && Date.parse(firstAt) - fromMs > 24 * 60 * 60_000
      ? [
          `The oldest request on record in the period is of ${firstAt.slice(0, 10)} (UTC). The access table keeps a record for the days of its setting retentionDays (400 unless set otherwise): whether there were earlier requests is not on record.`,
        ]
      : []),
    ...(handedOut
      ? [
          'Callers that were given the session send requests with it by themselves. Those requests are not on record here.',
        ]
      : []),
  ];
}
