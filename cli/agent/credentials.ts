import { UsageError } from '../errors.ts';

/** A credential that the agent holds a session of: its name in the address, and its secret. */
export type AgentCredential = { name: string; secretId: string };

const NAME = /^[A-Za-z0-9][\w-]{0,47}$/;
const ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:(.+)$/;

/**
 * Reads each `--secret`: a name or an ARN, or a name for the address, `=`, and one of these. Without a name of its own
 * the last part of the secret's name counts: `thingspace/fleet` is `fleet`.
 * @throws UsageError
 */
export function readCredentials(given: readonly string[]): AgentCredential[] {
  if (given.length === 0) throw new UsageError('Name the credential: --secret <name or ARN>, once for each.');
  const credentials = given.map(readCredential);
  const names = credentials.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return credentials;
  throw new UsageError(
    `Two credentials would have the address /${twice}/session. Give one a name of its own: --secret <name>=<secret>.`,
  );
}

function readCredential(text: string): AgentCredential {
  const at = text.indexOf('=');
  const own = text.slice(0, at);
  if (at > 0 && NAME.test(own)) return { name: own, secretId: text.slice(at + 1) };
  const name = lastPart(text);
  if (NAME.test(name)) return { name, secretId: text };
  throw new UsageError(
    `The secret ${text} gives no name for the address. Give one of letters, digits, _ and -: --secret fleet=${text}.`,
  );
}

/** An ARN ends in a hyphen and six characters that are not of the secret's name. */
function lastPart(secretId: string): string {
  const name = ARN.exec(secretId)?.[1]?.replace(/-[A-Za-z0-9]{6}$/, '') ?? secretId;
  return name.split('/').at(-1) ?? '';
}
