import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { render } from '../../lambda/alarms/render.ts';
import { situations } from '../../lambda/situations/all.ts';
import { toDo } from '../../lambda/situations/steps.ts';
import { falsehoods } from '../../local/judge/falsehoods.ts';
import type { Answer, Moment } from '../../local/judge/moment.ts';
import { type Said, saidBy } from '../../local/judge/words.ts';
import type { Process } from './fate.ts';
import { momentIn } from './moment-in.ts';

type Observed = Parameters<typeof momentIn>[0] & { violations: string[] };

/** The truth right before an operator or support acted: an invocation that is under way cannot know of the act. */
type Act = { on: 'secret' | 'platform'; answers: number; moment: Moment };

export type MessageJudge = ReturnType<typeof createMessageJudge>;

/**
 * Reads each message as its receiver does when SNS takes it, and each error of an invocation, and compares their
 * claims with the truth (G11). A claim also holds if it was true when the ledger stored the message, or right
 * before an act of which the invocation cannot know.
 */
export function createMessageJudge(observed: Observed) {
  const { nowMs, violations } = observed;
  const answers: Answer[] = [];
  const givenTo: Process[] = [];
  const made: string[] = [];
  const acts: Act[] = [];
  /** How much there was of answers and acts when a process began its invocation. */
  const began = new Map<Process, { answers: number; acts: number }>();
  /** When the ledger first stored a message. */
  const queued = new Map<string, { moment: Moment; acts: number }>();

  function momentOf(process?: Process): Moment {
    const from = process === undefined ? answers.length : (began.get(process)?.answers ?? answers.length);
    const ofInvocation = answers.filter((_, at) => at >= from && givenTo[at] === process);
    return momentIn(observed, { made: [...made], answers: [...answers], ofInvocation });
  }

  /** The moments before acts since then, and before those at ThingSpace that no answer has shown yet. */
  const beforeActs = (since: number): Moment[] =>
    acts
      .filter(({ on, answers: then }, at) => at >= since || (on === 'platform' && then === answers.length))
      .map(({ moment }) => moment);

  const actsAt = (process: Process): number => began.get(process)?.acts ?? acts.length;
  const read = (said: Said, moments: readonly Moment[]) => void violations.push(...falsehoods(said, moments));

  return {
    momentOf,
    begins: (process: Process) => void began.set(process, { answers: answers.length, acts: acts.length }),
    answered(process: Process, operation: Answer['operation'], password: string, verdict: Verdict) {
      answers.push({ atMs: nowMs(), operation, password, accepted: verdict.ok });
      givenTo.push(process);
      if (verdict.ok && operation === 'GetNewPassword') made.push(verdict.value);
    },
    /** Called before an operator or support acts. */
    acts: (on: Act['on']) => void acts.push({ on, answers: answers.length, moment: momentOf() }),
    queued(event: AlarmEvent, process: Process) {
      if (queued.has(event.id)) return;
      queued.set(event.id, { moment: momentOf(process), acts: actsAt(process) });
    },
    published(event: AlarmEvent, process: Process) {
      const stored = queued.get(event.id);
      const since = Math.min(actsAt(process), stored?.acts ?? acts.length);
      read(saidBy(render(event)), [
        momentOf(process),
        ...(stored ? [stored.moment] : []),
        ...beforeActs(since),
      ]);
    },
    /** Judges a text that the tool shows now. */
    told: (said: Said) => read(said, [momentOf(), ...beforeActs(acts.length)]),
    failed(error: Error, process: Process) {
      violations.push(...foreignSteps(error));
      read({ by: error.name, text: error.message, facts: {} }, [
        momentOf(process),
        ...beforeActs(actsAt(process)),
      ]);
    },
  };
}

const commandsIn = (text: string): string[] =>
  [...text.matchAll(/npm run cli -- ([a-z-]+(?: --(?!secret|username)[a-z-]+)?)/g)].map(
    ([, command = '']) => command,
  );

/** The commands at the end of an error's text that are no step of its situation. */
function foreignSteps({ name, message }: Error): string[] {
  const [, steps] = message.split(' To do: 1. ');
  if (steps === undefined) return [];
  const { todo = [] } = Object.values(situations).find(({ names }) => names?.includes(name)) ?? {};
  const own = commandsIn(toDo(todo, { secretArn: 'arn' }));
  return commandsIn(steps)
    .filter((command) => !own.includes(command))
    .map((command) => `${name} names \`${command}\`, which is no step of its situation`);
}

type Verdict = { ok: true; value: string } | { ok: false };
