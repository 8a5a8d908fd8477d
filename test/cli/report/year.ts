import type { AccessReader } from '../../../cli/access-reader.ts';
import type { SecretFacts } from '../../../cli/account.ts';
import type { Desk, Terminal } from '../../../cli/desk.ts';
import { pause } from '../../../cli/pause.ts';
import { store } from '../../../cli/store.ts';
import type { SecretChange } from '../../../cli/surroundings.ts';
import { trial } from '../../../cli/trial.ts';
import { unlocked } from '../../../cli/unlocked.ts';
import { type AuditRecord, auditOver, type Item } from '../../../lambda/access/audit.ts';
import { guardedLogIn } from '../../../lambda/ledger/guarded-log-in.ts';
import { credentialKey } from '../../../lambda/ledger/state.ts';
import { seededRandom } from '../../../local/thingspace/random.ts';
import { startProcess } from '../../world/fate.ts';
import { createWorld, MINUTE_MS, type World } from '../../world/world.ts';
import { BUDGETS, deskIn, fakeTerminal } from '../desk.ts';

/**
 * A year of three credentials on one virtual clock: one that is paused when its rotation is due, one whose password is
 * lost, and one that people lock and mistype. 5,000 requests pass the access function meanwhile.
 */
const DAY_MS = 24 * 60 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const ACCOUNT = '111122223333';
const BEGIN = Date.UTC(2026, 0, 5);
export const YEAR = { from: '2026-01-05', to: '2027-01-03' };

type Service = ReturnType<typeof startService>;

function startService() {
  const fleet = worldOf('fleet', 'Fleet-Api');
  const { clock } = fleet;
  const worlds = [
    fleet,
    worldOf('metering', 'Metering-Api', clock),
    worldOf('trackers', 'Trackers-Api', clock),
  ] as const;
  const changes: (SecretChange & { arn: string })[] = [];
  return {
    worlds,
    clock,
    changes,
    /** Goes to an hour of a day after the beginning, or stays where time is later. */
    goTo: (day: number, hour: number) =>
      clock.advance(Math.max(0, BEGIN + day * DAY_MS + hour * HOUR_MS - clock.nowMs())),
    /** CloudTrail records that a person stored the version that AWSCURRENT is on now. */
    stored(world: World, who: string): void {
      changes.push({
        arn: world.aws.identity.arn,
        at: clock.nowMs(),
        what: 'PutSecretValue',
        who: `arn:aws:sts::${ACCOUNT}:assumed-role/operators/${who}`,
        from: '198.51.100.7',
        versionId: world.aws.stages.get('AWSCURRENT'),
        refusedWith: undefined,
      });
    },
  };
}

function worldOf(name: string, username: string, clock?: World['clock']): World {
  const secretArn = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:thingspace/${name}-AbCdEf`;
  return createWorld({ username, secretArn, ...(clock ? { clock } : {}), seed: 7 });
}

/** An app logs in as the client library does. */
async function appLogsIn(world: World, actor: string): Promise<void> {
  const current = world.aws.currentValue() ?? '{}';
  const { username, password } = JSON.parse(current);
  const versionId = world.aws.stages.get('AWSCURRENT') ?? '';
  const credential = { secretArn: world.aws.identity.arn, versionId, username, password };
  await guardedLogIn(
    world.wireUp(startProcess()),
    credential,
    { actor, purpose: 'log-in', share: 'app' },
    world.clock.nowMs() + MINUTE_MS,
  ).catch(() => undefined);
}

/** Somebody types a wrong password into ThingSpace's own pages, five times: no row of ours shows it. */
function lockFromOutside({ platform }: World, username: string): void {
  for (let time = 0; time < 5; time += 1) platform.logIn(username, 'Mistyped 1');
}

const as = (world: World) => ({ secret: world.aws.identity.arn, yes: true });

/** The story by the day, besides the log-ins of apps every other week. */
function storyOf({
  worlds: [fleet, metering, trackers],
  stored,
}: Service): Record<number, () => Promise<unknown>> {
  const rotated = async (...all: World[]) => {
    for (const world of all) await world.rotate();
  };
  return {
    1: () => rotated(fleet, metering, trackers),
    91: async () => {
      await rotated(fleet, trackers);
      // The answer of ThingSpace reaches no process: the password is lost, and the retry finds that out.
      await metering.rotateMeeting('GetNewPassword', 'killed-after', {
        attempts: 2,
        backoffMs: 25 * MINUTE_MS,
      });
    },
    92: () => metering.recover(),
    93: async () => {
      metering.platform.support.reset('Metering-Api', 'Read Aloud 1');
      const reason = 'CASE-4711: support reset the password by phone';
      const desk = deskIn(metering, fakeTerminal({ secret: 'Read Aloud 1' }));
      await store(desk, { ...as(metering), actor: 'bob', reason, trial: true });
      stored(metering, 'bob');
      await rotated(metering);
    },
    180: async () => lockFromOutside(trackers, 'Trackers-Api'),
    181: () => rotated(fleet, trackers),
    182: () => trackers.recover(),
    183: () => rotated(metering),
    185: async () => {
      // The same password again, in a version of its own: it is refused like the one before.
      trackers.storeByHand(trackers.currentPassword() ?? '');
      stored(trackers, 'carol');
      await appLogsIn(trackers, 'tracker-portal');
      await trackers.recover();
    },
    188: async () => {
      const { clock } = trackers;
      trackers.platform.support.unlock('Trackers-Api');
      const at = new Date(clock.nowMs()).toISOString();
      clock.advance(10 * MINUTE_MS);
      const desk = deskIn(trackers, fakeTerminal());
      const by = { ...as(trackers), actor: 'ann', reason: 'CASE-4802: support unlocked it' };
      await unlocked(desk, { ...by, at });
      await trial(desk, by);
      await rotated(trackers);
    },
    270: () => {
      const reason = 'CHG-5120: freeze for the audit of the accounts';
      return pause(deskIn(fleet, fakeTerminal()), { ...as(fleet), actor: 'dana', until: '5d', reason });
    },
    // The rotation comes due within the pause; the first check after it starts it.
    271: () => rotated(fleet),
    272: () => fleet.recover(),
    274: () => fleet.recover(),
    276: () => fleet.recover(),
    273: async () => {
      // The answer is sealed in the log, and the process dies: the retry makes the password current.
      await metering.rotateMeeting('stdout', 'killed-after', { attempts: 2, backoffMs: 25 * MINUTE_MS });
    },
    278: () => rotated(trackers),
    300: async () => {
      trackers.storeByHand('Mistyped 2');
      stored(trackers, 'carol');
      await appLogsIn(trackers, 'tracker-portal');
    },
    301: () => trackers.recover(),
    363: () => rotated(metering),
  };
}

const APPS = ['billing', 'meter-reader', 'tracker-portal'];

/** Plays the year, and returns the desk of an auditor at its end. */
export async function playYear(terminal: Terminal): Promise<{ desk: Desk; worlds: readonly World[] }> {
  const service = startService();
  const story = storyOf(service);
  for (let day = 1; day < 364; day += 1) {
    service.goTo(day, 3);
    await story[day]?.();
    if (day % 14 !== 0) continue;
    service.goTo(day, 8);
    for (const [index, world] of service.worlds.entries()) await appLogsIn(world, APPS[index] ?? '');
  }
  service.goTo(364, 0);
  return { desk: await auditorsDesk(service, terminal), worlds: service.worlds };
}

/** One desk for the three: each call goes to the world that its key or ARN names. */
async function auditorsDesk({ worlds, changes, clock }: Service, terminal: Terminal): Promise<Desk> {
  const desks = worlds.map((world) => deskIn(world, terminal));
  const [first] = desks as [Desk];
  const usernames = worlds.map((world) => world.state().credential);
  const of = (key: string): number =>
    worlds.findIndex(({ aws }, at) =>
      [usernames[at], aws.identity.arn.toLowerCase()].includes(credentialKey(key)),
    );
  const facts = worlds.map(
    ({ aws }, at): SecretFacts => ({
      arn: aws.identity.arn,
      name: aws.identity.arn.split(':').at(-1)?.slice(0, -7) ?? '',
      createdAt: at === 1 ? BEGIN + DAY_MS / 2 : BEGIN - 30 * DAY_MS,
      rotationEnabled: true,
      functionArn: first.function?.arn,
      lastRotatedAt: undefined,
      nextRotationAt: [2, 4, 5].map((days) => clock.nowMs() + days * DAY_MS)[at],
      deletedAt: undefined,
    }),
  );
  const reader = await requestsOfYear();
  return {
    ...first,
    budgets: BUDGETS,
    function: { ...first.function, role: `arn:aws:iam::${ACCOUNT}:role/rotation` } as Desk['function'],
    account: {
      ...first.account,
      secrets: async () => facts,
      secret: async (id) => facts.find(({ arn }) => arn === id) as SecretFacts,
    },
    ledger: {
      ...first.ledger,
      read: (key, deadlineMs) => (desks[Math.max(0, of(key))] ?? first).ledger.read(key, deadlineMs),
      usernameOf: async (arn) => desks[of(arn)]?.ledger.usernameOf(arn),
    },
    surroundings: {
      ...first.surroundings,
      auditItems: async (key) => (worlds[of(key)]?.aws.audit ?? []).map((row) => ({ ...row })),
      changes: async ({ arn }, sinceMs) => changes.filter((one) => one.arn === arn && one.at >= sinceMs),
    },
    accessRecords: () => reader,
  };
}

const PEOPLE = ['alice@example.com', 'bruno@example.com', 'chen@example.com', 'dora@example.com'];
const OPERATIONS = ['ChangeDeviceState', 'ChangeDeviceServicePlan', 'ChangeDeviceCustomFields'];
const KINDS = ['Suspend', 'Restore', 'Deactivate'];
const REQUESTS = 5_000;

/** The audit table of the access function, written by its own code. */
async function requestsOfYear(): Promise<AccessReader> {
  const bySubject = new Map<string, Item[]>();
  const add = async (item: Item) => {
    bySubject.set(item.subject, [...(bySubject.get(item.subject) ?? []), item]);
  };
  const audit = auditOver({ put: add, create: add, complete: async () => undefined }, { retentionDays: 400 });
  const random = seededRandom(23);
  for (let n = 0; n < REQUESTS; n += 1) {
    const { record, outcome } = request(n, random);
    await audit.conclude(record, outcome);
  }
  return {
    between: async (subject, from, to) =>
      (bySubject.get(subject) ?? []).filter(({ item }) => from <= item && item <= to),
    get: async ({ subject, item }) => bySubject.get(subject)?.find((one) => one.item === item),
  };
}

function request(n: number, random: ReturnType<typeof seededRandom>) {
  const pick = <T>(all: readonly T[]): T => all[random.below(all.length)] as T;
  const isRead = random.below(10) < 6;
  const isPerson = random.below(3) > 0;
  const operation = isRead ? 'GetDeviceList' : pick(OPERATIONS);
  const role = isPerson ? 'portal' : pick(['nightly-job', 'support-desk']);
  const record: AuditRecord = {
    requestId: `request-${String(n).padStart(4, '0')}`,
    at: BEGIN + Math.floor(((n + 0.5) / REQUESTS) * 363 * DAY_MS),
    attempt: `request-${n}`,
    caller: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/i-0a1b2c3d`,
    principal: `arn:aws:iam::${ACCOUNT}:role/${role}`,
    ...(isPerson ? { user: pick(PEOPLE), userBy: 'token' as const } : {}),
    credential: pick(['fleet', 'fleet', 'metering', 'trackers']),
    service: 'CarrierService',
    operation,
    ...(isRead ? { reads: true as const } : {}),
    ...(operation === 'ChangeDeviceState' ? { kind: pick(KINDS) } : {}),
    rule: isPerson ? 'portal' : 'jobs',
    devices: [{ kind: 'ICCID', identifier: `89148000000${String(random.below(900)).padStart(3, '0')}` }],
    groups: [],
  };
  const luck = random.below(100);
  const outcome =
    luck < 94
      ? ({ outcome: 'done', sends: 1 } as const)
      : luck < 97
        ? ({ outcome: 'denied', sends: 0 } as const)
        : luck < 99
          ? ({ outcome: 'refused', code: 'REQUEST_FAILED.UnexpectedError', sends: 1 } as const)
          : ({ outcome: 'unknown', code: 'Timeout', sends: 1 } as const);
  return { record, outcome };
}
