import type { SecretFacts } from '../../cli/account.ts';
import type { Desk } from '../../cli/desk.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { createLedger } from '../../lambda/ledger/ledger.ts';
import { newState } from '../../lambda/ledger/state.ts';
import { createWorld } from '../world/world.ts';
import { BUDGETS, deskIn, type FakeTerminal, SETTINGS } from './desk.ts';

const NOW = Date.UTC(2026, 0, 5);
const DAY_MS = 24 * 60 * 60_000;

/** A clock that stands still while anything is at work, and goes on to the next call that ends. */
export function virtualClock() {
  let now = 0;
  const sleepers: { until: number; wake: () => void }[] = [];
  let isTurning = false;
  async function turn(): Promise<void> {
    while (sleepers.length > 0) {
      // Everything that follows from a call without another one has then been done.
      await new Promise((resolve) => setImmediate(resolve));
      sleepers.sort((a, b) => a.until - b.until);
      const next = sleepers.shift();
      now = Math.max(now, next?.until ?? 0);
      next?.wake();
    }
    isTurning = false;
  }
  return {
    nowMs: () => now,
    sleep(ms: number): Promise<void> {
      const asleep = new Promise<void>((resolve) => sleepers.push({ until: now + ms, wake: resolve }));
      if (!isTurning) void turn();
      isTurning = true;
      return asleep;
    },
  };
}

/** A desk of a service with many healthy credentials. It counts the calls to AWS, and each takes `callMs` of its clock. */
export function manyCredentials(count: number, callMs: number, terminal: FakeTerminal) {
  const clock = virtualClock();
  const calls = new Map<string, number>();
  const ofSecret = new Map<string, (operation: string) => string | undefined>();
  let [inFlight, mostInFlight] = [0, 0];
  async function call<T>(operation: string, about: string, effect: () => T): Promise<T> {
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    await clock.sleep(callMs);
    inFlight -= 1;
    const errorName = ofSecret.get(about)?.(operation);
    if (errorName !== undefined)
      throw new AwsCallError(operation, { name: errorName, message: `no ${operation}` });
    return effect();
  }
  const world = createWorld();
  const base = deskIn(world, terminal);
  const functionFacts = {
    ...(SETTINGS.function as NonNullable<Desk['function']>),
    environment: { EXCHANGE_BRAKE: 'on' },
  };
  const names = Array.from({ length: count }, (_, at) => `fleet-${String(at).padStart(3, '0')}`);
  const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-AbCdEf`;
  const nameOf = new Map(names.map((name) => [arnOf(name), name]));
  const factsOf = (name: string): SecretFacts => ({
    arn: arnOf(name),
    name,
    rotationEnabled: true,
    functionArn: functionFacts.arn,
    lastRotatedAt: NOW - DAY_MS,
    nextRotationAt: NOW + 89 * DAY_MS,
    deletedAt: undefined,
  });
  const item = (name: string) => ({
    ...newState(name),
    revision: 1,
    secretArn: arnOf(name),
    lastGood: { versionId: `version-of-${name}`, at: NOW - DAY_MS },
  });
  const desk: Desk = {
    ...base,
    clock: { ...base.clock, nowMs: clock.nowMs, sleep: clock.sleep },
    function: functionFacts,
    account: {
      ...base.account,
      secrets: () => call('ListSecrets', '', () => names.map(factsOf)),
      secret: (arn) => call('DescribeSecret', arn, () => factsOf(nameOf.get(arn) ?? '')),
    },
    store: {
      ...base.store,
      describe: (arn) =>
        call('DescribeSecret', arn, () => ({
          arn,
          rotationEnabled: true,
          kmsKeyId: undefined,
          stages: new Map([[`version-of-${nameOf.get(arn)}`, ['AWSCURRENT']]]),
        })),
      read: (arn, versionId) =>
        call('GetSecretValue', arn, () => ({
          versionId,
          value: JSON.stringify({ username: nameOf.get(arn), password: 'Not Shown 1' }),
          createdAt: NOW - DAY_MS,
        })),
    },
    ledger: createLedger({
      items: {
        read: (key) =>
          call('GetItem', arnOf(key), () => ({
            item: key === '<service>' ? undefined : item(key),
            now: NOW,
          })),
        readUsernameOf: (arn) => call('GetItem', arn, () => nameOf.get(arn)),
      } as Parameters<typeof createLedger>[0]['items'],
      alarms: { publish: async () => 'failed' },
      metrics: { count: () => undefined, gauge: () => undefined },
      clock: { ...base.clock, nowMs: clock.nowMs, sleep: clock.sleep },
      budgets: BUDGETS,
      warn: () => undefined,
      lasts: () => true,
    }),
  };
  return {
    desk,
    clock,
    calls,
    arnOf,
    /** Names the error of each call about a secret from now on. */
    fail: (name: string, errorOf: (operation: string) => string | undefined) =>
      void ofSecret.set(arnOf(name), errorOf),
    mostInFlight: () => mostInFlight,
  };
}
