import { journalState } from '../scenarios/checks.ts';
import type { World } from '../world.ts';
import { leaksSince, type Mark, markOf } from './leaks.ts';
import { sealedIn } from './sayings.ts';
import type { Stage } from './stage.ts';

export type HistoryOptions = {
  /** World time between Secrets Manager's retries. @default 60_000 */
  backoffMs?: number;
  /** How late the log shows a line. @default 0 */
  logDelayMs?: number;
};

/** The disturbance of one rotation; it begins when the stage is at rest. */
export type Disturbance = {
  title: string;
  /** The fault or act, and the boundary: a sample holds one of each. */
  kinds: readonly string[];
  begin(stage: Stage): {
    met(): boolean;
    /** Guarantees that were broken while it was played, or that its end breaks. */
    violations(): string[];
  };
};

/** The outcome of one disturbance. Empty `violations`: every guarantee was kept. */
export type Verdict = {
  title: string;
  /** How the rotation ended before anybody helped. */
  end: 'rotated' | 'recovered' | 'lost';
  violations: string[];
  durationMs: number;
};

const HOUR_MS = 60 * 60_000;

/**
 * Plays one disturbance, the retries and the recover events, and judges by the platform's truth. Leaves the stage
 * at rest (unless a guarantee was broken): another history may follow on it.
 */
export async function playHistory(
  disturbance: Disturbance,
  stage: Stage,
  { backoffMs = 60_000, logDelayMs = 0 }: HistoryOptions = {},
): Promise<Verdict> {
  const startedAtMs = performance.now();
  const { world } = stage;
  const { conductor } = world;
  const before = markOf(stage);
  const happened = world.platform.events.length;
  const watch = disturbance.begin(stage);
  world.aws.logs.searchDelayMs = logDelayMs;
  const { succeeded } = await conductor.rotate(world.secretArn, { attempts: 2, backoffMs });
  if (!succeeded) await conductor.recover(world.secretArn, { times: 2 });
  if (!succeeded && logDelayMs > 0) await conductor.recover(world.secretArn, { afterMs: logDelayMs });
  world.gateway.decide = () => 'ok';
  world.gateway.onAnswer = () => {};

  const lost = (await journalState(world)) === 'lost';
  const violations = [...(watch.met() ? [] : ['it never came to it']), ...watch.violations()];
  violations.push(...(lost ? await judgeLoss(stage, before) : judgeCurrent(world)), ...judgeTruth(world));
  // G3; one that was refused has changed nothing.
  const made = world.platform.events.slice(happened).filter(({ kind }) => kind === 'password-made').length;
  if (made > 1) violations.push(`GetNewPassword has made ${made} passwords`);
  if (lost) await restoreByHand(stage);
  violations.push(...(await judgeAftermath(world)), ...(await leaksSince(before, stage)));
  violations.push(...(await stage.sayings.falsehoods()));
  return {
    title: disturbance.title,
    end: lost ? 'lost' : succeeded ? 'rotated' : 'recovered',
    violations,
    durationMs: Math.round(performance.now() - startedAtMs),
  };
}

/** A password is lost only if no answer that arrived holds it, and a message announces the loss. */
async function judgeLoss({ world }: Stage, before: Mark): Promise<string[]> {
  const lines = world.aws.logs.lines(world.logGroupName).slice(before.logged);
  const { sealed } = await sealedIn(world, lines);
  const { password } = world.platform.truth(world.username);
  const announced = world.aws.sns.published
    .slice(before.published)
    .some(({ attributes }) => attributes.event?.value === 'password-lost');
  return [
    ...([...sealed.values()].includes(password) ? ['lost although the live password was sealed'] : []),
    ...(announced ? [] : ['lost and not announced']),
  ];
}

function judgeCurrent(world: World): string[] {
  const live = world.platform.truth(world.username).password;
  return world.storedPassword() === live ? [] : ['AWSCURRENT does not hold the live password'];
}

/** G2, by the platform's own counter. */
function judgeTruth({ platform, username, env }: World): string[] {
  const { locked, worstConsecutiveFailures } = platform.truth(username);
  return [
    ...(locked ? ['the username is locked'] : []),
    ...(worstConsecutiveFailures > Number(env.LOCKOUT_BUDGET)
      ? [`${worstConsecutiveFailures} consecutive failed log-ins, more than the budget`]
      : []),
  ];
}

/** An hour later, when each bearer has ended and all services are well, a rotation goes through. */
async function judgeAftermath(world: World): Promise<string[]> {
  world.clock.advance(HOUR_MS);
  const { succeeded, error } = await world.conductor.rotate(world.secretArn, { attempts: 2 });
  world.clock.advance(HOUR_MS);
  return [
    ...(succeeded ? [] : [`the next rotation fails with ${error?.errorType}: ${error?.errorMessage}`]),
    ...judgeCurrent(world).map((violation) => `after the next rotation ${violation}`),
    ...judgeTruth(world),
  ];
}

/** Support resets the password by telephone, and an operator stores it. */
async function restoreByHand({ world, sayings, plant }: Stage): Promise<void> {
  const password = plant();
  sayings.beforeAct();
  world.person.hasSupportReset(password);
  await world.person.stores(password);
}
