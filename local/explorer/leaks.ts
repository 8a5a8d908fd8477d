import { findSecret } from './find-secret.ts';
import type { Stage } from './stage.ts';

/** Everything written anywhere in a history but in Secrets Manager: log, errors, topic, table, records. */
export async function everythingWritten({ world, written }: Stage): Promise<string> {
  const { aws, gateway, tableName, logGroupName } = world;
  return [
    ...written,
    ...aws.logs.lines(logGroupName),
    JSON.stringify(aws.sns.published),
    JSON.stringify(await aws.dynamodb.items(tableName)),
    JSON.stringify(gateway.calls),
  ].join('\n');
}

/** Which secrets, whole or by halves, stand in a text and how. Quotes none of them: `password 2 as base64`. */
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
