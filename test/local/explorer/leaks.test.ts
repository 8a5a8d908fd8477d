import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleRotation } from '../../../infra/bundle.ts';
import { applicationSecrets, leaksSince, markOf, type Named } from '../../../local/explorer/leaks.ts';
import { type Stage, setStage } from '../../../local/explorer/stage.ts';

let stage: Stage;
let secrets: Named[];

beforeAll(async () => {
  await bundleRotation();
  stage = await setStage({ transport: 'rest' });
  const { world } = stage;
  await world.conductor.rotate(world.secretArn, { attempts: 1 });
  secrets = [
    { name: 'secret 1', secret: world.platform.truth(world.username).password },
    ...applicationSecrets(world),
  ];
});
afterAll(() => stage.world.close());

const bytes = (text: string) => Buffer.from(text);
const ENCODINGS: Record<string, (secret: string) => string> = {
  clear: (secret) => secret,
  reversed: (secret) => [...secret].reverse().join(''),
  base64: (secret) => bytes(secret).toString('base64'),
  hex: (secret) => bytes(secret).toString('hex'),
  URL: encodeURIComponent,
  JSON: JSON.stringify,
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)),
  'a byte list': (secret) => JSON.stringify(bytes(secret)),
};

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
    'finds %s in the log, in each encoding',
    async (name) => {
      const { world } = stage;
      const { secret = '' } = secretNamed(name);
      for (const [encoding, encode] of Object.entries(ENCODINGS)) {
        const mark = markOf(stage);
        world.aws.logs.append(world.logGroupName, `a line with ${encode(secret)} in it`, world.clock.nowMs());
        const found = (await leaksSince(mark, stage)).filter((leak) => leak.includes(name));
        expect(found, encoding).not.toEqual([]);
        expect(found.join()).not.toContain(secret);
      }
    },
  );

  it('finds each in an error, in a message and in the record of a call', async () => {
    const { world, answers } = stage;
    for (const { name, secret } of [
      ...secrets.slice(1, 4),
      secretNamed('a bearer'),
      secretNamed('secret 1'),
    ]) {
      const plants = [
        () => (answers as string[]).push(JSON.stringify({ errorMessage: secret })),
        () => (world.aws.sns.published as object[]).push({ ...world.aws.sns.published[0], message: secret }),
        () => (world.gateway.calls as object[]).push({ ...world.gateway.calls[0], errorName: secret }),
      ];
      for (const plant of plants) {
        const mark = markOf(stage);
        plant();
        expect((await leaksSince(mark, stage)).join()).toContain(name);
      }
    }
  });
});

/** The password and the bearer of now: each rotation makes another. */
function secretNamed(name: string): Named {
  const { world } = stage;
  if (name === 'secret 1') return { name, secret: world.platform.truth(world.username).password };
  return applicationSecrets(world).findLast((one) => one.name === name) as Named;
}
