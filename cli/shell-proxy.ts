import { Agent } from 'node:https';
import { isProxyUrl, PROXY_URL_RULE } from '../lambda/proxy-settings.ts';
import { type Send, sendOnce } from '../lambda/thingspace/http-call.ts';
import { sendThrough } from '../lambda/thingspace/tunnel.ts';
import { UsageError } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Sends over https through the proxy of the operator's shell, as curl and the AWS CLI do: HTTPS_PROXY, unless NO_PROXY
 * names the host. The function's own proxy may be out of reach here.
 * @throws UsageError for an HTTPS_PROXY that is not the address of a proxy
 */
export function sendFromShell(env: Env): Send {
  const proxy = proxyOf(env);
  if (proxy === undefined) return sendOnce;
  const through = sendThrough(proxy);
  return (call, limits) => {
    const { protocol, hostname } = new URL(call.url);
    const isStraight = protocol !== 'https:' || isExempt(env, hostname);
    return isStraight ? sendOnce(call, limits) : through(call, limits);
  };
}

/** Returns Node.js's agent for the same proxy, for AWS (before Node.js 24.5 it goes straight); undefined without a proxy. */
export const agentFromShell = (env: Env): Agent | undefined =>
  httpsProxyIn(env) === undefined ? undefined : new Agent({ keepAlive: true, proxyEnv: env });

const httpsProxyIn = (env: Env): string | undefined => (env.https_proxy ?? env.HTTPS_PROXY) || undefined;

function proxyOf(env: Env): Parameters<typeof sendThrough>[0] | undefined {
  const value = httpsProxyIn(env);
  if (value === undefined) return undefined;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  const address = `${url?.protocol}//${url?.host}`;
  if (url === null || !isProxyUrl(address)) throw new UsageError(`HTTPS_PROXY must be ${PROXY_URL_RULE}.`);
  const [username, password] = [url.username, url.password].map(decoded) as [string, string];
  const asksForNone = `${username}${password}` === '';
  return { url: address, ...(asksForNone ? {} : { readCredentials: async () => ({ username, password }) }) };
}

/** @throws UsageError, which does not repeat the text */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError(
      'HTTPS_PROXY must be the address of a proxy in which each % of its credentials is written %25.',
    );
  }
}

function isExempt(env: Env, hostname: string): boolean {
  const host = bare(hostname);
  const names = (env.no_proxy ?? env.NO_PROXY ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return names.some((name) => {
    const domain = bare(name.replace(/^\*?\./, ''));
    return name === '*' || host === domain || host.endsWith(`.${domain}`);
  });
}

/** An address of IPv6 stands in brackets in a URL alone, and a dot may end a name. */
const bare = (host: string): string => host.replace(/^\[|\]$|\.$/g, '');
