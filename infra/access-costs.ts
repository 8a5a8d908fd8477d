import { prices as servicePrices } from './costs.ts';

/**
 * Computes the monthly costs of the access function from public list prices (docs/costs.md): `node
 * infra/access-costs.ts` prints the table of docs/access.md, and a test keeps that page true.
 */
const prices = {
  ...servicePrices,
  tableGigabyteMonth: 0.25,
  /** Point-in-time recovery. */
  backupGigabyteMonth: 0.2,
} as const;

const SECONDS = 30 * 24 * 60 * 60;

/**
 * One request, in a process that serves more than one. A test measures writes and kilobytes; the counting of a minute
 * is what `admission.ts` leaves of it. Seconds and the log's kilobytes are generous guesses.
 */
export const perRequest = {
  /** A change of one device: its pointer, the record, the outcome. */
  change: { writes: 3.1, storedKilobytes: 1.3 },
  /** A request that only reads: the record. */
  read: { writes: 1.1, storedKilobytes: 0.9 },
  /** Of 1 GB; ThingSpace's time is most of it. */
  seconds: 0.35,
  logKilobytes: 0.4,
};
export type Kind = 'change' | 'read';
/** The default of `retentionDays`, in months. */
const keptMonths = 400 / 30;

export type AccessBill = Record<'table' | 'kept records' | 'function' | 'log' | 'total', number>;

/** @param requestsPerSecond all month long */
export function accessBill(requestsPerSecond: number, kind: Kind): AccessBill {
  const requests = requestsPerSecond * SECONDS;
  const { writes, storedKilobytes } = perRequest[kind];
  const bill = {
    table: requests * writes * prices.ledgerWrite,
    'kept records':
      ((requests * storedKilobytes) / 1_000_000) *
      keptMonths *
      (prices.tableGigabyteMonth + prices.backupGigabyteMonth),
    function: requests * (perRequest.seconds * prices.lambdaGigabyteSecond + prices.lambdaRequest),
    log: ((requests * perRequest.logKilobytes) / 1_000_000) * prices.logGigabyte,
  };
  return { ...bill, total: Object.values(bill).reduce((sum, item) => sum + item, 0) };
}

const RATES = [1, 10, 100];
const ROWS: readonly [what: string, kind: Kind, item: keyof AccessBill][] = [
  ['writes, if all are changes of one device', 'change', 'table'],
  ['writes, if all only read', 'read', 'table'],
  ['records kept for 400 days, with restores: changes', 'change', 'kept records'],
  ['records kept for 400 days, with restores: reads', 'read', 'kept records'],
  ['function (1 GB, 0.35 s)', 'read', 'function'],
  ['its log', 'read', 'log'],
  ['**total, changes**', 'change', 'total'],
  ['**total, reads**', 'read', 'total'],
];

/** The table of docs/access.md. */
export function accessCostTable(): string {
  const dollars = (value: number) => `$${value.toLocaleString('en-US', { maximumFractionDigits: 0 })}`;
  return [
    `| a month | ${RATES.map((rate) => `${rate} a second`).join(' | ')} |`,
    `|---|${'---:|'.repeat(RATES.length)}`,
    ...ROWS.map(
      ([what, kind, item]) =>
        `| ${what} | ${RATES.map((rate) => dollars(accessBill(rate, kind)[item])).join(' | ')} |`,
    ),
  ].join('\n');
}

if (import.meta.main) console.log(accessCostTable());
