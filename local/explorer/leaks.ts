import { findSecret } from './find-secret.ts';
import type { Stage } from './stage.ts';

/** How much of everything there was at a moment: what came later is looked at alone. */
export type Mark = {
  written: number;
  logged: number;
  published: number;
  calls: number;
  secrets: number;
  /** The live password at that moment. */
  password: string;
};

export function markOf({ world, written, secrets }: Stage): Mark {
  return {
    written: written.length,
    logged: world.aws.logs.lines(world.logGroupName).length,
    published: world.aws.sns.published.length,
    calls: world.gateway.calls.length,
    secrets: secrets.length,
    password: world.platform.truth(world.username).password,
  };
}

/** Everything written since, anywhere but in Secrets Manager: log, errors, topic, table, records. */
async function writtenSince(mark: Mark, { world, written }: Stage): Promise<string> {
  const { aws, gateway, tableName, logGroupName } = world;
  return [
    ...written.slice(mark.written),
    ...aws.logs.lines(logGroupName).slice(mark.logged),
    JSON.stringify(aws.sns.published.slice(mark.published)),
    JSON.stringify(await aws.dynamodb.items(tableName)),
    JSON.stringify(gateway.calls.slice(mark.calls)),
  ].join('\n');
}

/** Leaks since the mark of the password that was live then, and of every secret made since. */
export async function leaksSince(mark: Mark, stage: Stage): Promise<string[]> {
  return leaksIn(await writtenSince(mark, stage), [mark.password, ...stage.secrets.slice(mark.secrets)]);
}

/** Which secrets, whole or by halves, stand in a text and how. Quotes none: `the first half of secret 2 as base64`. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret, at) =>
    piecesOf(secret).flatMap(({ piece, name }) =>
      findSecret(text, piece).map((encoding) => `${name} of secret ${at + 1} as ${encoding}`),
    ),
  );
}

function piecesOf(secret: string): { piece: string; name: string }[] {
  const characters = [...secret];
  const middle = Math.ceil(characters.length / 2);
  // A half catches texts that were cut as well as the whole does.
  return [
    { piece: characters.slice(0, middle).join(''), name: 'the first half' },
    { piece: characters.slice(middle).join(''), name: 'the second half' },
  ];
}
