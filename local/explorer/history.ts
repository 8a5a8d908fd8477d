import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { alarms, journalState } from '../scenarios/checks.ts';
import { type Fault, inject, titleOf } from './fault.ts';
import { everythingWritten, leaksIn } from './leaks.ts';
import { marker } from './marker.ts';
import { type Stage, type StageOptions, setStage } from './stage.ts';

export type HistoryOptions = StageOptions & {
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

/** Plays one fault, the retries and the recover events in a world of its own, then judges by the truth. */
export async function playHistory(fault: Fault, options: HistoryOptions = {}): Promise<Verdict> {
  const startedAtMs = performance.now();
  const stage = await setStage(options);
  try {
    const met = inject(fault, stage);
    const { conductor, world } = stage;
    const { succeeded } = await conductor.rotate(world.secretArn, {
      attempts: 2,
      backoffMs: options.backoffMs ?? 60_000,
    });
    if (!succeeded) await conductor.recover(world.secretArn, { times: 2 });

    const lost = (await journalState(world)) === 'lost';
    const violations = met() ? [] : ['the fault was never met'];
    violations.push(...(lost ? judgeLoss(stage) : judgeCurrent(stage)), ...judgeTruth(stage));
    if (world.platform.truth(world.username).getNewPasswords > 1) {
      violations.push('GetNewPassword was executed more than once');
    }
    if (lost) await restoreByHand(stage);
    violations.push(...(await judgeAftermath(stage)));
    violations.push(...leaksIn(await everythingWritten(stage), stage.secrets()));
    return {
      title: titleOf(fault),
      end: lost ? 'lost' : succeeded ? 'rotated' : 'recovered',
      violations,
      durationMs: Math.round(performance.now() - startedAtMs),
    };
  } finally {
    await stage.close();
  }
}

/** Lost is only what never reached us, and a person is told. */
function judgeLoss({ world, answerWasSealed }: Stage): string[] {
  return [
    ...(answerWasSealed() ? ['lost although an answer was sealed'] : []),
    ...(alarms(world, 'password-lost') > 0 ? [] : ['lost and not announced']),
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
async function restoreByHand({ world }: Stage): Promise<void> {
  const { platform, username, secretsManagerClient, secretArn } = world;
  const password = marker();
  platform.support.reset(username, password);
  await secretsManagerClient.send(
    new PutSecretValueCommand({ SecretId: secretArn, SecretString: JSON.stringify({ username, password }) }),
  );
}
