import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { journalState } from '../scenarios/checks.ts';
import { type Fault, inject, titleOf } from './fault.ts';
import { leaksSince, type Mark, markOf } from './leaks.ts';
import type { Stage } from './stage.ts';

export type HistoryOptions = {
  /** World time between Secrets Manager's retries. @default 60_000 */
  backoffMs?: number;
};

/** What became of one fault. Empty `violations`: every guarantee held. */
export type Verdict = {
  title: string;
  /** How the rotation ended before anybody helped. */
  end: 'rotated' | 'recovered' | 'lost';
  violations: string[];
  durationMs: number;
};

const HOUR_MS = 60 * 60_000;

/**
 * Plays one fault, the retries and the recover events, and judges by the platform's truth. Leaves the stage
 * at rest (unless a guarantee was broken): another history may follow on it.
 */
export async function playHistory(
  fault: Fault,
  stage: Stage,
  { backoffMs = 60_000 }: HistoryOptions = {},
): Promise<Verdict> {
  const startedAtMs = performance.now();
  const { conductor, world } = stage;
  const before = { ...markOf(stage), truth: world.platform.truth(world.username) };
  const met = inject(fault, stage);
  const { succeeded } = await conductor.rotate(world.secretArn, { attempts: 2, backoffMs });
  if (!succeeded) await conductor.recover(world.secretArn, { times: 2 });
  world.gateway.decide = () => ({ kind: 'deliver' });

  const lost = (await journalState(world)) === 'lost';
  const violations = met() ? [] : ['the fault was never met'];
  violations.push(...(lost ? judgeLoss(stage, before) : judgeCurrent(stage)), ...judgeTruth(stage));
  const executed = world.platform.truth(world.username).getNewPasswords - before.truth.getNewPasswords;
  if (executed > 1) violations.push(`GetNewPassword was executed ${executed} times`);
  if (lost) await restoreByHand(stage);
  violations.push(...(await judgeAftermath(stage)), ...(await leaksSince(before, stage)));
  return {
    title: titleOf(fault),
    end: lost ? 'lost' : succeeded ? 'rotated' : 'recovered',
    violations,
    durationMs: Math.round(performance.now() - startedAtMs),
  };
}

/** Lost is only what never reached us, and a person is told. */
function judgeLoss({ world, written }: Stage, before: Mark): string[] {
  const sealed = written.slice(before.written).some((line) => line.includes('"sealedEnvelope"'));
  const announced = world.aws.sns.published
    .slice(before.published)
    .some(({ attributes }) => attributes.event?.value === 'password-lost');
  return [
    ...(sealed ? ['lost although an answer was sealed'] : []),
    ...(announced ? [] : ['lost and not announced']),
  ];
}

function judgeCurrent({ world }: Stage): string[] {
  const live = world.platform.truth(world.username).password;
  return world.storedPassword() === live ? [] : ['AWSCURRENT does not hold the live password'];
}

/** G2, by the platform's own counter. */
function judgeTruth({ world: { platform, username, env } }: Stage): string[] {
  const { locked, worstConsecutiveFailures } = platform.truth(username);
  return [
    ...(locked ? ['the username is locked'] : []),
    ...(worstConsecutiveFailures > Number(env.LOCKOUT_BUDGET)
      ? [`${worstConsecutiveFailures} consecutive failed log-ins, more than the budget`]
      : []),
  ];
}

/** An hour later, with all services well, a rotation goes through. */
async function judgeAftermath(stage: Stage): Promise<string[]> {
  const { world, conductor } = stage;
  world.clock.advance(HOUR_MS);
  const { succeeded, error } = await conductor.rotate(world.secretArn, { attempts: 2 });
  return [
    ...(succeeded ? [] : [`the next rotation fails with ${error?.errorType}: ${error?.errorMessage}`]),
    ...judgeCurrent(stage).map((violation) => `after the next rotation ${violation}`),
    ...judgeTruth(stage),
  ];
}

/** Support resets the password by telephone, and a person stores it. */
async function restoreByHand({ world, plant }: Stage): Promise<void> {
  const { platform, username, secretsManagerClient, secretArn } = world;
  const password = plant();
  platform.support.reset(username, password);
  await secretsManagerClient.send(
    new PutSecretValueCommand({ SecretId: secretArn, SecretString: JSON.stringify({ username, password }) }),
  );
}
