import type { Refusal } from './guard.ts';

/** A request that the agent knows: the session of a credential, or the report that it is gone. */
export type Route = { credential: string; asks: 'session' | 'gone' };

const PATH = /^\/(?:([A-Za-z0-9][\w-]{0,47})\/)?session(\/gone)?$/;

/** Returns the request that method and address mean, or why it means none. @param names the credentials of the agent */
export function routeOf(
  method: string | undefined,
  url: string | undefined,
  names: readonly string[],
): Route | (Refusal & { allow?: string }) {
  const [path, named, gone] = PATH.exec(url ?? '') ?? [];
  if (path === undefined) return notFound('The agent knows no such address.', names);
  const only = names.length === 1 ? names[0] : undefined;
  const credential = named ?? only;
  if (credential === undefined) return notFound('The agent has several credentials: name one.', names);
  if (!names.includes(credential)) return notFound('The agent has no such credential.', names);
  const allow = gone ? 'POST' : 'GET';
  if (method === allow) return { credential, asks: gone ? 'gone' : 'session' };
  const message = `Send ${allow} to this address.`;
  return { statusCode: 405, code: 'MethodNotAllowed', message, allow };
}

const notFound = (why: string, names: readonly string[]): Refusal => ({
  statusCode: 404,
  code: 'NotFound',
  message: `${why} Its addresses: ${names.map((name) => `/${name}/session`).join(', ')}, each also with /gone.`,
});
