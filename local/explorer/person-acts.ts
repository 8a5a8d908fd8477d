import { type Act, EDITS, SUPPORT } from '../acts.ts';
import type { Fate } from '../faults.ts';
import type { Call } from '../gateway/gateway.ts';
import type { World } from '../world.ts';
import { type Boundary, counter } from './fault.ts';
import type { Disturbance } from './history.ts';
import type { Stage } from './stage.ts';

/** The acts that need no further advice; test/histories/people.ts plays them all in memory. */
export const ACTS: readonly Act[] = [...EDITS, ...SUPPORT].filter(({ name }) =>
  ['edits another member', 'has support reset the password and stores it'].includes(name),
);

export type PlannedAct = Boundary & { act: Act; when: 'before' | 'after' };

/** Every act right before a call reaches its service, and right after, before its answer is passed on. */
export const actsAt = (boundaries: readonly Boundary[]): PlannedAct[] =>
  boundaries.flatMap((boundary) =>
    ACTS.flatMap((act) => (['before', 'after'] as const).map((when) => ({ ...boundary, act, when }))),
  );

/** Returns the disturbance of a history by one act; the call itself is delivered. */
export const byPerson = (planned: PlannedAct): Disturbance => ({
  title: `a person ${planned.act.name} ${planned.when} ${planned.service}:${planned.operation} no. ${planned.nth}`,
  kinds: [`${planned.act.name} ${planned.when}`, `an act at ${planned.service}`],
  begin: (stage) => play(planned, stage),
});

function play({ service, operation, nth, act, when }: PlannedAct, stage: Stage) {
  const { world } = stage;
  const { gateway, functionRuns } = world;
  const count = counter();
  const overwritten = watchCurrent(world);
  let planned: Call | undefined;
  let met = false;
  const actAt = async (call: Call) => {
    if (call !== planned) return;
    met = true;
    stage.sayings.beforeAct();
    await act.act(world.person, stage.plant());
  };
  gateway.decide = async (call): Promise<Fate> => {
    const isKind = functionRuns() && call.service === service && call.operation === operation;
    if (isKind && count(call) === nth) planned = call;
    if (when === 'before') await actAt(call);
    overwritten.before(call);
    return 'ok';
  };
  gateway.onAnswer = async (call) => {
    overwritten.after(call);
    if (when === 'after') await actAt(call);
  };
  return {
    met: () => met,
    violations: () => {
      const stored = world.aws.secretsManager.valueAt('AWSCURRENT', world.secretArn) ?? '';
      const kept = act.keeps === undefined || stored.includes(act.keeps);
      return [...overwritten.violations, ...(kept ? [] : ['the edit is gone'])];
    },
  };
}

/** G9, by the platform's truth: no call of the function takes AWSCURRENT from a live password to a dead one. */
function watchCurrent(world: World) {
  const seen = new Map<Call, string | undefined>();
  const violations: string[] = [];
  return {
    violations,
    before: (call: Call) => void seen.set(call, world.storedPassword()),
    after: (call: Call) => {
      const live = world.platform.truth(world.username).password;
      // ThingSpace's new password is not a write of the function, and comes in no call to Secrets Manager.
      if (call.service !== 'secretsmanager' || seen.get(call) !== live || world.storedPassword() === live)
        return;
      violations.push(`${call.operation} took AWSCURRENT from a live password to a dead one`);
    },
  };
}
