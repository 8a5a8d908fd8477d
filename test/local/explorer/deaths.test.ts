import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleRotation } from '../../../infra/bundle.ts';
import { explore, recordRotation, summaryOf } from '../../../local/explorer/explore.ts';
import { playHistory } from '../../../local/explorer/history.ts';
import { setStage } from '../../../local/explorer/stage.ts';
import { createWorld } from '../../world/world.ts';

/** The retry comes when lease and settling time are over: nobody waits. (`main.ts --all` retries after a minute.) */
const BACKOFF_MS = 25 * 60_000;
const LIMIT_MS = 300_000;
/** A boundary in memory; out here nobody can step in between the line and the answer before it. */
const STDOUT = 'stdout';
const CARELESS = fileURLToPath(new URL('./careless-handler.mjs', import.meta.url));

beforeAll(async () => {
  await bundleRotation();
});

describe('the bundle, killed by SIGKILL at any remote call of a rotation and retried', () => {
  it(
    'the live password is current, or its loss is announced; nothing secret was written anywhere',
    async () => {
      const verdicts = await explore({ fates: ['killed-before', 'killed-after'], backoffMs: BACKOFF_MS });
      console.log(summaryOf(verdicts));
      expect(verdicts.filter(({ violations }) => violations.length > 0)).toEqual([]);
      // The one case that is not up to the function: the answer was made and never read.
      const lost = verdicts.filter(({ end }) => end === 'lost').map(({ title }) => title);
      expect(lost).toEqual(['killed-after thingspace:GetNewPassword no. 1']);
    },
    LIMIT_MS,
  );
});

describe('the explorer', () => {
  it('sees every call that the fast explorer sees: each service the same ones in the same order', async () => {
    const world = createWorld();
    await world.rotate();
    const ofBundle = await recordRotation();
    const services = new Map(ofBundle.map(({ service, operation }) => [operation, service]));
    // By service: storing and journaling go side by side, and their order between two services is chance.
    const inMemory = world.calls
      .filter(({ name }) => name !== STDOUT)
      .map(({ name }) => name.replace(' (audit)', ''));
    expect(Map.groupBy(inMemory, (operation) => services.get(operation) ?? 'not seen of the bundle')).toEqual(
      Map.groupBy(
        ofBundle.map(({ operation }) => operation),
        (operation) => services.get(operation),
      ),
    );
  });

  it(
    'finds a careless function out: the dead password is current, and the new one stands in its log',
    async () => {
      const killBefore = async (operation: string) => {
        const stage = await setStage({ handlerFile: CARELESS });
        const fault = { service: 'secretsmanager', operation, nth: 1, fate: 'killed-before' } as const;
        return playHistory(fault, stage).finally(stage.close);
      };
      const verdicts = await Promise.all(
        ['PutSecretValue', 'UpdateSecretVersionStage', 'NoSuchCall'].map(killBefore),
      );
      const [unstored, unfinished, unmet] = verdicts.map(({ violations }) => violations.join('; '));
      expect(unstored).toMatch(/AWSCURRENT does not hold the live password.*as base64/);
      expect(unfinished).toContain('as base64');
      expect(unmet).toContain('the fault was never met');
    },
    LIMIT_MS,
  );
});
