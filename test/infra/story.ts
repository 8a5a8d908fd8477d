import { createCloudWatch } from '../../local/cloudwatch/cloudwatch.ts';
import { startWorld, type World, type WorldOptions } from '../../local/world.ts';
import { synthesize } from './synthesize.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** One message that reaches the receivers of everything. `atMs` is counted from the story's first midnight. */
export type Told = { atMs: number; by: 'function' | 'CloudWatch'; what: string; severity: string };

/** The local world with everything around the function as it is deployed, hour by hour. */
export interface Story {
  world: World;
  /** The scheduled rotation: five attempts, then EventBridge's recover event, which Lambda tries three times. */
  rotate(): Promise<void>;
  /** Lets time pass, with the daily checks on the way. `hours` since the first midnight. */
  until(hours: number): Promise<void>;
  /** From now on no event invokes the function. */
  stopChecks(): void;
}

const { resources, one } = synthesize();
const variables = one('AWS::Lambda::Function').Properties.Environment.Variables;

/**
 * Plays a story and returns every message, in order.
 * @param stepMs how often the alarms are evaluated
 */
export async function tell(
  options: WorldOptions,
  play: (story: Story) => Promise<void>,
  stepMs = minute,
): Promise<Told[]> {
  const { SERVICE_NAME, OVERDUE_AFTER_DAYS, EXCHANGE_BRAKE } = variables;
  const env = { SERVICE_NAME, OVERDUE_AFTER_DAYS, EXCHANGE_BRAKE };
  // The secret is stored at 22:00, whatever the machine's time: how old it is at a check depends on it.
  const aheadMs = day - (Date.now() % day) + 22 * hour;
  const world = await startWorld({ ...options, env, aheadMs });
  try {
    const { clock, secretArn } = world;
    clock.advance(day - (clock.nowMs() % day));
    const startMs = clock.nowMs();
    // Deployed a day ago.
    const cloudWatch = createCloudWatch(resources, startMs - day);
    const told: Told[] = cloudWatch.advance(startMs).map(byCloudWatch);
    let read = 0;
    let published = 0;
    let checksRun = true;

    /** Passes to CloudWatch the log lines and messages since the last call. */
    const catchUp = () => {
      const lines = world.aws.logs.lines(world.logGroupName);
      for (const line of lines.slice(read)) cloudWatch.ingest(line, clock.nowMs());
      read = lines.length;
      for (const { attributes, atMs } of world.aws.sns.published.slice(published)) {
        const what = attributes.event?.value ?? '';
        told.push({ atMs: atMs - startMs, by: 'function', what, severity: attributes.severity?.value ?? '' });
      }
      published = world.aws.sns.published.length;
      told.push(...cloudWatch.advance(clock.nowMs(), stepMs).map(byCloudWatch));
    };
    function byCloudWatch({ atMs, alarm }: { atMs: number; alarm: string }): Told {
      const what = alarm.replace(/^Service(\w+)Alarm\w{8}$/, '$1');
      return { atMs: atMs - startMs, by: 'CloudWatch', what, severity: '' };
    }
    const pass = (ms: number) => {
      clock.advance(ms);
      catchUp();
    };
    world.conductor.subscribe(({ kind }) => {
      if (kind === 'step-end' || kind === 'time-passes') catchUp();
    });
    /** As Lambda invokes asynchronously: at once, then after one minute and two. */
    const recover = async () => {
      for (const waitMs of [0, minute, 2 * minute]) {
        pass(waitMs);
        const { ok } = await world.invoke({ Recover: secretArn });
        catchUp();
        if (ok) return;
      }
    };

    await play({
      world,
      async rotate() {
        const { succeeded } = await world.conductor.rotate(secretArn, { backoffMs: 15 * minute });
        pass(minute);
        if (!succeeded) await recover();
      },
      async until(hours) {
        const endMs = startMs + hours * hour;
        for (;;) {
          const sinceCheck = (clock.nowMs() - startMs - 11.3 * hour) % day;
          const nextMs = clock.nowMs() + (sinceCheck < 0 ? -sinceCheck : day - sinceCheck);
          if (nextMs > endMs) break;
          pass(nextMs - clock.nowMs() + minute);
          if (checksRun) await recover();
        }
        pass(Math.max(0, endMs - clock.nowMs()));
      },
      stopChecks: () => {
        checksRun = false;
      },
    });
    return told.sort((a, b) => a.atMs - b.atMs);
  } finally {
    await world.close();
  }
}
