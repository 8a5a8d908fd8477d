import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationSecrets, leaksSince, markOf } from '../../../local/explorer/leaks.ts';
import { type Stage, setStage } from '../../../local/explorer/stage.ts';
import { built } from '../../built.ts';

let stage: Stage;

beforeAll(async () => {
  await built('rotation');
  stage = await setStage({ transport: 'rest' });
  const { conductor, secretArn } = stage.world;
  await conductor.rotate(secretArn, { attempts: 1 });
});
afterAll(() => stage.world.close());

describe('the search for leaks', () => {
  it('finds none in a rotation over REST, and knows the bearer', async () => {
    const { world } = stage;
    world.clock.advance(2 * 60 * 60_000);
    const mark = markOf(stage);
    await world.conductor.rotate(world.secretArn, { attempts: 1 });
    expect(await leaksSince(mark, stage)).toEqual([]);
    expect(world.rest.bearers.made).toHaveLength(2);
  });

  it.each(['secret 1', 'the application’s key', 'the application’s secret', 'the Basic value', 'a bearer'])(
    'finds %s in the log, in an error, in a message, and in the record of a call, and quotes it nowhere',
    async (name) => {
      const { world, answers } = stage;
      const { logs, sns } = world.aws;
      const secret = secretNamed(name);
      const encoded = Buffer.from(secret).toString('base64');
      const plants = [
        () => logs.append(world.logGroupName, `a line with ${secret} in it`, world.clock.nowMs()),
        () => logs.append(world.logGroupName, `a line with ${encoded} in it`, world.clock.nowMs()),
        () => (answers as string[]).push(JSON.stringify({ errorMessage: secret })),
        () => (sns.published as object[]).push({ ...sns.published[0], message: secret }),
        () => (world.gateway.calls as object[]).push({ ...world.gateway.calls[0], errorName: secret }),
      ];
      for (const plant of plants) {
        const mark = markOf(stage);
        plant();
        const found = (await leaksSince(mark, stage)).join();
        expect(found).toContain(name);
        expect(found).not.toContain(secret);
      }
    },
  );
});

/** The password and the bearer of now: each rotation makes another. */
function secretNamed(name: string): string {
  const { world } = stage;
  if (name === 'secret 1') return world.platform.truth(world.username).password;
  return applicationSecrets(world).findLast((one) => one.name === name)?.secret ?? '';
}
