/**
 * Computes the monthly costs of a deployment from public list prices. docs/costs.md names their sources, and a test
 * keeps that page true; `node infra/costs.ts` prints its table.
 *
 * Prices: US dollars, us-east-1, without free tiers.
 */
export const prices = {
  secretMonth: 0.4,
  secretsManagerCall: 0.05 / 10_000,
  keyMonth: 1,
  kmsCall: 0.03 / 10_000,
  alarmMonth: 0.1,
  compositeAlarmMonth: 0.5,
  /** CloudWatch charges custom metrics by the hour in which they were written; 730 hours are a month. */
  metricHour: 0.3 / 730,
  dashboardMonth: 3,
  logGigabyte: 0.5,
  lambdaGigabyteSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1_000_000,
  ledgerWrite: 0.625 / 1_000_000,
  ledgerRead: 0.125 / 1_000_000,
  email: 2 / 100_000,
  schedulerInvocation: 1 / 1_000_000,
} as const;

/** The use of one credential in a month: it rotates every 90 days, and its apps read it. */
export type Use = {
  /** GetSecretValue calls of all its apps; without a cache, one per log-in. */
  readsPerMonth: number;
};

export type Bill = Record<
  | 'secrets'
  | 'alarms'
  | 'keys'
  | 'dashboards'
  | 'metrics'
  | 'readers'
  | 'function, ledger, logs, mail'
  | 'total',
  number
>;

/** As many fit into one stack for certain (a test makes it, with long names); a few more may. */
export const credentialsPerStack = 100;

const rotationsPerMonth = 30 / 90;
const checksPerMonth = 30;
/** However many credentials there are (`service-alarms.ts`). */
const alarmsPerStack = 6;
const compositeAlarmsPerStack = 1;
/** The sealing key and the operations key; each of their first two yearly rotations adds the same again. */
const keysPerStack = 2;

/**
 * One undisturbed rotation (4 invocations) and one daily check. The calls are what the local world counts,
 * with some to spare (a test holds them to it); seconds and kilobytes are generous guesses.
 */
export const perRotation = {
  invocations: 4,
  seconds: 20,
  ledgerWrites: 60, // 12 writes of up to 5 KB
  ledgerReads: 20,
  secretCalls: 20,
  kmsCalls: 30,
  metricHours: 4,
  mails: 1,
  logKilobytes: 20,
};
export const perCheck: typeof perRotation = {
  invocations: 1,
  seconds: 3,
  ledgerWrites: 0,
  ledgerReads: 8,
  secretCalls: 8,
  kmsCalls: 6,
  metricHours: 3, // age, overdue, trouble
  mails: 0,
  logKilobytes: 4,
};
/** Measured for the whole service as well, in the one hour of the day into which all checks fall. */
const serviceMetricHours = 3 * checksPerMonth;
const memoryGigabytes = 0.5;

export function monthlyBill(credentials: number, { readsPerMonth }: Use): Bill {
  const stacks = Math.ceil(credentials / credentialsPerStack);
  const amount = (of: keyof typeof perRotation) =>
    credentials * (rotationsPerMonth * perRotation[of] + checksPerMonth * perCheck[of]);

  const bill = {
    secrets: credentials * prices.secretMonth,
    alarms:
      stacks * (alarmsPerStack * prices.alarmMonth + compositeAlarmsPerStack * prices.compositeAlarmMonth),
    keys: stacks * keysPerStack * prices.keyMonth,
    dashboards: stacks * prices.dashboardMonth,
    // A rotation is measured for the credential and for the service.
    metrics:
      (amount('metricHours') + credentials * rotationsPerMonth * perRotation.metricHours) *
        prices.metricHour +
      stacks * serviceMetricHours * prices.metricHour,
    // A read is a call of Secrets Manager and, behind it, one of KMS.
    readers: credentials * readsPerMonth * (prices.secretsManagerCall + prices.kmsCall),
    'function, ledger, logs, mail':
      amount('seconds') * memoryGigabytes * prices.lambdaGigabyteSecond +
      amount('invocations') * prices.lambdaRequest +
      amount('ledgerWrites') * prices.ledgerWrite +
      amount('ledgerReads') * prices.ledgerRead +
      amount('secretCalls') * prices.secretsManagerCall +
      amount('kmsCalls') * prices.kmsCall +
      amount('mails') * prices.email +
      credentials * checksPerMonth * prices.schedulerInvocation +
      (amount('logKilobytes') / 1_000_000) * prices.logGigabyte,
  };
  return { ...bill, total: Object.values(bill).reduce((sum, item) => sum + item, 0) };
}

/** The table of docs/costs.md: 1, 10 and 1,000 credentials, each read 3,000 times a month. */
export function costTable(): string {
  const use = { readsPerMonth: 3_000 };
  const counts = [1, 10, 1_000];
  const bills = counts.map((credentials) => monthlyBill(credentials, use));
  const dollars = (value: number) =>
    value < 0.005
      ? 'under $0.01'
      : `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const stacks = counts.map((credentials) => Math.ceil(credentials / credentialsPerStack));
  const items = Object.keys(bills[0] ?? {}) as (keyof Bill)[];
  return [
    '| a month | 1 credential | 10 credentials | 1,000 credentials |',
    '|---|---:|---:|---:|',
    `| stacks | ${stacks.join(' | ')} |`,
    ...items.map((item) => {
      const name = item === 'total' ? '**total**' : item;
      return `| ${name} | ${bills.map((bill) => dollars(bill[item])).join(' | ')} |`;
    }),
    `| per credential | ${bills.map((bill, i) => dollars(bill.total / (counts[i] ?? 1))).join(' | ')} |`,
  ].join('\n');
}

if (import.meta.main) console.log(costTable());
