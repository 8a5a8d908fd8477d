import * as v from 'valibot';
import { isProxyUrl, type ProxySettings } from './proxy-settings.ts';

/** The variables of the proxy in the environment of both functions and of the agent. */
export const proxyVariables = {
  THINGSPACE_PROXY_URL: v.optional(v.pipe(v.string(), v.check(isProxyUrl))),
  THINGSPACE_PROXY_SECRET: v.optional(v.pipe(v.string(), v.minLength(1))),
};

export function proxyIn(set: {
  THINGSPACE_PROXY_URL?: string | undefined;
  THINGSPACE_PROXY_SECRET?: string | undefined;
}): ProxySettings | undefined {
  const { THINGSPACE_PROXY_URL: url, THINGSPACE_PROXY_SECRET: secretId } = set;
  return url === undefined ? undefined : { url, secretId };
}
