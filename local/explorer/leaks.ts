import { findSecret } from './find-secret.ts';
import type { Stage } from './stage.ts';

/** How much of everything there was at a moment: what came later is looked at alone. */
export type Mark = {
  answered: number;
  logged: number;
  published: number;
  calls: number;
  secrets: number;
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

/**
 * Leaks since the mark of the password that was live then, of every secret made since, and of those that outlive a
 * history: the application's secret, and over REST also its key and the bearers.
 */
export async function leaksSince(mark: Mark, stage: Stage): Promise<string[]> {
  const { application, rest, env } = stage.world;
  const isRest = env.THINGSPACE_TRANSPORT === 'rest';
  const lasting = isRest ? [application.apiKey, ...rest.bearers.made.slice(-2)] : [];
  const made = [mark.password, ...stage.secrets.slice(mark.secrets)];
  return leaksIn(await writtenSince(mark, stage), [...made, application.apiSecret, ...lasting]);
}

/** Returns the secrets in a text and their encodings. Quotes none: `the first half of secret 2 as base64`. */
function leaksIn(text: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret, at) => {
    const characters = [...secret];
    const middle = Math.ceil(characters.length / 2);
    // A half catches texts that were cut as well as the whole does.
    const halves = { first: characters.slice(0, middle), second: characters.slice(middle) };
    return Object.entries(halves).flatMap(([which, half]) =>
      findSecret(text, half.join('')).map(
        (encoding) => `the ${which} half of secret ${at + 1} as ${encoding}`,
      ),
    );
  });
}
