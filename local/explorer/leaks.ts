import type { Way } from '../proxy/way.ts';
import type { World } from '../world.ts';
import { findSecret } from './find-secret.ts';
import type { Stage } from './stage.ts';

/** How much of everything there was at a moment: what came later is looked at alone. */
export type Mark = {
  answered: number;
  logged: number;
  published: number;
  calls: number;
  secrets: number;
  bearers: number;
  /** The live password at that moment. */
  password: string;
};

export function markOf({ world, answers, secrets }: Stage): Mark {
  return {
    answered: answers.length,
    logged: world.aws.logs.lines(world.logGroupName).length,
    published: world.aws.sns.published.length,
    calls: world.gateway.calls.length,
    secrets: secrets.length,
    bearers: world.rest.bearers.made.length,
    password: world.platform.truth(world.username).password,
  };
}

/** Everything written since, anywhere but in Secrets Manager: log, errors, topic, table, records. */
async function writtenSince(mark: Mark, { world, answers }: Stage): Promise<string> {
  const { aws, gateway, tableName, logGroupName } = world;
  return [
    ...answers.slice(mark.answered),
    ...aws.logs.lines(logGroupName).slice(mark.logged),
    JSON.stringify(aws.sns.published.slice(mark.published)),
    JSON.stringify(await aws.dynamodb.items(tableName)),
    JSON.stringify(gateway.calls.slice(mark.calls)),
  ].join('\n');
}

/** A secret by the name that a report of a leak gives it. */
export type Named = { name: string; secret: string };

/** The secrets of an application that go over the wire, the bearers but the first `from` among them. */
export function applicationSecrets({ application, rest, way }: World, from = 0): Named[] {
  const { apiKey, apiSecret } = application;
  return [
    { name: 'the application’s key', secret: apiKey },
    { name: 'the application’s secret', secret: apiSecret },
    { name: 'the Basic value', secret: Buffer.from(`${apiKey}:${apiSecret}`).toString('base64') },
    ...(way ? proxySecrets(way) : []),
    ...rest.bearers.made.slice(from).map((secret) => ({ name: 'a bearer', secret })),
  ];
}

function proxySecrets({ credentials: { username, password } }: Way): Named[] {
  return [
    { name: 'the proxy’s password', secret: password },
    { name: 'the proxy’s Basic value', secret: Buffer.from(`${username}:${password}`).toString('base64') },
  ];
}

/**
 * Leaks since the mark of the password that was live then, of every secret made since, and of those that outlive a
 * history: the application's secrets, and the bearer that there was.
 */
export async function leaksSince(mark: Mark, stage: Stage): Promise<string[]> {
  const made = [mark.password, ...stage.secrets.slice(mark.secrets)];
  const named = made.map((secret, at) => ({ name: `secret ${at + 1}`, secret }));
  return leaksIn(await writtenSince(mark, stage), [
    ...named,
    ...applicationSecrets(stage.world, Math.max(0, mark.bearers - 1)),
  ]);
}

/** Returns the secrets in a text and their encodings. Quotes none: `the first half of secret 2 as base64`. */
export function leaksIn(text: string, secrets: readonly Named[]): string[] {
  return secrets.flatMap(({ name, secret }) => {
    const characters = [...secret];
    const middle = Math.ceil(characters.length / 2);
    // A half catches texts that were cut as well as the whole does.
    const halves = { first: characters.slice(0, middle), second: characters.slice(middle) };
    return Object.entries(halves).flatMap(([which, half]) =>
      findSecret(text, half.join('')).map((encoding) => `the ${which} half of ${name} as ${encoding}`),
    );
  });
}
