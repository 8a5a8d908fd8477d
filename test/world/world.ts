import { randomUUID } from 'node:crypto';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import type { Clock } from '../../lambda/clock.ts';
import { closingBy } from '../../lambda/ledger/closed.ts';
import { guardedLogIn } from '../../lambda/ledger/guarded-log-in.ts';
import type { ItemsParts } from '../../lambda/ledger/items.ts';
import { createLedger } from '../../lambda/ledger/ledger.ts';
import { type ClosedUntil, pauseInForce } from '../../lambda/ledger/pause.ts';
import { type CredentialState, credentialKey, decodeState, exposure } from '../../lambda/ledger/state.ts';
import type { Services } from '../../lambda/rotation/context.ts';
import { perform } from '../../lambda/rotation/steps.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { createPlatform, type Platform, type PlatformOptions } from '../../local/thingspace/platform.ts';
import { applicationsFor } from '../../local/thingspace/rest/applications.ts';
import { createRest, type RestOptions } from '../../local/thingspace/rest/service.ts';
import { createDuty } from './duty.ts';
import {
  createWire,
  type Fate,
  type Gate,
  KilledError,
  type Plan,
  type Process,
  startProcess,
} from './fate.ts';
import { type Aws, createAws } from './memory-aws.ts';
import { type RestLink, refusesLogIns, restInMemory } from './memory-rest.ts';
import { createSecret, type SecretOptions } from './memory-secrets.ts';
import { type Link, thingSpaceInMemory } from './memory-thingspace.ts';
import { createMessageJudge } from './message-judge.ts';
import { remembered } from './remembered.ts';
import { verdictSaid } from './status-judge.ts';

export const MINUTE_MS = 60_000;
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-AbCdEf';
export const USERNAME = 'Fleet-Api';
export const FIRST_PASSWORD = 'First&Password 1';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const INVOCATION_MS = 15 * MINUTE_MS;

export type Ended = { outcome: 'done' } | { outcome: 'killed' } | { outcome: 'failed'; error: Error };
export type World = ReturnType<typeof createWorld>;

type Options = {
  seed?: number;
  /** Plants the passwords that the platform makes. */
  nextPassword?: () => string;
  budgets?: { limit: number; budget: number; rotation: number };
  /** How Secrets Manager behaves where its documentation is silent, and how stale its reads are. */
  secret?: Partial<SecretOptions>;
  platform?: Partial<PlatformOptions>;
  /** The platform of another world, which knows the username, too. */
  platformOf?: Platform;
  /** The API that the function speaks at first. @default soap */
  transport?: Transport;
  /** Over SOAP, too, the secret holds the application's key and secret, as before a switch. @default false */
  holdsKey?: boolean;
  /** The REST API's properties. By default the username has an application of its own. */
  rest?: RestOptions;
  /** For worlds in which many sleep at once. @default one that moves during every sleep */
  clock?: MovableClock;
  /** Another credential: its secret is its own, the ledger's table may be another world's. */
  username?: string;
  secretArn?: string;
  table?: Map<string, string>;
  holdsOn?: boolean;
  /** The service's calendar. @default always open */
  closedUntil?: ClosedUntil;
  /** The time in DynamoDB's answers: its servers disagree by seconds, and HTTP dates are whole ones. @default the world's */
  dynamoDbClock?: (nowMs: number) => number;
  /** How long a sleep takes that was to take so long. @default exactly so long */
  jitter?: (ms: number) => number;
  /** One process serves invocation after invocation until it dies, as Lambda keeps it. @default one for each */
  keepsProcess?: boolean;
};

type MovableClock = Clock & { advance(ms: number): void };

function steppingClock(jitter = (ms: number): number => ms): MovableClock {
  let nowMs = Date.UTC(2026, 0, 5);
  return {
    nowMs: () => nowMs,
    // Time stands still until everybody who can go on has gone on.
    sleep: async (ms) => {
      const wakeMs = nowMs + jitter(ms);
      await new Promise(setImmediate);
      nowMs = Math.max(nowMs, wakeMs);
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/**
 * The whole protocol in memory, on one clock that moves during a sleep: a schedule is a list of
 * fates, and the same list gives the same history. An observer compares the platform's truth with the
 * ledger after every call.
 */
export function createWorld(options: Options = {}) {
  const budgets = options.budgets ?? { limit: 5, budget: 3, rotation: 2 };
  const clock = options.clock ?? steppingClock(options.jitter);
  const { username = USERNAME, secretArn = SECRET_ARN, dynamoDbClock = (nowMs) => nowMs } = options;
  const closing = options.closedUntil && closingBy(options.closedUntil);
  const platform =
    options.platformOf ??
    createPlatform({
      clock,
      seed: options.seed ?? 1,
      users: [{ username, password: FIRST_PASSWORD }],
      ...(options.nextPassword ? { nextPassword: options.nextPassword } : {}),
      ...options.platform,
    });
  const { seed = 1 } = options;
  let { transport = 'soap' } = options;
  const holdsKey = transport === 'rest' || options.holdsKey === true;
  const applications = applicationsFor([{ username }], seed);
  const rest = createRest(platform, { clock, seed, applications, ...options.rest });
  const { apiKey, apiSecret } = rest.applications[0] ?? {};
  /** A value of the secret as an operator stores it, for the function's API. */
  const valueWith = (password: string, name = username): string => {
    const value = secretValue(password, name);
    return holdsKey ? JSON.stringify({ ...JSON.parse(value), apiKey, apiSecret }) : value;
  };
  const violations: string[] = [];
  /** Every password that AWSCURRENT has held. */
  const wasCurrent = new Set<string | undefined>();
  /** The passwords at the time when a rotation was asked for, except those that an operator has stored since. */
  let before: Set<string | undefined> | undefined;
  const secret = createSecret({
    nowMs: clock.nowMs,
    secretArn,
    ...options.secret,
    beforePerson: () => messages.acts('secret'),
    onCurrent: (by, left, after) => {
      wasCurrent.add(passwordIn(after));
      if (by === 'person') before?.delete(passwordIn(after));
      if (by !== 'function') return;
      // G9: a write of ours never takes AWSCURRENT from a password that works to one that does not.
      if (works(left) && !works(after)) violations.push('a live password was overwritten with a dead one');
    },
  });
  const messages = createMessageJudge({
    nowMs: clock.nowMs,
    username,
    platform,
    refusesAll: () => refusesLogIns(restLink) || isKeyForeign(),
    aws: () => aws,
    stateIn: (table) => lastIn(table.get(key) ?? '{}'),
    rotationBudget: budgets.rotation,
    violations,
  });
  const duty = createDuty(violations);
  const isOwn = (event: AlarmEvent) => event.secretArn === aws.identity.arn;
  const aws: Aws = createAws(
    clock.nowMs,
    secret,
    options.table,
    {
      queued: (event, process) => isOwn(event) && messages.queued(event, process),
      published(event, process) {
        if (!isOwn(event)) return;
        duty.published(event, clock.nowMs());
        messages.published(event, process);
      },
    },
    () => dynamoDbClock(clock.nowMs()),
  );
  const { unlock, reset } = platform.support;
  Object.assign(platform.support, {
    unlock: (...whom: Parameters<typeof unlock>) => {
      messages.acts('platform');
      unlock(...whom);
    },
    reset: (...whom: Parameters<typeof reset>) => {
      messages.acts('platform');
      reset(...whom);
    },
  });
  /** The key in AWSCURRENT is of another account: no log-in over REST succeeds with it. */
  function isKeyForeign(): boolean {
    const { apiKey = '' } = transport === 'rest' ? keyIn(aws.currentValue()) : {};
    return (rest.bearers.ownerOf(apiKey) ?? username) !== username;
  }
  const works = (value: string | undefined) => passwordIn(value) === platform.truth(username).password;
  const plan: { decide: Plan } = { decide: () => 'ok' };
  const link: Link = {};
  const restLink: RestLink = {};
  const gate: Gate = {};
  const told: string[] = [];
  let answers = 0;
  /** Requests that a gateway has sent a second time since the last success: each may be a failure that nobody sees. */
  let repeated = 0;

  const stateOf = (whose: string): CredentialState => {
    const whoseKey = credentialKey(whose);
    return decodeState(whoseKey, JSON.parse(aws.table.get(whoseKey) ?? '{}'));
  };
  const key = credentialKey(username);
  const itemText = () => aws.table.get(key) ?? '{}';
  const stateIn = (text: string): CredentialState => decodeState(key, JSON.parse(text));
  const state = (): CredentialState => stateIn(itemText());
  /** For the judges, which change nothing. */
  const lastIn = remembered(stateIn);
  const inFlightIn = remembered(
    // The item of holds has no such member.
    (text) => Object.keys((JSON.parse(text) as Partial<CredentialState>).inFlight ?? {}).length > 0,
  );
  aws.store(valueWith(FIRST_PASSWORD));

  /** Records a violation when the state after a call breaks G2 or G3. */
  function observe(): void {
    const { consecutiveFailures, locked } = platform.truth(username);
    const known = exposure(lastIn(itemText()));
    if (consecutiveFailures === 0) repeated = 0;
    if (consecutiveFailures > known + repeated)
      violations.push(`platform counts ${consecutiveFailures}, the ledger ${known}`);
    if (consecutiveFailures > budgets.budget + repeated)
      violations.push(`${consecutiveFailures} failures are over the budget`);
    if (locked) violations.push('the username is locked');
  }
  /** Every log-in attempt must be in flight in the ledger. */
  function mustBeReserved(): void {
    if (![...aws.table.values()].some(inFlightIn))
      violations.push('a password was presented without a reservation');
  }

  const wire = createWire(plan, gate, observe);
  const observer = {
    presented: mustBeReserved,
    answered: messages.answered,
    repeats: () => {
      repeated += 1;
    },
  };
  const onAnswer = (): void => {
    answers += 1;
  };

  function wireUp(process: Process, { lasts }: Pick<ItemsParts, 'lasts'> = {}): Services {
    const ledger = createLedger({
      lasts,
      items: aws.items(wire, process),
      alarms: aws.alarms(wire, process),
      metrics,
      clock,
      budgets,
      warn: (message, facts) => told.push(`${message} ${JSON.stringify(facts)}`),
    });
    return {
      ledger,
      store: aws.api(wire, process),
      rotations: aws.starter(wire, process),
      sealer: aws.sealer(wire, process),
      sealedLog: aws.sealedLog(wire, process),
      api:
        transport === 'rest'
          ? restInMemory({ rest, clock, wire, link, restLink, observer, onAnswer }, process)
          : thingSpaceInMemory(platform, wire, process, link, observer, onAnswer),
      clock,
      metrics,
      holdsOn: options.holdsOn ?? false,
      noticeDays: 7,
      closing,
      readersOf: () => wire.remote(process, 'LookupEvents', () => aws.trail.readers),
      log: (message, facts) => told.push(`${message} ${JSON.stringify(facts)}`),
    };
  }

  const metrics = {
    count: (name: string, credential: string) => void told.push(`${name} ${credential}`),
    gauge: (
      name: string,
      credential: string,
      value: number,
      _unit?: string,
      overdue = (days: number): number => days,
    ) => {
      told.push(`${name} ${credential} ${value}`);
      if (name === 'PasswordAgeDays') told.push(`DaysOverdue ${credential} ${overdue(value - 91)}`);
    },
  };

  let kept: { process: Process; services: Services } | undefined;
  function sandbox() {
    if (options.keepsProcess && kept && !kept.process.dead) return kept;
    const process = startProcess();
    kept = { process, services: wireUp(process) };
    return kept;
  }

  async function invoke(event: unknown, invocationMs = INVOCATION_MS): Promise<Ended> {
    const { process, services } = sandbox();
    messages.begins(process);
    const work = perform(services, event, invocationMs).then(
      (): Ended => ({ outcome: 'done' }),
      (error: Error): Ended => {
        if (error instanceof KilledError || process.dead) return { outcome: 'killed' };
        told.push(`${error.name}: ${error.message}`);
        messages.failed(error, process);
        return { outcome: 'failed', error };
      },
    );
    const ended = await Promise.race([work, process.died.then((): Ended => ({ outcome: 'killed' }))]);
    if (!options.keepsProcess) process.dead = true;
    return ended;
  }

  const judgeStatus = async (): Promise<void> =>
    messages.told(
      await verdictSaid({ aws, now: clock.nowMs(), budgets, transport, username, stateOf, closing }),
    );

  const eventOf = (Step: string, token: string) => ({
    Step,
    SecretId: aws.identity.arn,
    ClientRequestToken: token,
  });

  /** As Secrets Manager does: the four steps; on a failed one the whole process again. */
  async function rotate({
    attempts = 4,
    backoffMs = MINUTE_MS,
    token = undefined as string | undefined,
  } = {}) {
    const again = token !== undefined;
    const asked = aws.rotate(token ?? randomUUID());
    // Secrets Manager continues an earlier rotation when that one is pending.
    const anew = !again && !asked.refused;
    before = new Set(wasCurrent);
    const result = await attempt(asked.token, attempts, backoffMs);
    // An operator who rotates because the password leaked must not keep one that was readable then.
    if (anew && result.rotated && before.has(passwordIn(aws.currentValue())))
      violations.push('a rotation that was asked for anew has made no new password');
    return result;
  }

  /** A rotation, of one try unless more are wanted, in which each call of this name meets a fault; then all is well. */
  async function rotateMeeting(
    call: string,
    fate: Fate,
    tries: Parameters<typeof rotate>[0] = { attempts: 1 },
  ) {
    plan.decide = ({ name }) => (name === call ? fate : 'ok');
    const result = await rotate(tries);
    plan.decide = () => 'ok';
    return result;
  }

  async function attempt(token: string, attempts: number, backoffMs: number) {
    const begunAtMs = clock.nowMs();
    const failures: Ended[] = [];
    for (let tries = 0; tries < attempts; tries += 1) {
      const ended = await once(token);
      if (ended.outcome === 'done') {
        duty.rotated();
        await judgeStatus();
        return { rotated: true, failures, token };
      }
      failures.push(ended);
      clock.advance(backoffMs);
    }
    const last = failures.at(-1);
    await judgeStatus();
    duty.rotationFailed(last && 'error' in last ? last.error.name : undefined, begunAtMs, clock.nowMs());
    return { rotated: false, failures, token };
  }

  async function once(token: string): Promise<Ended> {
    for (const Step of STEPS) {
      const ended = await invoke(eventOf(Step, token));
      if (ended.outcome !== 'done') return ended;
    }
    return { outcome: 'done' };
  }

  /** The daily check. */
  async function check(): Promise<Ended> {
    const before = wire.calls.length;
    const startedBefore = state().owed?.startedAt;
    const ended = await invoke({ Recover: aws.identity.arn });
    const met = wire.calls.slice(before).some(({ fate }) => fate !== 'ok');
    const now = dynamoDbClock(clock.nowMs());
    const waits = pauseInForce(state(), now) !== undefined || closing?.closedNow(state(), now) !== undefined;
    const startsFirst = startedBefore === undefined && state().owed?.startedAt !== undefined;
    if (!met) duty.checked(messages.momentOf(), clock.nowMs(), waits || startsFirst);
    await judgeStatus();
    return ended;
  }

  /** Secrets Manager runs the rotation that a check had it start. */
  async function runStarted(): Promise<void> {
    for (const token of aws.started.splice(0)) await attempt(token, 4, MINUTE_MS);
  }

  return {
    aws,
    platform,
    plan,
    link,
    /** The REST API of the platform, and its disturbances. */
    rest,
    restLink,
    /** Deploys the function with the other API: processes that begin from now on speak it. */
    switchTo(next: Transport): void {
      transport = next;
      kept = undefined;
    },
    /** The gateway is repaired; an invocation that is under way cannot know. */
    endOdd(): void {
      messages.acts('platform');
      restLink.odd = undefined;
    },
    valueWith,
    gate,
    told,
    violations,
    wire,
    observer,
    calls: wire.calls,
    state,
    invoke,
    wireUp,
    clock,
    rotate,
    rotateMeeting,
    eventOf,
    step: (Step: string, token: string) => invoke(eventOf(Step, token)),
    /** The operator's tool changes the item. */
    changeByHand(change: (state: CredentialState, now: number) => void): void {
      const changed = state();
      change(changed, dynamoDbClock(clock.nowMs()));
      aws.table.set(key, JSON.stringify({ ...changed, revision: changed.revision + 1 }));
    },
    /** Writes the exchange off, rightly or not; returns its attempt. */
    writeOff(): string {
      const { journal, ...rest } = state();
      const written = { ...rest, revision: rest.revision + 1, journal: { state: 'idle' } };
      aws.table.set(key, JSON.stringify(written));
      return journal.state === 'idle' ? '' : journal.attempt;
    },
    /** A person's one log-in, as the operator's tool makes it. */
    async trial(): Promise<string> {
      const versionId = aws.stages.get('AWSCURRENT') as string;
      const { password, apiKey, apiSecret } = JSON.parse(aws.currentValue() ?? '{}');
      const outcome = await guardedLogIn(
        wireUp(startProcess()),
        { secretArn: aws.identity.arn, versionId, username, password, apiKey, apiSecret },
        { actor: 'a person', purpose: 'trial', share: 'person' },
        clock.nowMs() + MINUTE_MS,
      );
      return outcome.outcome;
    },
    check,
    runStarted,
    /** The daily check, and the rotation that it has Secrets Manager start. */
    async recover(): Promise<Ended> {
      const ended = await check();
      await runStarted();
      return ended;
    },
    advance: clock.advance,
    truth: () => platform.truth(username),
    /** The truth as messages are compared with it. */
    truthNow: () => messages.momentOf(),
    /**
     * Answers to GetNewPassword that reached a process. A process that dies before the very next thing, the one
     * synchronous line on stdout, has not received it: no code can run between the two.
     */
    answersReceived: () =>
      answers - wire.calls.filter(({ name, fate }) => name === 'stdout' && fate === 'killed-before').length,
    currentPassword: () => passwordIn(aws.currentValue()),
    /** A person stores a password in the console. */
    storeByHand: (password: string) => aws.store(valueWith(password)),
    /** Support resets the password by telephone, and the operator stores it. */
    restoreByHand: (password: string) => {
      platform.support.reset(username, password);
      aws.store(valueWith(password));
    },
  };
}

function passwordIn(value: string | undefined): string | undefined {
  try {
    return JSON.parse(value ?? '{}').password;
  } catch {
    return undefined;
  }
}

function keyIn(value: string | undefined): { apiKey?: string } {
  try {
    return JSON.parse(value ?? '{}');
  } catch {
    return {};
  }
}

export function secretValue(password: string, username = USERNAME): string {
  return JSON.stringify({ username, password, region: 'emea', retries: 3 });
}
