import type { Transport } from '../../lambda/thingspace/api.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

const SERVICES = {
  'Secrets Manager': /^(DescribeSecret|GetSecretValue|PutSecretValue|UpdateSecretVersionStage)$/,
  DynamoDB: /^(GetItem|PutItem)/,
  KMS: /^(GenerateDataKey|Decrypt)$/,
  SNS: /^Publish$/,
  'CloudWatch Logs': /^FilterLogEvents$/,
};
type Service = keyof typeof SERVICES;
type Outage = {
  transport: Transport;
  out: readonly Service[];
  from: number;
  fate: 'failed-before' | 'response-lost';
  killed?: number;
};

const services = Object.keys(SERVICES) as Service[];
const pairs = services.flatMap((one, at) => services.slice(at + 1).map((other) => [one, other]));
/** A rotation makes fewer calls; retries cost some more. */
const CALLS = 45;

/** One service, or two, out from any call on until Secrets Manager has given up; then all is well. */
export const outages: Suite = {
  name: 'outages',
  restShare: 12,
  histories: async (transport) =>
    [...services.map((service) => [service]), ...pairs].flatMap((out) =>
      (['failed-before', 'response-lost'] as const).flatMap((fate) =>
        numbers(1, CALLS).map((from) =>
          historyOf({ transport, out, from, fate }, [
            `${out.join(' and ')}${transport === 'soap' ? `, ${fate}` : ''}`,
            transport === 'soap' ? `from call ${from}` : fate,
          ]),
        ),
      ),
    ),
};

/** Secrets Manager out from where a password is stored, and the process killed at any call behind it. */
export const outagesAndDeaths: Suite = {
  name: 'outages and deaths',
  restShare: 6,
  histories: async (transport) =>
    numbers(12, 30).flatMap((from) =>
      numbers(from, from + 20).map((killed) =>
        historyOf(
          { transport, out: ['Secrets Manager'], from, fate: 'failed-before', killed },
          transport === 'soap'
            ? [`from call ${from}`, `killed ${killed - from} calls later`]
            : [`from ${from}`],
        ),
      ),
    ),
};

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

function historyOf(outage: Outage, kinds: readonly string[]): History {
  const { out, from, fate, killed } = outage;
  const name = `${out.join(' and ')} out from call ${from} (${fate})${killed ? `, killed after call ${killed}` : ''}`;
  return { name, kinds, play: async () => judge(await play(outage), name) };
}

async function play({ transport, out, from, fate, killed }: Outage): Promise<World> {
  const world = createWorld({ transport });
  world.plan.decide = ({ index, name }) => {
    if (index === killed) return 'killed-after';
    return index >= from && out.some((service) => SERVICES[service].test(name)) ? fate : 'ok';
  };
  const { rotated } = await world.rotate();
  world.plan.decide = () => 'ok';
  for (let recovery = 0; recovery < (rotated ? 1 : 3); recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}
