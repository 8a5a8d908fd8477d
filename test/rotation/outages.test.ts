import { describe, expect, test } from 'vitest';
import { announced, judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

const SERVICES = {
  'Secrets Manager': /^(DescribeSecret|GetSecretValue|PutSecretValue|UpdateSecretVersionStage)$/,
  DynamoDB: /^(GetItem|PutItem)/,
  KMS: /^(GenerateDataKey|Decrypt)$/,
  SNS: /^Publish$/,
  'CloudWatch Logs': /^FilterLogEvents$/,
};
type Service = keyof typeof SERVICES;
const services = Object.keys(SERVICES) as Service[];
const pairs = services.flatMap((one, at) => services.slice(at + 1).map((other): Service[] => [one, other]));

const CALLS_OF_A_ROTATION = 45;

/** The services are out from a call of the first rotation on, until it was given up; then all is well. */
async function playOutage(
  out: Service[],
  from: number,
  fate: 'failed-before' | 'response-lost',
  alsoKilled?: number,
) {
  const world = createWorld();
  world.plan.decide = ({ index, name }) => {
    if (index === alsoKilled) return 'killed-after';
    return index >= from && out.some((service) => SERVICES[service].test(name)) ? fate : 'ok';
  };
  const { rotated } = await world.rotate();
  world.plan.decide = () => 'ok';
  await recoverLater(world, rotated ? 1 : 3);
  return world;
}

async function recoverLater(world: World, times: number): Promise<void> {
  for (let recovery = 0; recovery < times; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
}

describe('an outage from any call on, until Secrets Manager has given up', () => {
  for (const out of [...services.map((service) => [service]), ...pairs]) {
    test(`${out.join(' and ')}: nothing that arrived is lost, and the next rotation works`, async () => {
      for (let from = 1; from <= CALLS_OF_A_ROTATION; from += 1) {
        for (const fate of ['failed-before', 'response-lost'] as const) {
          await judge(await playOutage(out, from, fate), `${out} ${fate} from call ${from}`);
        }
      }
    });
  }

  test('Secrets Manager out and the process killed at any call: still nothing is lost', async () => {
    for (let from = 12; from <= 30; from += 1) {
      for (let killed = from; killed <= from + 20; killed += 1) {
        const world = await playOutage(['Secrets Manager'], from, 'failed-before', killed);
        await judge(world, `Secrets Manager out from call ${from}, killed after call ${killed}`);
      }
    }
  });
});

test('SNS out for good never breaks a rotation, and its alarms follow when it is back', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
  expect((await world.rotate()).rotated).toBe(true);
  expect(announced(world)).toEqual([]);
  world.plan.decide = () => 'ok';
  await world.recover();
  expect(announced(world)).toEqual(['password-rotated']);
});

describe('DynamoDB is down', () => {
  test('no password is presented, the error says so, and the retry goes on when it is back', async () => {
    const world = createWorld();
    world.plan.decide = ({ name }) => (/Item/.test(name) ? 'failed-before' : 'ok');
    const { failures, token } = await world.rotate({ attempts: 2 });
    expect(world.truth().logIns).toBe(0);
    expect(failures.map((ended) => 'error' in ended && ended.error.name)).toEqual([
      'LedgerUnavailableError',
      'LedgerUnavailableError',
    ]);
    world.plan.decide = () => 'ok';
    expect((await world.rotate({ token })).rotated).toBe(true);
  });
});
