import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The header in which a program sends the content of the token file. */
export const TOKEN_HEADER = 'x-thingspace-agent-token';

/** A request that the agent does not answer: no session is asked for. */
export type Refusal = { statusCode: number; code: string; message: string };

/** Names of this machine, by which a program on it calls the agent. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;
/** A proxy adds one of these: the request comes from elsewhere. */
const FORWARDED = ['x-forwarded-for', 'forwarded'];

/**
 * Returns why a request is not answered, by its headers alone. A server on the loopback interface is also reached by
 * web pages (a name of theirs that leads to 127.0.0.1), by proxies, and by programs that fetch any address for
 * strangers: these cannot set the token.
 */
export function refusalOf(headers: IncomingHttpHeaders, token: string): Refusal | undefined {
  if (!LOOPBACK.test(headers.host ?? '')) return WRONG_HOST;
  if (FORWARDED.some((name) => headers[name] !== undefined)) return WAS_FORWARDED;
  return hasToken(headers[TOKEN_HEADER], token) ? undefined : WRONG_TOKEN;
}

/** Two digests have the same length, and their comparison takes the same time wherever they differ. */
const hasToken = (sent: string | string[] | undefined, token: string): boolean =>
  typeof sent === 'string' && timingSafeEqual(digestOf(sent), digestOf(token));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const WRONG_HOST: Refusal = {
  statusCode: 403,
  code: 'WrongHost',
  message: 'The request names another host than this machine. Call the agent as http://127.0.0.1:<port>.',
};
const WAS_FORWARDED: Refusal = {
  statusCode: 403,
  code: 'ForwardedRequest',
  message: 'The request came through a proxy. Call the agent directly, from the machine that it runs on.',
};
const WRONG_TOKEN: Refusal = {
  statusCode: 403,
  code: 'WrongToken',
  message:
    'The header X-ThingSpace-Agent-Token is missing or wrong. Send the content of the agent’s token file, and read the file again: ' +
    'an agent that has started anew may have another token.',
};
