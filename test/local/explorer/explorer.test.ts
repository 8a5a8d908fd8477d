import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordRotations, summaryOf } from '../../../local/explorer/explore.ts';
import { faulty } from '../../../local/explorer/fault.ts';
import { playHistory } from '../../../local/explorer/history.ts';
import { ACTS, byPerson } from '../../../local/explorer/person-acts.ts';
import { setStage } from '../../../local/explorer/stage.ts';
import { built } from '../../built.ts';
import {
  exploreBundle,
  FEW_OVER_REST,
  FEW_PROXIED,
  fewOverRest,
  fewProxied,
  LOST,
  sampleForTest,
} from '../../histories/bundle.ts';
import { createWorld } from '../../world/world.ts';

const LIMIT_MS = 300_000;
/** A boundary in memory; out here no fault can come between the line and the answer before it. */
const STDOUT = 'stdout';
const CARELESS = fileURLToPath(new URL('./careless-handler.mjs', import.meta.url));

beforeAll(async () => {
  await built('rotation');
});

describe('the bundle, with a fault or an act of an operator at a remote call', () => {
  it(
    'keeps every guarantee in a sample of the histories',
    async () => {
      const verdicts = await exploreBundle({ choose: sampleForTest });
      console.log(summaryOf(verdicts));
      expect(verdicts.filter(({ violations }) => violations.length > 0)).toEqual([]);
      const lost = verdicts.filter(({ end }) => end === 'lost').map(({ title }) => title);
      expect(lost.sort()).toEqual(LOST);
    },
    LIMIT_MS,
  );

  it(
    'keeps every guarantee over REST when a bearer, an answer, or a gateway fails',
    async () => {
      const verdicts = await exploreBundle({ transport: 'rest', choose: fewOverRest });
      expect(verdicts.filter(({ violations }) => violations.length > 0)).toEqual([]);
      expect(Object.fromEntries(verdicts.map(({ title, end }) => [title, end]))).toEqual(FEW_OVER_REST);
    },
    LIMIT_MS,
  );
});

it.each(['soap', 'rest'] as const)(
  'keeps every guarantee when a proxy before ThingSpace fails (%s)',
  async (transport) => {
    const choose = fewProxied(transport);
    const verdicts = await exploreBundle({ transport, proxied: true, choose });
    expect(verdicts.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(Object.fromEntries(verdicts.map(({ title, end }) => [title, end]))).toEqual(
      FEW_PROXIED[transport],
    );
  },
  LIMIT_MS,
);

describe('the explorer', () => {
  it('sees the same calls of each service in the same order as the fast explorer', async () => {
    const world = createWorld({ keepsProcess: true });
    await world.rotate();
    const ofFirst = world.calls.length;
    await world.rotate();
    const { first, later } = await recordRotations();
    const services = new Map(first.map(({ service, operation }) => [operation, service]));
    // By service: storing and journaling go side by side, and their order between two services is chance.
    const byService = (operations: string[]) =>
      Map.groupBy(operations, (operation) => services.get(operation) ?? 'not seen of the bundle');
    // In memory a name may say which of the table's items is meant.
    const inMemory = (calls: typeof world.calls) =>
      byService(
        calls.map(({ name }) => name.replace(/ \(.*\)/, '')).filter((operation) => operation !== STDOUT),
      );
    // The table's age is asked for beside the first read; the table in memory has none.
    const ofBundle = (boundaries: typeof first) =>
      byService(boundaries.map(({ operation }) => operation).filter((name) => name !== 'DescribeTable'));
    expect(inMemory(world.calls.slice(0, ofFirst))).toEqual(ofBundle(first));
    expect(inMemory(world.calls.slice(ofFirst))).toEqual(ofBundle(later));
  });

  it(
    'finds a careless function out: the dead password is current, and the new one stands in its log',
    async () => {
      const killBefore = async (operation: string) => {
        const stage = await setStage({ handlerFile: CARELESS });
        const fault = { service: 'secretsmanager', operation, nth: 1, fate: 'killed-before' } as const;
        return playHistory(faulty(fault), stage).finally(stage.world.close);
      };
      // Its last step believes whatever it reads to be the password that it has replaced.
      const resetBeforeLastRead = async () => {
        const stage = await setStage({ handlerFile: CARELESS });
        const call = { service: 'secretsmanager', operation: 'GetSecretValue', nth: 4 };
        const act = ACTS.find(({ name }) => name.includes('support')) as (typeof ACTS)[number];
        return playHistory(byPerson({ ...call, act, when: 'before' }), stage).finally(stage.world.close);
      };
      const verdicts = await Promise.all([
        ...['PutSecretValue', 'UpdateSecretVersionStage', 'NoSuchCall'].map(killBefore),
        resetBeforeLastRead(),
      ]);
      const [unstored, unfinished, unmet, overwritten] = verdicts.map(({ violations }) =>
        violations.join('; '),
      );
      expect(unstored).toMatch(/AWSCURRENT does not hold the live password.*as base64/);
      expect(unfinished).toContain('as base64');
      // Its new password is a version of the secret, whatever its error says.
      expect(unfinished).toContain('claims "lost"');
      expect(unmet).toContain('it never came to it');
      expect(overwritten).toContain('took AWSCURRENT from a live password to a dead one');
    },
    LIMIT_MS,
  );
});
